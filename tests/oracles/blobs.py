"""A world of colored shapes on black, and a session that sees it without a network: clicks and
boxes show the shape of their color, objects are followed by color. What discovery does with a
perfect network can be told from it exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.core.proposals import Proposal, ProposalSettings
from samurai.masks import PackedMask
from samurai.regions import Answer, Box, Mask, ObjectId

Frame = NDArray[np.uint8]
SIZE = (60, 80)


@dataclass(frozen=True)
class Blob:
    """A rectangle of one color.

    Attributes:
        color: of all its pixels; a blob's own.
        box: x, y, width, height in its first frame.
        move: pixels right and down per frame.
        first, last: the frames in which it is seen.
    """

    color: int
    box: tuple[int, int, int, int]
    move: tuple[int, int] = (0, 0)
    first: int = 0
    last: int = 10**9


def frame_of(blobs: Sequence[Blob], index: int, size: tuple[int, int] = SIZE) -> Frame:
    """A frame; later blobs lie on earlier ones."""
    frame = np.zeros((*size, 3), np.uint8)
    for blob in blobs:
        if blob.first <= index <= blob.last:
            x, y, width, height = blob.box
            x += blob.move[0] * (index - blob.first)
            y += blob.move[1] * (index - blob.first)
            frame[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)] = blob.color
    return frame


class BlobSession:
    """What `Discoverer` needs of a session.

    Attributes:
        clicks: how many were looked at, call by call.
        previews: how many boxes were.
        parts: colors that are parts: a click on one shows it, and the whole that it lies on.
    """

    device_type = "cpu"

    def __init__(self, parts: Mapping[int, int] | None = None) -> None:
        self.frame_index, self.clicks, self.previews = -1, list[int](), 0
        self._parts = dict(parts or {})
        self._colors: dict[ObjectId, int] = {}
        self._next = 0
        self._frame: Frame = np.zeros((*SIZE, 3), np.uint8)

    @property
    def object_ids(self) -> list[ObjectId]:
        return list(self._colors)

    def step(self, frame: Frame, new: Mapping[ObjectId, Mask] | None = None) -> list[Answer]:
        self._frame = frame
        self.frame_index += 1
        return self.add(new or {})

    def add(self, objects: Any) -> list[Answer]:
        if not isinstance(objects, Mapping):
            objects = dict(enumerate(objects, start=self._next))
        for name, mask in objects.items():
            assert name not in self._colors
            self._colors[name] = int(np.median(self._frame[mask.array]))
            self._next = max(self._next, name + 1)
        return [self._answer(name, color) for name, color in self._colors.items()]

    def remove(self, name: ObjectId) -> None:
        del self._colors[name]

    def propose_at(self, points: NDArray[np.float32], settings: ProposalSettings) -> list[Proposal]:
        self.clicks.append(len(points))
        found = []
        for x, y in points.astype(int):
            color = int(self._frame[y, x, 0])
            for number, shown in enumerate((color, self._parts.get(color, 0))):
                mask = self._of(self._frame, shown)
                box = Box.of_mask(mask)
                if shown and box is not None:
                    sure = 0.9 - 0.01 * number
                    found.append(Proposal(PackedMask.of(mask), box, sure, 1.0, (x, y)))
        return found

    def preview(self, frame: Frame, box: Box) -> Any:
        self.previews += 1
        inside = frame[..., 0] * box.filled((frame.shape[0], frame.shape[1])).array
        colors, counts = np.unique(inside[inside > 0], return_counts=True)
        mask = np.zeros(inside.shape, np.bool_)
        if len(colors):
            mask = self._of(frame, int(colors[counts.argmax()]))
        return SimpleNamespace(mask=mask)

    def _of(self, frame: Frame, color: int) -> NDArray[np.bool_]:
        """The pixels of a color, with those of its parts."""
        colors = [color, *(part for part, whole in self._parts.items() if whole == color)]
        mask: NDArray[np.bool_] = np.isin(frame[..., 0], colors)
        return mask

    def _answer(self, name: ObjectId, color: int) -> Answer:
        mask = self._of(self._frame, color)
        box = Box.of_mask(mask)
        return Answer(name, mask, box, 0.9 if box else 0.0, box is None)
