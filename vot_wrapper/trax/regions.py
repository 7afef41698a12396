"""Regions on their way in (TraX -> prompts of the tracker) and out (answers -> TraX).

Coordinates as everywhere: x right, y down, the origin at the top-left corner of the top-left pixel,
so the center of pixel (column, row) lies at (column + 0.5, row + 0.5). A pixel belongs to a polygon
when its center does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import trax
from numpy.typing import NDArray

from samurai.errors import RegionError
from samurai.masks import placed, polygon_mask
from samurai.regions import Answer, Box, Mask, Points

log = logging.getLogger(__name__)

MAX_RUNS = 60_000
"""Longest run-length code of a mask that goes out. vot-toolkit 0.9.0 stores at most 65,535 runs and
leaves a truncated result file behind when there are more; it also splits runs above 65,025 pixels,
hence the margin."""


def to_prompt(
    region: Any, frame_size: tuple[int, int], init: str, properties: Mapping[str, str] | None = None
) -> Box | Mask | Points:
    """An initial region as a prompt.

    Args:
        region: `trax.Rectangle`, `trax.Mask` or `trax.Polygon`. Masks are placed at their offset
            and clipped to the frame, polygons are rasterized, rectangles stay sub-pixel boxes.
        frame_size: height and width of the frame.
        init: "region", or "box" to reduce the region to the box of its extent.
        properties: what came with the region; with `prompt = point` a rectangle's top-left corner
            is a click on the object.

    Raises:
        RegionError: the region is empty, not finite, without area, outside the frame, or not a
            region.
    """
    prompt: Box | Mask | Points = _as_given(region, frame_size)
    if is_point(region, properties):
        prompt = Points([region.bounds()[:2]], [1])
    elif init == "box":
        prompt = _extent(region, prompt)
    prompt.check(frame_size)
    return prompt


def is_point(region: Any, properties: Mapping[str, str] | None) -> bool:
    """Whether an initial region stands for a point, for which TraX has no region of its own."""
    marked = properties is not None and properties.get("prompt") == "point"
    return marked and isinstance(region, trax.Rectangle)


def answer_kind(region: Any, output: str, properties: Mapping[str, str] | None = None) -> str:
    """The kind of answer for an object with this initial region: "mask", "rectangle" or "point"."""
    if is_point(region, properties):
        return "point"
    if output != "auto":
        return output
    return "rectangle" if isinstance(region, trax.Rectangle) else "mask"


def to_trax(answer: Answer, kind: str) -> trax.Region:
    """An answer for the wire: a mask cropped to its box, or a rectangle.

    An absent object is an empty mask of one pixel, or a rectangle of four zeros: the two forms that
        the toolkit reads as absent.
    """
    box = None if answer.absent else answer.box
    if kind == "rectangle":
        corners = (0.0, 0.0, 0.0, 0.0) if box is None else (box.x, box.y, box.width, box.height)
        return trax.Rectangle.create(*corners)
    if box is None:
        return trax.Mask.create(np.zeros((1, 1), np.uint8))
    left, top, width, height = (int(value) for value in (box.x, box.y, box.width, box.height))
    # Mask.create copies raw memory: it needs contiguous uint8.
    crop = np.ascontiguousarray(answer.mask[top : top + height, left : left + width], np.uint8)
    return trax.Mask.create(_writable(crop), left, top)


class PointTrack:
    """The position of a clicked point, derived from the masks of its object.

    The point keeps its relative place in the object's box, which follows motion and changes of
    size; while the object is absent it stays where it was last.

    Args:
        x, y: the click, in pixels of the frame that the object starts in.
    """

    def __init__(self, x: float, y: float) -> None:
        self._now = (x, y)
        self._place: tuple[float, float] | None = None  # of the point in its box, 0..1 inside

    def follow(self, answer: Answer) -> trax.Region:
        """The point in the answer's frame, as a rectangle of no size."""
        box = None if answer.absent else answer.box
        if box is not None:
            x, y = self._now
            if self._place is None:
                self._place = (x - box.x) / box.width, (y - box.y) / box.height
            self._now = (
                box.x + self._place[0] * box.width,
                box.y + self._place[1] * box.height,
            )
        return trax.Rectangle.create(*self._now, 0.0, 0.0)


def _as_given(region: Any, frame_size: tuple[int, int]) -> Box | Mask:
    """The region as a prompt of its own kind."""
    if isinstance(region, trax.Rectangle):
        return Box(*region.bounds())
    if isinstance(region, trax.Mask):
        mask, lost = placed(region.array() != 0, region.offset(), frame_size)
        if lost:
            log.warning("an initial mask reaches beyond the frame: %d pixels are cut off", lost)
        return Mask(mask)
    if isinstance(region, trax.Polygon):
        return Mask(polygon_mask(_corners(region), frame_size))
    # libtrax turns a region with a NaN in it into a special code.
    what = region if region is not None else "no region"
    raise RegionError(
        f"{what} can't be tracked: give a rectangle, a mask or a polygon of finite numbers"
    )


def _extent(region: Any, prompt: Box | Mask | Points) -> Box | Mask | Points:
    """The min/max box; an empty mask is returned as it is, and its check rejects it."""
    if isinstance(region, trax.Polygon):
        corners = _corners(region)
        low, high = corners.min(axis=0), corners.max(axis=0)
        return Box(float(low[0]), float(low[1]), *(float(size) for size in high - low))
    if isinstance(prompt, Mask):
        return Box.of_mask(prompt.array) or prompt
    return prompt


def _corners(region: trax.Polygon) -> NDArray[np.float64]:
    return np.array([region.get(i) for i in range(region.size())], np.float64)


def _writable(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mask, made coarser as far as needed until the toolkit can store it.

    Only pure noise needs it. A cell of size x size pixels is set when the mask is at least as dense
    there as in the mean, so that something is always left.
    """
    size, coarse = 1, mask
    while _runs(coarse) > MAX_RUNS:
        size *= 2
        cells = (-(-mask.shape[1] // size), -(-mask.shape[0] // size))
        density = cv2.resize(mask.astype(np.float32), cells, interpolation=cv2.INTER_AREA)
        dense = (density >= mask.mean() - 1e-6).astype(np.uint8)
        coarse = np.repeat(np.repeat(dense, size, axis=0), size, axis=1)
        coarse = np.ascontiguousarray(coarse[: mask.shape[0], : mask.shape[1]])
    if size > 1:
        log.warning("a mask of %d runs was coarsened to cells of %d pixels", _runs(mask), size)
    return coarse


def _runs(mask: NDArray[np.uint8]) -> int:
    """Upper bound of the number of runs of a mask's run-length code (row by row, zeros first)."""
    if mask.size <= MAX_RUNS:
        return 0
    flat = mask.ravel()
    return int(np.count_nonzero(flat[1:] != flat[:-1])) + 2
