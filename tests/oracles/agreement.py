"""Comparisons of computations that may sum in another order, with their margins on record.

Where TEST_DEVIATIONS names a file, each comparison adds what it saw to it; `make test-cpus` lists
the largest deviation of every test beside its margin, and is red where a margin is less than five
times as large.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 for two empty masks."""
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 1.0


def assert_close(ours: Any, theirs: Any, margin: float, where: object = "") -> None:
    """No number of two arrays or tensors differs by more than `margin`."""
    ours, theirs = (np.asarray(values, dtype=np.float64) for values in (ours, theirs))
    assert ours.shape == theirs.shape
    assert_within(float(np.abs(ours - theirs).max(initial=0.0)), margin, where)


def assert_overlap(
    a: NDArray[np.bool_], b: NDArray[np.bool_], least: float, where: object = ""
) -> None:
    """Two masks overlap by at least `least`."""
    assert_within(1 - overlap(a, b), 1 - least, where)


def assert_within(deviation: float, margin: float, where: object = "") -> None:
    """A deviation (0 is none) isn't above its margin, and neither is it NaN."""
    if file := os.environ.get("TEST_DEVIATIONS"):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
        seen = {"test": test, "deviation": deviation, "margin": margin}
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(seen) + "\n")
    assert deviation <= margin, f"differs by {deviation:g}, above {margin:g} {where}"
