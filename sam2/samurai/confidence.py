"""Calibrated confidence: the expected overlap of an answer with the ground truth.

A network's own estimate (predicted IoU times the probability that the object is visible) ranks
answers well but is not calibrated. Knots, measured per model on films with known truth (`python -m
samurai_training evaluate` fits them), turn it into the expected overlap with the truth, with 0 for
an answer where the object is absent. The map is monotonic, so the ranking, and with it long-term
precision and recall over all thresholds, doesn't change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def calibrated(estimate: float, knots: Sequence[float]) -> float:
    """The expected overlap, 0 to 1, for an estimate of 0 to 1.

    Args:
        knots: expected overlaps at equally spaced estimates from 0 to 1; none leaves it as it is.
    """
    if not knots:
        return estimate
    return float(np.interp(estimate, np.linspace(0, 1, len(knots)), knots))


def fit_knots(estimates: ArrayLike, overlaps: ArrayLike, count: int = 6) -> list[float]:
    """Knots that fit measured overlaps best (least squares), made non-decreasing.

    Args:
        estimates, overlaps: (N,), of answers.
    """
    x, y = np.asarray(estimates, float), np.asarray(overlaps, float)
    places = np.linspace(0, 1, count)
    hats = np.stack([np.interp(x, places, line) for line in np.eye(count)], axis=1)
    # A weak pull towards the identity decides where there are no answers.
    pull = 1e-2 * len(x) / count
    left = hats.T @ hats + pull * np.eye(count)
    solved = np.linalg.solve(left, hats.T @ y + pull * places)
    return [round(float(value), 3) for value in np.clip(np.maximum.accumulate(solved), 0, 1)]
