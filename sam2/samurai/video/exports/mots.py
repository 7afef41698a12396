"""MOTS's text: masks without shared pixels by frame and number of object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samurai.masks import to_coco_rle
from samurai.regions import ObjectId
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, without_overlap
from samurai.video.exports.numbering import Numbering
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

PEDESTRIAN = 2
"""The one class that MOTS Challenge scores; its objects are called 2001 and so on."""
PER_CLASS = 1000


class Mots(FileExport):
    """`frame id class height width rle`: frames from 1, no row for an absent object."""

    name = "mots"
    help = "MOTS Challenge's text of masks, frames and objects counted from 1"
    suffixes = (".txt",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self.numbers = Numbering(self.name, PER_CLASS - 1)

    @classmethod
    def check_objects(cls, object_ids: Sequence[ObjectId]) -> None:
        """As `Export.check_objects`."""
        Numbering(cls.name, PER_CLASS - 1).check(object_ids)

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        assert self.numbers is not None
        self.numbers.introduce(frame.answers)
        rows = []
        for answer, mask in without_overlap(frame):
            height, width = mask.shape
            number = PEDESTRIAN * PER_CLASS + self.numbers[answer.object_id]
            counts = to_coco_rle(mask)["counts"]
            rows.append(f"{frame.index + 1} {number} {PEDESTRIAN} {height} {width} {counts}\n")
        self.part.append("".join(rows))
