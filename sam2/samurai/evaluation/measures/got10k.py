"""GOT-10k's average overlap, as its toolkit computes it on the validation split.

The first frame doesn't count, nor do frames in which the object is covered; boxes are clipped to
the picture; all frames of all sequences are pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samurai.evaluation.measures.boxes import Boxes, Rows, Values, of_length, overlaps

THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Got10kScore:
    """Overlaps of a sequence's frames that count, (m,)."""

    overlaps: Values


@dataclass(frozen=True)
class Got10kSummary:
    """Pooled over frames, in percent.

    Attributes:
        ao: average overlap.
        sr50, sr75: frames with an overlap above 0.5 and 0.75.
        success: share of frames above each of THRESHOLDS, 0 to 1.
    """

    ao: float
    sr50: float
    sr75: float
    success: NDArray[np.float64]
    sequences: int


def got10k_score(truth: Boxes, answers: Boxes, covered: Rows, size: tuple[int, int]) -> Got10kScore:
    """The overlaps of a sequence.

    Args:
        truth, answers: (n, 4).
        covered: (n,) where nothing of the object is visible (`cover.label` is 0).
        size: width and height of the pictures.
    """
    count = len(truth)
    found = overlaps(clipped(of_length(answers, count)[1:], size), clipped(truth[1:], size))
    return Got10kScore(np.nan_to_num(found[~np.asarray(covered, np.bool_)[1:]]))


def clipped(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """Boxes within a picture of a width and height."""
    limit = np.asarray(size, float)
    low = np.clip(boxes[:, :2], 0, limit)
    high = np.clip(boxes[:, :2] + boxes[:, 2:], 0, limit)
    return np.concatenate([low, high - low], axis=1)


def got10k_summary(scores: Sequence[Got10kScore]) -> Got10kSummary:
    """All frames of all sequences together; NaN where no frame counts."""
    if not scores:
        raise ValueError("there are no sequences to average")
    pooled = np.concatenate([each.overlaps for each in scores])
    if not len(pooled):
        nothing = np.full(len(THRESHOLDS), np.nan)
        return Got10kSummary(np.nan, np.nan, np.nan, nothing, len(scores))
    success = (pooled[:, None] > THRESHOLDS).mean(axis=0)
    sr50, sr75 = (100 * float((pooled > threshold).mean()) for threshold in (0.5, 0.75))
    return Got10kSummary(100 * float(pooled.mean()), sr50, sr75, success, len(scores))
