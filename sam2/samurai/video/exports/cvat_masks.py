"""CVAT's XML for videos: masks."""

from __future__ import annotations

from samurai.masks import PackedMask
from samurai.regions import Answer, Box
from samurai.video.exports.cvat import CvatExport
from samurai.video.exports.kinds import visible
from samurai.video.tracked import TrackedFrame


class CvatMasks(CvatExport):
    """CVAT has no tracks of masks: it reads the first mask of one only, and writes each mask as a
    track of a single frame. So does this; `group_id` is the object, from 1."""

    name = "cvat-masks"
    help = "CVAT for video 1.1, a mask per object and frame, grouped by object"

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.length = frame.index + 1
        for answer in frame.answers:
            box = visible(answer)
            if box is not None:
                self.tracks.append(answer.object_id, _mask(frame.index, answer, box))

    def complete(self) -> None:
        """Write the masks of each object, one behind the other."""
        self.part.append(self.head())
        number = 0
        for group, (object_id, file) in enumerate(self.tracks.items(), start=1):
            for line in file.lines():
                opened = self.opened(number, object_id, f' group_id="{group}"')
                self.part.append(f"{opened}{line}\n</track>\n")
                number += 1
        self.part.append("</annotations>\n")


def _mask(index: int, answer: Answer, box: Box) -> str:
    left, top, width, height = (int(value) for value in (box.x, box.y, box.width, box.height))
    runs = PackedMask.of(answer.mask[top : top + height, left : left + width]).runs.tolist()
    return (
        f'<mask frame="{index}" keyframe="1" outside="0" occluded="0" '
        f'rle="{", ".join(map(str, runs))}" left="{left}" top="{top}" width="{width}" '
        f'height="{height}" z_order="0"></mask>\n'
    )
