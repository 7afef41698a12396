"""Numbers made of measured numbers: percentiles, ratios per round, the slope of a line."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TypedDict

import numpy as np


class Percentiles(TypedDict):
    """Of a sample; linear between neighbours."""

    p50: float
    p95: float
    p99: float


class Ratio(TypedDict):
    """One contestant's time over another's, round by round, and over all rounds."""

    rounds: list[float]
    median: float
    least: float
    most: float


def percentiles(values: Sequence[float]) -> Percentiles:
    """The median and the slow end of a sample that isn't empty."""
    p50, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99}


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """How many times as fast we were: their seconds over our seconds, per round."""
    rounds = [their / our for their, our in zip(theirs, ours, strict=True)]
    return {
        "rounds": rounds,
        "median": statistics.median(rounds),
        "least": min(rounds),
        "most": max(rounds),
    }


def median_slope(places: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between all pairs of points (Theil and Sen): a leak shows in it, a
    single step doesn't."""
    x, y = np.asarray(places, float), np.asarray(values, float)
    first, second = np.triu_indices(len(x), k=1)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))


def slope(places: Sequence[float], values: Sequence[float]) -> float:
    """Of the least-squares line through (place, value)."""
    return float(np.polyfit(np.asarray(places, float), np.asarray(values, float), 1)[0])
