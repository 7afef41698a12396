"""Made-up scores of trackers for the tests of tables, files and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from samurai.benchmark.scores import Curve, SequenceScore, TrackerScore
from samurai.datasets.base import Dataset, Published, Reading

CURVES = {
    "success": Curve(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.75, 0.0])),
    "precision": Curve(np.array([0.0, 20.0, 50.0]), np.array([0.0, 0.5, 1.0])),
    "normalized precision": Curve(np.array([0.0, 0.2, 0.5]), np.array([0.0, 0.6, 1.0])),
}
"""Those of a one-pass evaluation, coarse."""


def nothing(root: Path, annotations_only: bool) -> Reading:
    """The reader of a data set that is never read."""
    raise AssertionError(root)


def make_dataset(**changed: Any) -> Dataset:
    """LaSOT, with two published scores."""
    dataset = Dataset(
        "lasot",
        "LaSOT",
        "box",
        nothing,
        ("lasot", "pytracking"),
        "https://example.org/lasot",
        "free",
        "227 GB",
        published=(
            Published("SAMURAI-L", {"auc": 74.23, "precision": 80.21}, "a paper, table 1"),
            Published("SAM2.1-B+", {"auc": 65.97}, "a paper, table 1"),
        ),
    )
    return replace(dataset, **changed)


def make_score(
    tracker: str = "samurai-l",
    sequences: Mapping[str, float] | None = None,
    *,
    measure: str = "auc",
    frames: Mapping[str, int] | None = None,
    attributes: Mapping[str, tuple[str, ...]] | None = None,
    values: Mapping[str, float] | None = None,
    **more: Any,
) -> TrackerScore:
    """A tracker's score; its sequences have one measure, and 100 frames unless `frames` says."""
    found = {"a": 80.0, "b": 60.0} if sequences is None else sequences
    scored = tuple(
        SequenceScore(
            name,
            {measure: float(value)},
            (frames or {}).get(name, 100),
            (attributes or {}).get(name, ()),
        )
        for name, value in found.items()
    )
    means = {measure: float(np.mean(list(found.values())))}
    rest = {"protocol": "lasot", "box": "pixels", **more}
    return TrackerScore(tracker, values=values or means, sequences=scored, **rest)
