"""Boxes as plain numbers: corners, overlap, the box of a mask. numpy only.

Two conventions are used here, and each function names its own:

* a `regions.Box` is x, y, width, height in frame pixels and covers whole pixels (max - min + 1);
* *corners* are (left, top, right, bottom), the smallest and largest pixel index of a mask without
  the +1, which is what SAMURAI's motion model measures (arXiv 2411.11922, public code).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Corners: TypeAlias = tuple[float, float, float, float]


def mask_corners(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Smallest and largest pixel (left, top, right, bottom) of a (H, W) mask, None if empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    top, bottom = int(rows[0]), int(rows[-1])
    columns = np.flatnonzero(mask[top : bottom + 1].any(axis=0))
    return int(columns[0]), top, int(columns[-1]), bottom


def corners_overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two corner boxes, 0 where one of them has no area."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    intersection = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - intersection
    return intersection / union


def filled_box(
    x: float, y: float, width: float, height: float, frame_size: tuple[int, int]
) -> NDArray[np.bool_]:
    """The pixels of a (height, width) frame whose centers lie in a box, at least one.

    A box thinner than a pixel may hold no center; it then fills the pixels that it touches, so
    that an object is never lost by rounding. A box outside the frame fills nothing.
    """
    rows, columns = frame_size
    mask = np.zeros((rows, columns), dtype=np.bool_)
    top, bottom = _covered(y, y + height, rows)
    left, right = _covered(x, x + width, columns)
    mask[top:bottom, left:right] = True
    return mask


def rasterize(points: NDArray[np.float64], frame_size: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels (H, W) whose centers lie inside a polygon of (N, 2) corners x, y (even-odd rule).

    A center that lies exactly on a left or upper edge is inside, on a right or lower edge outside,
    as for a filled `Box`. libtrax and OpenCV follow other rules (and libtrax shifts y), hence this
    implementation.
    """
    height, width = frame_size
    # One more column takes the crossings to the right of the frame.
    toggles = np.zeros((height, width + 1), np.int32)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        low, high = sorted((y0, y1))
        first, last = (int(np.clip(np.ceil(y - 0.5), 0, height)) for y in (low, high))
        if first >= last:
            continue
        rows = np.arange(first, last)
        crossings = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
        columns = np.clip(np.ceil(crossings - 0.5), 0, width).astype(np.int64)
        toggles[rows, columns] += 1
    inside: NDArray[np.bool_] = (np.cumsum(toggles[:, :width], axis=1) % 2).astype(np.bool_)
    return inside


def _covered(start: float, stop: float, length: int) -> tuple[int, int]:
    """Half-open range of pixel indices of an axis whose centers lie in [start, stop)."""
    if stop <= 0 or start >= length:
        return 0, 0
    first = min(max(math.ceil(start - 0.5), 0), length)
    last = min(max(math.ceil(stop - 0.5), 0), length)
    if last > first:
        return first, last
    touched = min(max(math.floor((start + stop) / 2), 0), length - 1)
    return touched, touched + 1
