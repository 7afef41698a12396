"""Comma-separated values: boxes, a row per object and frame, under a line of column names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, decimal, visible
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

COLUMNS = (
    *("frame_index", "seconds", "object_id", "label", "x", "y", "width", "height"),
    *("confidence", "absent", "prompted"),
)


class CsvTable(FileExport):
    """One row per object and frame; the box of an absent object is empty."""

    name = "csv"
    help = "a table of boxes, one row per object and frame"
    suffixes = (".csv",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self.part.append(_row(COLUMNS))

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        rows = []
        for answer in frame.answers:
            box = visible(answer)
            numbers = () if box is None else (box.x, box.y, box.width, box.height)
            row = (
                str(frame.index),
                "" if frame.seconds is None else decimal(frame.seconds, 6),
                str(answer.object_id),
                self.options.label(answer.object_id),
                *([decimal(number) for number in numbers] or [""] * 4),
                decimal(answer.confidence, 6),
                str(int(answer.absent)),
                str(int(answer.prompted)),
            )
            rows.append(_row(row))
        self.part.append("".join(rows))


def _row(values: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
