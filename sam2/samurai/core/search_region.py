"""What part of a frame the network sees: all of it, or a search region around one object.

A small network sees little of a small object when the whole frame is squeezed into its input. A
model may therefore ask for search regions of a few object sizes (`window` in the manifest): the
network then works in the region's coordinates throughout, memory included, and only answers and the
policies' boxes are moved back into the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.geometry import Corners
from samurai.regions import Box, Mask, Points, Region

ELONGATED = 1.6
"""A search region is at least so many times as wide as the object's longer side."""

SMALLEST_SIDE = 48
"""Of a search region, in pixels: less would only enlarge blur."""

OPENING = 1.25
"""Factor by which a search region grows with every frame in which its object wasn't seen."""

STEADY = 0.85
"""Weight of the old size in the running mean of an object's size: a hidden half must not make the
search region shrink at once."""

SWIFT = 0.6
"""Share of a new displacement in the running mean that predicts where the object goes next."""


@dataclass(frozen=True)
class SearchRegion:
    """A part of a frame in whole pixels; a square one may reach over the frame's edges."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def whole(cls, frame_size: tuple[int, int]) -> SearchRegion:
        """All of a (height, width) frame, squeezed into the network's square as SAM 2 does."""
        return cls(0, 0, frame_size[1], frame_size[0])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, as the shape of an array has them."""
        return self.height, self.width

    def cut(self, region: Region) -> Region:
        """A prompt in the frame's pixels, in the search region's."""
        if isinstance(region, Box):
            return Box(region.x - self.left, region.y - self.top, region.width, region.height)
        if isinstance(region, Points):
            box = None if region.box is None else self.cut(region.box)
            assert box is None or isinstance(box, Box)
            return Points(region.coordinates - (self.left, self.top), region.labels, box)
        if region.array.shape == self.size and self.left == self.top == 0:
            return region
        rows, columns, there = self.shared((region.array.shape[0], region.array.shape[1]))
        cut = np.zeros(self.size, dtype=np.bool_)
        cut[there] = region.array[rows, columns]
        return Mask(cut)

    def shows(self, region: Region) -> bool:
        """Whether everything that a prompt says of its object lies in this search region."""
        if isinstance(region, Points) and region.box is None:
            marked = region.coordinates[region.labels == 1] - (self.left, self.top)
            return bool(((marked >= 0) & (marked <= (self.width, self.height))).all())
        box = prompt_box(region)
        return (
            self.left <= box.x
            and self.top <= box.y
            and box.x + box.width <= self.left + self.width
            and box.y + box.height <= self.top + self.height
        )

    def paste(self, values: NDArray[Any], frame_size: tuple[int, int]) -> NDArray[Any]:
        """A mask (or other values) of the search region in the frame, zero around it; what lies
        beyond the frame is lost."""
        if self == SearchRegion.whole(frame_size):
            return values
        rows, columns, there = self.shared(frame_size)
        pasted = np.zeros(frame_size, dtype=values.dtype)
        pasted[rows, columns] = values[there]
        return pasted

    def placed(
        self, part: NDArray[np.bool_], box: Box | None, frame_size: tuple[int, int]
    ) -> tuple[NDArray[np.bool_], Box | None]:
        """The part of a mask that lies in the frame, and its box, moved into the frame."""
        rows, columns, _ = self.shared(frame_size)
        pasted = np.zeros(frame_size, dtype=np.bool_)
        pasted[rows, columns] = part
        if box is not None:
            box = Box(box.x + columns.start, box.y + rows.start, box.width, box.height)
        return pasted, box

    def crop_values(self, values: NDArray[np.float32], fill_value: float) -> NDArray[np.float32]:
        """The part of a frame-sized array in the search region, `fill_value` beyond the frame."""
        rows, columns, there = self.shared((values.shape[0], values.shape[1]))
        cut = np.full(self.size, fill_value, dtype=np.float32)
        cut[there] = values[rows, columns]
        return cut

    def to_network(self, points: NDArray[np.float32], side: int) -> NDArray[np.float32]:
        """Points (N, 2) of the frame in the network's square input of that side."""
        scale = np.array([side / self.width, side / self.height])
        moved: NDArray[np.float32] = ((points - (self.left, self.top)) * scale).astype(np.float32)
        return moved

    def to_frame(self, corners: Corners, side: int) -> Corners:
        """Corners in the network's square input of that side, as corners in the frame."""
        scale_x, scale_y = self.width / side, self.height / side
        left, top, right, bottom = corners
        return (
            self.left + left * scale_x,
            self.top + top * scale_y,
            self.left + right * scale_x,
            self.top + bottom * scale_y,
        )

    def shared(self, frame_size: tuple[int, int]) -> tuple[slice, slice, tuple[slice, slice]]:
        """Rows and columns of the frame that the search region covers, and where they are in it."""
        rows, row_there = _overlap(self.top, self.height, frame_size[0])
        columns, column_there = _overlap(self.left, self.width, frame_size[1])
        return rows, columns, (row_there, column_there)


def _overlap(start: int, length: int, limit: int) -> tuple[slice, slice]:
    first = min(max(start, 0), limit)
    last = max(first, min(start + length, limit))
    if last == first:  # nothing shared: an empty part at the near end
        return slice(first, first), slice(0, 0)
    return slice(first, last), slice(first - start, last - start)


class SearchRegionTracker:
    """Decides, for one object, in which search region it is looked for in the next frame.

    Args:
        reach: side of the search region in object sizes (square root of the box's area).
        frame_size: height and width.
        box: of the object in the frame in which it is prompted.
    """

    def __init__(self, reach: float, frame_size: tuple[int, int], box: Box) -> None:
        self._reach = reach
        self._frame_size = frame_size
        self._center = _center(box)
        self._velocity = (0.0, 0.0)
        self._size = self._wanted(box)
        self._absent = 0

    def region(self) -> SearchRegion:
        """Around where the object is expected; wider the longer it hasn't been seen."""
        rows, columns = self._frame_size
        widest = max(rows, columns)
        side = self._size * OPENING**self._absent if self._absent < 40 else widest
        side = min(max(side, SMALLEST_SIDE), widest)
        x, y = (c + v for c, v in zip(self._center, self._velocity, strict=True))
        # wider than the frame's shorter side: centered there, since nothing else is to be seen
        x = _within(x, side, columns)
        y = _within(y, side, rows)
        whole = round(side)
        return SearchRegion(round(x - side / 2), round(y - side / 2), whole, whole)

    def update(self, box: Box | None) -> None:
        """Take note of where the object was in the newest frame; None if it wasn't seen."""
        if box is None:
            self._absent += 1
            self._velocity = (0.0, 0.0)
            return
        center = _center(box)
        if self._absent == 0:
            moved = (center[0] - self._center[0], center[1] - self._center[1])
            self._velocity = (
                (1 - SWIFT) * self._velocity[0] + SWIFT * moved[0],
                (1 - SWIFT) * self._velocity[1] + SWIFT * moved[1],
            )
        self._center = center
        self._size = self._size**STEADY * self._wanted(box) ** (1 - STEADY)
        self._absent = 0

    def _wanted(self, box: Box) -> float:
        longer = max(box.width, box.height)
        return max(self._reach * math.sqrt(box.width * box.height), ELONGATED * longer)


def _center(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def _within(center: float, side: float, length: int) -> float:
    """The region's center along one axis: the frame's where the region is wider than the frame,
    else as asked, but in the frame."""
    if side >= length:
        return length / 2
    return min(max(center, 0.0), float(length))


def region_around(reach: float, frame_size: tuple[int, int], region: Region) -> SearchRegion:
    """The search region in which a prompt is decoded by itself; arguments as for
    `SearchRegionTracker`."""
    return SearchRegionTracker(reach, frame_size, prompt_box(region)).region()


def prompt_box(region: Region) -> Box:
    """The box that a prompt puts an object in; clicks are taken for the middle of a small one."""
    if isinstance(region, Box):
        return region
    if isinstance(region, Points) and region.box is not None:
        return region.box
    if isinstance(region, Mask):
        box = Box.of_mask(region.array)
        assert box is not None, "an empty mask was refused by its check"
        return box
    clicked = region.coordinates[region.labels == 1]
    low, high = clicked.min(axis=0), clicked.max(axis=0)
    reach = max(float((high - low).max()), float(SMALLEST_SIDE))
    middle = (low + high) / 2
    return Box(float(middle[0]) - reach / 2, float(middle[1]) - reach / 2, reach, reach)
