"""Boxes of truth and answers, and how well they agree."""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np
from vot.region import Region
from vot.region.shapes import Mask, Polygon, Rectangle

from samurai.geometry import corners_overlap

Corners = tuple[float, float, float, float]
"""left, top, right, bottom; the right and bottom edges, not the last pixels."""


def box_of(region: Region) -> Corners | None:
    """The min/max box of a region (max - min + 1 for masks); None where it is empty."""
    if isinstance(region, Rectangle) and not region.is_empty():
        return region.x, region.y, region.x + region.width, region.y + region.height
    if isinstance(region, Mask) and region.mask.any():
        rows = np.flatnonzero(region.mask.any(axis=1))
        columns = np.flatnonzero(region.mask.any(axis=0))
        x, y = region.offset
        return (
            float(x + columns[0]),
            float(y + rows[0]),
            float(x + columns[-1] + 1),
            float(y + rows[-1] + 1),
        )
    if isinstance(region, Polygon) and not region.is_empty():
        points = np.asarray(region.points())
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)
    return None


def overlap(a: Corners | None, b: Corners | None) -> float:
    """Intersection over union; 0 where a box is missing."""
    return 0.0 if a is None or b is None else corners_overlap(a, b)


def mean_overlap(answers: Items[Corners | None], truth: Items[Corners | None]) -> float:
    """From the second frame on, over frames whose truth isn't empty."""
    pairs = list(zip(answers, truth, strict=True))[1:]
    return float(np.mean([overlap(answer, true) for answer, true in pairs if true is not None]))
