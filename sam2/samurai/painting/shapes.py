"""Areas and lines on arrays of pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.painting.colors import Color

Pixels = NDArray[np.uint8]
"""RGB (height, width, 3)."""

SUBPIXEL_BITS = 4
"""OpenCV draws at 1/16 pixel."""


def subpixel(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Coordinates of pixel centers as OpenCV's drawing functions take them, in 1/16 pixel."""
    # Far outside any picture, OpenCV's fixed-point numbers would overflow.
    near = np.clip(points, -10_000, 20_000)
    return np.asarray(np.rint(near * 2**SUBPIXEL_BITS), np.int32)


def thickness(width: float) -> int:
    """What OpenCV takes for a line of a width in pixels: its thicker lines are wider by two, and
    only odd ones are exact."""
    whole = max(1, round(width))
    return whole if whole == 1 else max(2, whole - 2)


def blend(area: Pixels, cover: NDArray[np.uint8], color: Color, opacity: float = 1.0) -> None:
    """Paint a color through a soft mask.

    Args:
        area: changed in place.
        cover: (height, width), of 255 where the color covers as much as `opacity` says.
        color: what is painted.
        opacity: 0 to 1.
    """
    alpha = cover[..., None].astype(np.float32) * (opacity / 255)
    area[:] = np.rint(area + alpha * (np.asarray(color, np.float32) - area))


def tint(area: Pixels, color: Color, opacity: float, mask: NDArray[np.uint8] | None = None) -> None:
    """Paint a color evenly, which is much faster than `blend`.

    Args:
        area: changed in place; a part of a picture may be given.
        color: what is painted.
        opacity: 0 to 1.
        mask: (height, width), zero where nothing is painted; None: everywhere.
    """
    levels = np.arange(256, dtype=np.float64)[:, None]
    table = np.rint(levels + opacity * (np.asarray(color, np.float64) - levels)).astype(np.uint8)
    painted = cv2.LUT(area, table[None])
    if mask is None:
        area[:] = painted
    else:
        cv2.copyTo(painted, mask, area)
