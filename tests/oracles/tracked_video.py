"""Answers of made-up videos, as a tracker would give them, for what writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Answer, Box, ObjectId
from samurai.video.exports.base import Export, ExportOptions
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

SIZE = (36, 52)
"""Height and width."""

Masks = dict[tuple[int, ObjectId], NDArray[np.bool_]]


@dataclass(frozen=True)
class Scene:
    """A video's answers."""

    frames: Sequence[TrackedFrame]
    labels: Mapping[ObjectId, str] = field(default_factory=dict)
    frame_count: int | None = None
    name: str = "street.mp4"

    @property
    def info(self) -> VideoInfo:
        return VideoInfo(self.name, SIZE[1], SIZE[0], self.frame_count, 25.0)

    @property
    def masks(self) -> Masks:
        """Of visible objects, by frame and object."""
        return {
            (frame.index, answer.object_id): answer.mask
            for frame in self.frames
            for answer in frame.answers
            if not answer.absent
        }

    def begin(self, format_: type[Export], target: Path) -> Export:
        return format_(target, self.info, ExportOptions(labels=self.labels))

    def write(self, format_: type[Export], target: Path) -> Path:
        """All of it, complete."""
        export = self.begin(format_, target)
        for frame in self.frames:
            export.add(frame)
        export.finish()
        return target


def answer(object_id: ObjectId, mask: NDArray[np.bool_], confidence: float = 0.75) -> Answer:
    """Of a mask; absent where it is empty."""
    box = Box.of_mask(mask)
    return Answer(object_id, mask, box, confidence if box else 0.0, box is None)


def blob(frame: int, place: int, empty: bool = False) -> NDArray[np.bool_]:
    """A mask with ragged edges and a hole that moves; places are 15 pixels apart."""
    mask = np.zeros(SIZE, np.bool_)
    if not empty:
        x, y = 2 + frame + 15 * (place % 3), 3 + place // 3
        mask[y : y + 12, x : x + 10] = True
        mask[y + 4 : y + 6, x + 4 : x + 6] = False
        mask[y, x + 3] = mask[y + 11, x + 9] = False
    return mask


def scene(
    ids: Sequence[ObjectId],
    indices: Sequence[int],
    *,
    late: int = 0,
    names: bool = False,
    absent: Sequence[tuple[int, int]] = (),
    gone: int = 1000,
    labels: Mapping[ObjectId, str] | None = None,
    frame_count: int | None = None,
    name: str = "street.mp4",
) -> Scene:
    """Objects in frames; all but the first come at the frame `late`, and the second isn't tracked
    any more from the frame `gone` on. `absent` is pairs of a frame and a place in `ids`."""
    frames = []
    for index in indices:
        answers = [
            answer(object_id, blob(index, place, (index, place) in absent), 0.9 - place / 100)
            for place, object_id in enumerate(ids)
            if (place == 0 or index >= late) and not (place == 1 and index >= gone)
        ]
        file = f"shot {index}.jpg" if names else None
        frames.append(TrackedFrame(index, tuple(answers), index / 25, file))
    return Scene(frames, labels or {}, frame_count, name)


NASTY = 'a,b;"c"\n\t<d>&\'é漢🦊\\ =1+1 ]]> \x01 {"x":1}'
"""What breaks files if it isn't escaped."""

SCENES = {
    "nothing at all": scene([], []),
    "no objects": scene([], range(3)),
    "one object": scene([1], range(4), frame_count=6),
    "gaps": scene([1, 2], [2, 5, 8], absent=[(5, 0)], frame_count=20),
    "late and gone": scene([3, 7], range(6), late=2, gone=4, absent=[(0, 0), (3, 1)]),
    "names": scene([1, 2], range(3), names=True, labels={1: "dog", 2: "cat"}),
    "texts": scene(["dog", 0, 1, "2"], range(3), labels={"dog": "dog", 0: "cat"}),
    "nasty": scene(
        [NASTY, "\ud800"], range(2), labels={NASTY: NASTY, "\ud800": "\ud800"}, name=NASTY
    ),
    "many": scene(list(range(1, 41)), range(2)),
    "absent for good": scene([1], range(3), absent=[(0, 0), (1, 0), (2, 0)]),
}
