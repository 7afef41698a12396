"""YOLO's text: boxes of a frame in parts of its size."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from samurai.regions import Answer, Box
from samurai.runtime.whole_files import write_whole
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.coco import Categories
from samurai.video.exports.kinds import PictureExport, decimal, visible
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

CLASSES = "classes.txt"


class YoloText(PictureExport):
    """A text per frame, empty where nothing is seen; `classes.txt` names the classes, line n class
    n from 0. Classes are labels."""

    contents = (".txt",)
    reserved = ("classes",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._classes = Categories()

    @abstractmethod
    def row(self, answer: Answer, box: Box) -> str:
        """A visible object behind its class."""

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.numbers.introduce(frame.answers)
        rows = []
        for answer in frame.answers:
            number = self._classes.number(self.options.label(answer.object_id)) - 1
            box = visible(answer)
            if box is not None:
                rows.append(f"{number} {self.row(answer, box)}\n")
        write_whole(self.part / f"{self.stem(frame)}.txt", "".join(rows))

    def complete(self) -> None:
        """Name the classes."""
        names = "".join(f"{' '.join(label.split())}\n" for label in self._classes.labels)
        write_whole(self.part / CLASSES, names.encode("utf-8", "backslashreplace"))

    def taken(self, stem: str) -> bool:
        """As `PictureExport.taken`."""
        return (self.part / f"{stem}.txt").exists()


class Yolo(YoloText):
    """`class cx cy width height id`, the box's center and size from 0 to 1."""

    name = "yolo"
    help = "a folder of YOLO's texts, one per frame: class, box and number of each object"

    def row(self, answer: Answer, box: Box) -> str:
        """As `YoloText.row`."""
        height, width = answer.mask.shape
        center = (box.x + box.width / 2) / width, (box.y + box.height / 2) / height
        size = box.width / width, box.height / height
        numbers = " ".join(decimal(value, 6) for value in (*center, *size))
        return f"{numbers} {self.numbers[answer.object_id]}"
