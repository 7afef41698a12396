"""Prompts as clients give them, checked against a video's frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from samurai.errors import RegionError
from samurai.masks import from_coco_rle
from samurai.regions import Box, Mask, Points
from samurai.web.problems import Unprocessable

Size = tuple[int, int]
"""Height and width."""


def checked_frame(frame: int, count: int) -> int:
    """A frame's number.

    Raises:
        Unprocessable: the video doesn't have it.
    """
    if not 0 <= frame < count:
        raise Unprocessable(
            f"frame {frame} isn't in the video, which has {count}: choose one from 0 to {count - 1}"
        )
    return frame


def points_of(
    points: Sequence[Sequence[float]], labels: Sequence[int], size: Size, normalized: bool
) -> Points:
    """Clicks in pixels.

    Args:
        normalized: points are parts of width and height.

    Raises:
        RegionError: other labels or another number of them, points outside the frame or not finite.
    """
    rows, columns = size
    places = [[float(value) for value in point] for point in points]
    for place in places:
        if len(place) != 2 or not all(map(math.isfinite, place)):
            raise RegionError(f"a click is {place}: give two finite numbers, x and y")
        if normalized:
            place[0], place[1] = place[0] * columns, place[1] * rows
        if not (0 <= place[0] <= columns and 0 <= place[1] <= rows):
            unit = "0 to 1" if normalized else f"the {columns}x{rows} frame"
            raise RegionError(f"a click at x {place[0]:g}, y {place[1]:g} isn't in {unit}: move it")
    if not places:
        raise RegionError("no clicks are given: give at least one")
    return Points(places, labels)


def box_of(corners: Sequence[float], size: Size) -> Box:
    """The part of a box that lies in the frame.

    Args:
        corners: x and y of the upper left and of the lower right corner.

    Raises:
        RegionError: corners in the wrong order, no area, not finite, wholly outside.
    """
    rows, columns = size
    if len(corners) != 4 or not all(map(math.isfinite, corners)):
        raise RegionError(f"a box is {list(corners)}: give four finite numbers, x1, y1, x2, y2")
    left, top, right, bottom = map(float, corners)
    if right <= left or bottom <= top:
        raise RegionError(
            f"the box from x {left:g}, y {top:g} to x {right:g}, y {bottom:g} has no area: give "
            "its upper left corner first, then its lower right one"
        )
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, columns), min(bottom, rows)
    if right <= left or bottom <= top:
        raise RegionError(f"the box lies outside the {columns}x{rows} frame: move it")
    return Box(left, top, right - left, bottom - top)


def mask_of(rle: Mapping[str, Any], size: Size) -> Mask:
    """A mask of the frame's size.

    Raises:
        RegionError: not COCO's run-length code, another size, empty.
    """
    if list(rle.get("size", ())) != list(size):  # before anything of that size is made
        raise RegionError(
            f"the mask's size is {rle.get('size')!r:.40}, the frame's [{size[0]}, {size[1]}] "
            "(height, width): give a mask of the frame's size"
        )
    mask = Mask(from_coco_rle(rle))
    mask.check(size)
    return mask
