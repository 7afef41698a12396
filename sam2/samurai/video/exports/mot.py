"""MOTChallenge's text: boxes by frame and number of object."""

from __future__ import annotations

from pathlib import Path

from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, decimal, visible
from samurai.video.exports.numbering import Numbering
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame


class Mot(FileExport):
    """`frame,id,x,y,width,height,confidence,-1,-1,-1`: frames and objects from 1, no row for an
    absent object. Corners are pixels from 0, as most trackers write them."""

    name = "mot"
    help = "MOTChallenge's text of boxes, frames and objects counted from 1"
    suffixes = (".txt",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self.numbers = Numbering(self.name)

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        assert self.numbers is not None
        self.numbers.introduce(frame.answers)
        rows = []
        for answer in frame.answers:
            box = visible(answer)
            if box is not None:
                numbers = (box.x, box.y, box.width, box.height)
                place = ",".join(decimal(number) for number in numbers)
                number = self.numbers[answer.object_id]
                confidence = decimal(answer.confidence, 6)
                rows.append(f"{frame.index + 1},{number},{place},{confidence},-1,-1,-1\n")
        self.part.append("".join(rows))
