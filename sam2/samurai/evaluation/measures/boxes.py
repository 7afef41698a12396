"""Boxes of a sequence against its truth, row by row: overlap, distance of centers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""(n, 4): x, y, width, height."""

Values = NDArray[np.float64]
Rows = NDArray[np.bool_]


def overlaps(answers: Boxes, truth: Boxes) -> Values:
    """Intersection over union per row (n,); NaN where a box has NaN or both have no area."""
    low = np.maximum(answers[:, :2], truth[:, :2])
    high = np.minimum(answers[:, :2] + answers[:, 2:], truth[:, :2] + truth[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    union = np.prod(answers[:, 2:], axis=1) + np.prod(truth[:, 2:], axis=1) - shared
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(shared / union)


def centers(boxes: Boxes) -> Values:
    """Centers (n, 2) of boxes of whole pixels: x + (width - 1) / 2."""
    return np.asarray(boxes[:, :2] + (boxes[:, 2:] - 1) / 2)


def center_distances(answers: Boxes, truth: Boxes) -> Values:
    """Distances of the centers (n,) in pixels."""
    return np.asarray(np.sqrt(np.sum((centers(answers) - centers(truth)) ** 2, axis=1)))


def normalized_distances(answers: Boxes, truth: Boxes) -> Values:
    """The same with x in widths of the true box, and y in its heights."""
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = (centers(answers) - centers(truth)) / truth[:, 2:]
    return np.asarray(np.sqrt(np.sum(moved**2, axis=1)))


def of_length(answers: Boxes, count: int, missing_value: float = 0.0) -> Boxes:
    """Answers for `count` frames: more are cut off, missing rows have one value throughout."""
    kept = answers[:count]
    missing = np.full((count - len(kept), 4), missing_value)
    return np.concatenate([kept, missing]) if len(missing) else kept.copy()


def shares_above(values: Values, thresholds: Values) -> Values:
    """The share of values (n,) above each threshold (m,); NaN is above none."""
    ordered = np.sort(np.where(np.isnan(values), -np.inf, values))
    within = np.searchsorted(ordered, thresholds, "right")
    return np.asarray((len(ordered) - within) / len(ordered))


def shares_within(values: Values, thresholds: Values) -> Values:
    """The share of values (n,) up to each threshold (m,); NaN is within none."""
    ordered = np.sort(np.where(np.isnan(values), np.inf, values))
    return np.asarray(np.searchsorted(ordered, thresholds, "right") / len(ordered))
