"""Masks, contours, boxes and trails on a picture: each touches only the part where the object is.

Lines have a dark edge, so that they are seen on bright and on dark ground.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.painting.colors import BLACK, Color
from samurai.painting.shapes import SUBPIXEL_BITS, Pixels, subpixel, thickness, tint
from samurai.regions import Box
from samurai.video.drawing.style import Sizes

Part = tuple[slice, slice]
Lines = Sequence[NDArray[np.int32]]

_STEP = 5  # frames over which a trail keeps its width


def part_of_box(box: Box, height: int, width: int) -> Part | None:
    """The pixels that a box touches; None outside the frame."""
    top, bottom = max(0, math.floor(box.y)), min(height, math.ceil(box.y + box.height))
    left, right = max(0, math.floor(box.x)), min(width, math.ceil(box.x + box.width))
    if bottom <= top or right <= left:
        return None
    return slice(top, bottom), slice(left, right)


def fill(canvas: Pixels, mask: NDArray[np.uint8], part: Part, color: Color, opacity: float) -> None:
    """Fill an object's pixels: `mask` (height, width) is the frame's, `part` where it isn't 0."""
    tint(canvas[part], color, opacity, mask[part])


def contours_of(mask: NDArray[np.uint8], part: Part) -> Lines:
    """The borders of a mask, holes too, in pixels of the frame."""
    # Fewer corners than the pixels' steps have: smoother, and drawn in half the time.
    found, _ = cv2.findContours(
        np.ascontiguousarray(mask[part]),
        cv2.RETR_CCOMP,
        cv2.CHAIN_APPROX_TC89_L1,
        offset=(part[1].start, part[0].start),
    )
    return [np.asarray(line, np.int32) for line in found]


def draw_contours(canvas: Pixels, lines: Lines, color: Color, sizes: Sizes) -> None:
    """Closed lines with a dark edge."""
    if lines:
        _stroke(canvas, lines, color, sizes)


def draw_box(canvas: Pixels, box: Box, color: Color, sizes: Sizes) -> None:
    """A box inside the frame, so that all its sides are seen."""
    height, width = canvas.shape[:2]
    inner = sizes.line // 2
    left = min(max(box.x, inner), width - 1 - inner)
    right = min(max(box.x + box.width - 1, inner), width - 1 - inner)
    top = min(max(box.y, inner), height - 1 - inner)
    bottom = min(max(box.y + box.height - 1, inner), height - 1 - inner)
    corners = np.rint([(left, top), (right, top), (right, bottom), (left, bottom)])
    _stroke(canvas, [corners.astype(np.int32)], color, sizes)


def draw_trail(
    canvas: Pixels, centers: Sequence[tuple[float, float] | None], color: Color, sizes: Sizes
) -> None:
    """A line through where an object was, wider toward now, with gaps where it was absent.

    Args:
        canvas: changed in place.
        centers: x, y from the oldest to the newest.
        color: of the line.
        sizes: see `Sizes`.
    """
    if not centers:
        return
    points = [None if each is None else subpixel(np.array(each) - 0.5) for each in centers]
    for color_of_pass, broadest in ((BLACK, sizes.dark), (color, sizes.line)):
        for start in range(0, len(points) - 1, _STEP):
            part = points[start : start + _STEP + 1]
            wide = thickness(broadest * (0.4 + 0.9 * (start + len(part)) / len(points)))
            for line in _without_gaps(part):
                cv2.polylines(
                    canvas, [line], False, color_of_pass, wide, cv2.LINE_AA, SUBPIXEL_BITS
                )
        if points[-1] is not None:
            x, y = points[-1].tolist()
            radius = round((sizes.line + broadest) / 1.5) << SUBPIXEL_BITS
            cv2.circle(canvas, (x, y), radius, color_of_pass, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _without_gaps(points: Sequence[NDArray[np.int32] | None]) -> list[NDArray[np.int32]]:
    """The lines of two and more points between places where there is none."""
    lines: list[list[NDArray[np.int32]]] = [[]]
    for point in points:
        if point is None:
            lines.append([])
        else:
            lines[-1].append(point)
    return [np.stack(line) for line in lines if len(line) > 1]


def _stroke(canvas: Pixels, lines: Lines, color: Color, sizes: Sizes) -> None:
    """Closed lines; of the edge, steps aren't seen, and without smoothing it takes a third."""
    cv2.polylines(canvas, lines, True, BLACK, thickness(sizes.dark), cv2.LINE_8)
    cv2.polylines(canvas, lines, True, color, thickness(sizes.line), cv2.LINE_AA)
