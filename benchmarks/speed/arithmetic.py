"""Statistics of measurements: percentiles, ratios per round, slopes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 of a sample that isn't empty; linear between neighbors."""
    p50, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99}


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> dict[str, Any]:
    """Speed-up: their seconds over our seconds, round by round; median, minimum and maximum over
    all rounds."""
    rounds = [their / our for their, our in zip(theirs, ours, strict=True)]
    middle = statistics.median(rounds)
    return {"rounds": rounds, "median": middle, "least": min(rounds), "most": max(rounds)}


def slope(places: Sequence[float], values: Sequence[float]) -> float:
    """Of the least-squares line through (place, value)."""
    return statistics.linear_regression(places, values).slope


def median_slope(places: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between all pairs of points (Theil and Sen): it shows a leak, but
    not a single step."""
    x, y = np.asarray(places, float), np.asarray(values, float)
    first, second = np.triu_indices(len(x), k=1)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))
