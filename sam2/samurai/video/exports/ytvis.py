"""YouTube-VIS's JSON: an annotation per object, with lists as long as the video."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from samurai.masks import to_coco_rle
from samurai.regions import ObjectId
from samurai.runtime.whole_files import part_of
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.coco import INFO, VIDEO_ID, Categories
from samurai.video.exports.kinds import FileExport, json_box, json_line, json_number, visible
from samurai.video.exports.numbering import Numbering
from samurai.video.exports.parts import GrowingFile
from samurai.video.exports.tracks import TrackFiles
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

LISTS = ("segmentations", "bboxes", "areas")


class YouTubeVis(FileExport):
    """The video is the frames that were tracked; an absent object has null in its lists."""

    name = "ytvis"
    help = "YouTube-VIS's JSON, one annotation per object with masks of all frames"
    suffixes = (".json",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._names = GrowingFile(part_of(target.with_name(f"{target.name}.names")))
        self._tracks = TrackFiles(target)
        self._ids = Numbering(self.name)
        self._scores: dict[ObjectId, tuple[float, int]] = {}
        self._length = 0
        self._size = (video.height, video.width)

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self._ids.introduce(frame.answers)
        name = frame.name or f"{frame.index:05d}.jpg"
        self._names.append(("," if self._length else "") + json_line(name) + "\n")
        place, self._length = self._length, self._length + 1
        for answer in frame.answers:
            self._size = answer.mask.shape[0], answer.mask.shape[1]
            box = visible(answer)
            total, count = self._scores.get(answer.object_id, (0.0, 0))
            if box is None:
                self._scores[answer.object_id] = (total, count)
                self._tracks.append(answer.object_id, "")
                continue
            self._scores[answer.object_id] = (total + answer.confidence, count + 1)
            area = int(np.count_nonzero(answer.mask))
            columns = (to_coco_rle(answer.mask), json_box(box), area)
            line = "\t".join([str(place), *map(json_line, columns)])
            self._tracks.append(answer.object_id, line + "\n")

    def complete(self) -> None:
        """Write the lists of every object, a list at a time."""
        height, width = self._size
        video = {"id": VIDEO_ID, "height": height, "width": width, "length": self._length}
        self.part.append(f'{{"info":{json_line(INFO)},"licenses":[],"videos":[')
        self.part.append(json_line(video).removesuffix("}") + ',"file_names":[\n')
        self.part.append_file(self._names)
        self.part.append(']}],"annotations":[')
        categories = Categories()
        for count, (object_id, file) in enumerate(self._tracks.items()):
            category = categories.number(self.options.label(object_id))
            head = self._head(object_id, category)
            self.part.append((",\n" if count else "\n") + json_line(head).removesuffix("}"))
            for column, name in enumerate(LISTS, start=1):
                self.part.append(f',"{name}":[\n')
                for piece in _column(file, column, self._length):
                    self.part.append(piece)
                self.part.append("]")
            self.part.append("}")
        described = json.dumps(categories.described(), ensure_ascii=False)
        self.part.append(f'\n],"categories":{described}}}\n')

    def _head(self, object_id: ObjectId, category: int) -> dict[str, Any]:
        """What an annotation says beside its lists."""
        total, count = self._scores[object_id]
        return {
            "id": self._ids[object_id],
            "video_id": VIDEO_ID,
            "category_id": category,
            "object_id": object_id,
            "score": json_number(total / count if count else 0, 6),
            "iscrowd": 0,
            "height": self._size[0],
            "width": self._size[1],
            "length": self._length,
        }

    def clean(self) -> None:
        """Delete the files of names and tracks."""
        self._names.delete()
        self._tracks.delete()


def _column(file: GrowingFile, column: int, length: int) -> Iterator[str]:
    """One of an object's lists, a line per frame, null where it is absent."""
    expected = 0
    for line in file.lines():
        fields = line.split("\t")
        nulls = ["null"] * (int(fields[0]) - expected)
        yield ("," if expected else "") + ",".join([*nulls, fields[column]]) + "\n"
        expected = int(fields[0]) + 1
    rest = ["null"] * (length - expected)
    if rest:
        yield ("," if expected else "") + ",".join(rest) + "\n"
