"""VOT's text: a region per frame, `0` where the object is absent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from samurai.errors import ExportError
from samurai.masks import to_vot_text
from samurai.regions import Answer, ObjectId
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, FolderExport, visible
from samurai.video.exports.parts import GrowingFile
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

NOTHING = "0\n"


class Vot(FolderExport):
    """`groundtruth.txt` for one object, `groundtruth_001.txt` and so on for several: line n is
    frame n, also where frames were left out; as long as the video. Masks cut to their box."""

    name = "vot"
    help = "a folder of VOT's groundtruth.txt, one per object, with masks"
    contents: ClassVar[tuple[str, ...]] = (".txt",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._tracks: dict[ObjectId, _Lines] = {}
        self._length = 0

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.numbers.introduce(frame.answers)
        self._length = frame.index + 1
        for answer in frame.answers:
            if answer.object_id not in self._tracks:
                number = self.numbers[answer.object_id]
                file = GrowingFile(self.part / f"groundtruth_{number:03d}.txt")
                self._tracks[answer.object_id] = _Lines(file)
            self._tracks[answer.object_id].put(frame.index, region_text(answer))

    def complete(self) -> None:
        """Make all as long as the video."""
        for track in self._tracks.values():
            track.fill(max(self._length, self.video.frame_count or 0))
            file = track.file.file
            alone = len(self._tracks) == 1
            track.file.rename(file.with_name("groundtruth.txt") if alone else file)


class VotFile(FileExport):
    """The same for one object, in a file."""

    name = "vot-file"
    help = "VOT's groundtruth.txt of a single object, with masks"
    place: ClassVar[Literal["file", "folder"]] = "file"
    suffixes = (".txt",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._track = _Lines(self.part)
        self._object: ObjectId | None = None
        self._length = 0

    @classmethod
    def check_objects(cls, object_ids: Sequence[ObjectId]) -> None:
        """As `Export.check_objects`."""
        second = next((each for each in object_ids if each != object_ids[0]), None)
        if second is not None:
            raise ExportError(
                f"{cls.name} holds one object, and {second!r} is the second. Remedy: export a "
                "folder with vot"
            )

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        for answer in frame.answers:
            if self._object is None:
                self._object = answer.object_id
            self.check_objects([self._object, answer.object_id])
            self._track.put(frame.index, region_text(answer))
        self._length = frame.index + 1

    def complete(self) -> None:
        """Make it as long as the video."""
        self._track.fill(max(self._length, self.video.frame_count or 0))


class _Lines:
    """A file of which line n is frame n."""

    def __init__(self, file: GrowingFile) -> None:
        self.file = file
        self._count = 0

    def put(self, index: int, text: str) -> None:
        self.fill(index)
        self.file.append(text + "\n")
        self._count = index + 1

    def fill(self, count: int) -> None:
        self.file.append(NOTHING * (count - self._count))
        self._count = max(self._count, count)


def region_text(answer: Answer) -> str:
    """An answer as VOT writes it."""
    box = visible(answer)
    if box is None:
        return NOTHING.strip()
    left, top, width, height = (int(value) for value in (box.x, box.y, box.width, box.height))
    return to_vot_text(answer.mask[top : top + height, left : left + width], (left, top))
