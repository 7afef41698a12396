"""What goes into a session and what comes out: prompts and answers, in frame pixels.

Coordinates: x to the right, y down, the origin at the top-left corner of the top-left pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samurai.errors import RegionError
from samurai.geometry import filled_box, mask_corners


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: top-left corner and size in (sub-)pixels."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of_mask(cls, mask: NDArray[np.bool_]) -> Box | None:
        """The box that covers a mask's pixels (max - min + 1); None for an empty mask."""
        corners = mask_corners(mask)
        if corners is None:
            return None
        left, top, right, bottom = corners
        return cls(float(left), float(top), float(right - left + 1), float(bottom - top + 1))

    @classmethod
    def of_profiles(cls, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Box | None:
        """The same, told from which rows (H,) and columns (W,) of the mask hold a pixel."""
        if not rows.any():
            return None
        (top, bottom), (left, right) = (np.flatnonzero(side)[[0, -1]] for side in (rows, columns))
        return cls(float(left), float(top), float(right - left + 1), float(bottom - top + 1))

    def check(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless the box is finite, has an area and touches the frame."""
        values = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(value) for value in values):
            raise RegionError(f"{self} is not finite: give the initial box as four finite numbers")
        if self.width <= 0 or self.height <= 0:
            raise RegionError(f"{self} has no area: width and height must be above zero")
        rows, columns = frame_size
        right, bottom = self.x + self.width, self.y + self.height
        if self.x >= columns or self.y >= rows or right <= 0 or bottom <= 0:
            raise RegionError(f"{self} lies outside the {columns}x{rows} frame")

    def filled(self, frame_size: tuple[int, int]) -> Mask:
        """The box as a mask of a (height, width) frame: pixels whose centres lie inside."""
        return Mask(filled_box(self.x, self.y, self.width, self.height, frame_size))


class Mask:
    """The pixels of an object: a (H, W) array of the frame's size; anything non-zero counts."""

    def __init__(self, array: ArrayLike) -> None:
        self.array: NDArray[np.bool_] = np.asarray(array).astype(np.bool_, copy=False)
        if self.array.ndim != 2:
            raise RegionError(f"a mask has two dimensions (height, width), not {self.array.shape}")

    def __repr__(self) -> str:
        rows, columns = self.array.shape
        return f"Mask({columns}x{rows}, {int(self.array.sum())} pixels)"

    def check(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless the mask has the frame's size and at least one pixel."""
        if self.array.shape != tuple(frame_size):
            raise RegionError(
                f"the mask is {self.array.shape[1]}x{self.array.shape[0]} but the frame is "
                f"{frame_size[1]}x{frame_size[0]}: give a mask of the frame's size"
            )
        if not self.array.any():
            raise RegionError("the mask is empty: it must hold at least one pixel of the object")


class Points:
    """Clicks: (N, 2) coordinates x, y in frame pixels and N labels, 1 object and 0 background."""

    def __init__(self, coordinates: ArrayLike, labels: ArrayLike) -> None:
        self.coordinates: NDArray[np.float32] = np.asarray(coordinates, dtype=np.float32)
        self.labels: NDArray[np.int32] = np.asarray(labels, dtype=np.int32)
        if self.coordinates.ndim != 2 or self.coordinates.shape[1] != 2:
            raise RegionError(f"points are an (N, 2) array, not {self.coordinates.shape}")
        if self.labels.shape != self.coordinates.shape[:1]:
            raise RegionError(
                f"{len(self.coordinates)} points need as many labels, not {self.labels.shape}"
            )

    def __repr__(self) -> str:
        return f"Points({self.coordinates.tolist()}, {self.labels.tolist()})"

    def check(self, frame_size: tuple[int, int]) -> None:
        """Raise RegionError unless there is an object click and all are finite and in the frame."""
        if not np.isfinite(self.coordinates).all():
            raise RegionError(f"{self} is not finite: give points as finite numbers")
        if not np.isin(self.labels, (0, 1)).all() or not (self.labels == 1).any():
            raise RegionError(f"{self} needs labels 0 or 1, and at least one 1 (on the object)")
        rows, columns = frame_size
        inside = (self.coordinates >= 0) & (self.coordinates <= (columns, rows))
        if not inside.all():
            raise RegionError(f"{self} has a point outside the {columns}x{rows} frame")


Region: TypeAlias = Box | Mask | Points


@dataclass(frozen=True, eq=False)
class Answer:
    """Where one object is in one frame.

    Attributes:
        object: 0-based number of the object, in the order in which objects were introduced.
        mask: boolean (H, W) array of the frame's size; overlaps between objects are kept.
        box: the mask's box (max - min + 1), None when the mask is empty.
        confidence: 0 to 1: predicted IoU of the mask times the probability that the object is
            visible, calibrated to an expected overlap where the model's card has knots for that;
            0 when it is absent.
        absent: the network sees no object, or the mask is empty.
    """

    object: int
    mask: NDArray[np.bool_]
    box: Box | None
    confidence: float
    absent: bool
