"""JSON lines: an object in a frame on each line, complete, to be followed while tracking."""

from __future__ import annotations

from samurai.masks import to_coco_rle
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, json_box, json_line, json_number, visible
from samurai.video.tracked import TrackedFrame


class JsonLines(FileExport):
    """One line per object and frame, in `NAME.part` as soon as the frame is answered."""

    name = "jsonl"
    help = "JSON lines, one per object and frame, with boxes and masks; can be followed with tail"
    suffixes = (".jsonl", ".ndjson")

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.part.append(lines_of(frame, self.options))


def lines_of(frame: TrackedFrame, options: ExportOptions) -> str:
    """The lines of a frame's answers."""
    lines = []
    for answer in frame.answers:
        box = visible(answer)
        line = {
            "frame_index": frame.index,
            "seconds": None if frame.seconds is None else json_number(frame.seconds, 6),
            "object_id": answer.object_id,
            "label": options.label(answer.object_id),
            "box": None if box is None else json_box(box),
            "confidence": json_number(answer.confidence, 6),
            "absent": answer.absent,
            "prompted": answer.prompted,
            "mask": None if box is None else to_coco_rle(answer.mask),
        }
        lines.append(json_line(line) + "\n")
    return "".join(lines)
