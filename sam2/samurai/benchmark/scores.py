"""Scores of trackers on a data set, as tables, pages and files show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BoxConvention = Literal["as given", "pixels", "samurai"]
"""How a result file's boxes count pixels.

"pixels": a mask's box covers its pixels (max - min + 1), in the data set's coordinates. "samurai":
as SAMURAI's scripts write it (max - min, whole numbers, the top-left pixel always 0). Files that
`samurai benchmark` didn't write are scored as they are given.
"""


@dataclass(frozen=True)
class Curve:
    """Shares of frames, 0 to 1, over thresholds; both (n,)."""

    thresholds: NDArray[np.float64]
    shares: NDArray[np.float64]


@dataclass(frozen=True)
class SequenceScore:
    """A tracker's score on one sequence.

    Attributes:
        values: in percent, by measure: auc, precision, ... or j, f, jf.
        objects: the same per object of a sequence with masks.
        frames: that were scored.
        attributes: of the sequence.
    """

    name: str
    values: Mapping[str, float]
    frames: int
    attributes: tuple[str, ...] = ()
    objects: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Speed:
    """Frames per second, of frames after the first of all sequences.

    Attributes:
        tracking: without reading images.
        total: with it.
    """

    tracking: float
    total: float


@dataclass(frozen=True)
class TrackerScore:
    """A tracker's score on a data set by one protocol and one convention of boxes.

    Attributes:
        tracker: name of its results.
        protocol: the rules, see docs/benchmarks.md.
        box: how its boxes count pixels.
        values: in percent, unrounded, by measure; the means that the protocol defines.
        sequences: in the data set's order.
        curves: "success", "precision", "normalized precision", as far as the protocol has them.
        missing: sequences of the data set without results.
        speed: None where no times are stored.
        notes: what a reader of the numbers should know, one sentence each.
    """

    tracker: str
    protocol: str
    box: BoxConvention
    values: Mapping[str, float]
    sequences: tuple[SequenceScore, ...]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    speed: Speed | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A column of the tables.

    Attributes:
        name: in JSON and CSV.
        title: in tables.
        meaning: a sentence for captions and pages.
    """

    name: str
    title: str
    meaning: str


MEASURES = {
    each.name: each
    for each in (
        Measure("auc", "AUC", "area under the success curve"),
        Measure("op50", "OP50", "frames with an overlap above 0.5"),
        Measure("op75", "OP75", "frames with an overlap above 0.75"),
        Measure("precision", "P", "frames whose center is off by at most 20 pixels"),
        Measure(
            "normalized_precision",
            "Pnorm",
            "frames whose center is off by at most 0.2 sizes of the true box",
        ),
        Measure("ao", "AO", "average overlap of all frames"),
        Measure("sr50", "SR50", "frames with an overlap above 0.5"),
        Measure("sr75", "SR75", "frames with an overlap above 0.75"),
        Measure("jf", "J&F", "mean of J and F"),
        Measure("j", "J", "region overlap"),
        Measure("f", "F", "accuracy of the boundary"),
        Measure("j_recall", "J recall", "frames with a region overlap above 0.5"),
        Measure("j_decay", "J decay", "loss of region overlap from first to last quarter"),
        Measure("f_recall", "F recall", "frames with a boundary accuracy above 0.5"),
        Measure("f_decay", "F decay", "loss of boundary accuracy from first to last quarter"),
    )
}
"""The columns that there are; TrackingNet's three have other definitions, see its protocol."""

COLUMNS = {
    "lasot": ("auc", "op50", "op75", "precision", "normalized_precision"),
    "pytracking": ("auc", "op50", "op75", "precision", "normalized_precision"),
    "pytracking-uav": ("auc", "op50", "op75", "precision", "normalized_precision"),
    "samurai": ("auc", "op50", "op75", "precision", "normalized_precision"),
    "otb": ("auc", "op50", "op75", "precision", "normalized_precision"),
    "uav": ("auc", "op50", "op75", "precision", "normalized_precision"),
    "got10k": ("ao", "sr50", "sr75"),
    "trackingnet": ("auc", "precision", "normalized_precision"),
    "davis": ("jf", "j", "f", "j_recall", "f_recall", "j_decay", "f_decay"),
    "sav": ("jf", "j", "f"),
}
"""Measures of a protocol, in the order of tables."""
