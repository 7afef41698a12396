"""Mean differences over sequences, and how far chance could have moved them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
FEWEST = 6  # sequences for an interval: with fewer, even equal signs throughout may be chance
SEED = 0


@dataclass(frozen=True)
class Difference:
    """A mean difference over sequences with its bootstrap interval, which too few of them lack."""

    mean: float
    low: float | None
    high: float | None
    sequences: int


def paired_difference(
    differences: Sequence[float], weights: Sequence[float] | None = None
) -> Difference:
    """The mean of paired differences with its percentile bootstrap interval (Efron 1979).

    Pairs are drawn with replacement by sequence, so that the difficulty of a sequence cancels out.
    The interval is deterministic. Fewer than FEWEST have none: five times the same sign happens by
    chance in 2 of 32 cases.

    Args:
        differences: one per sequence, at least one.
        weights: of the sequences in the mean, above zero, such as their frames where a measure
            pools those of all sequences; a drawn sequence brings its weight. None: all the same.
    """
    values = np.asarray(differences, np.float64)
    count = len(values)
    mass = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    mean = float((values * mass).sum() / mass.sum())
    if count < FEWEST:
        return Difference(mean, None, None, count)
    drawn = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))
    means = (values * mass)[drawn].sum(axis=1) / mass[drawn].sum(axis=1)
    tails = (1 - LEVEL) / 2
    low, high = np.quantile(means, (tails, 1 - tails))
    return Difference(mean, float(low), float(high), count)
