"""TrackingNet's success, precision and normalized precision: areas under curves of 21 thresholds,
other measures than those of one-pass evaluations under the same names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samurai.evaluation.measures.boxes import (
    Boxes,
    Values,
    center_distances,
    normalized_distances,
    of_length,
    overlaps,
)

STEPS = np.linspace(0, 1, 21)
MOST_PIXELS, MOST_SIZES = 50, 0.5


@dataclass(frozen=True)
class TrackingNetScore:
    """Areas of a sequence, or their means over sequences, in percent."""

    success: float
    precision: float
    normalized_precision: float


def trackingnet_score(truth: Boxes, answers: Boxes) -> TrackingNetScore:
    """The areas of a sequence.

    Args:
        truth, answers: (n, 4), rounded to whole pixels here; the first answer is taken for right.
            Missing rows are misses of every threshold; with no row at all, answers are zero boxes,
            which reach an overlap of zero.
    """
    expected = np.rint(truth)
    found = np.rint(of_length(answers, len(truth), np.nan if len(answers) else 0.0))
    found[0] = expected[0]
    overlap = overlaps(found, expected)
    return TrackingNetScore(
        _area(overlap[:, None] >= STEPS),
        _area(center_distances(found, expected)[:, None] <= STEPS * MOST_PIXELS),
        _area(normalized_distances(found, expected)[:, None] <= STEPS * MOST_SIZES),
    )


def _area(reached: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> float:
    """Under the share of frames (n, 21) that reach each step, by trapezoids."""
    shares: Values = reached.mean(axis=0)
    return float(100 * np.sum((shares[1:] + shares[:-1]) / 2 * np.diff(STEPS)))


def trackingnet_summary(scores: Sequence[TrackingNetScore]) -> TrackingNetScore:
    """The means over sequences."""
    if not scores:
        raise ValueError("there are no sequences to average")
    return TrackingNetScore(
        float(np.mean([each.success for each in scores])),
        float(np.mean([each.precision for each in scores])),
        float(np.mean([each.normalized_precision for each in scores])),
    )
