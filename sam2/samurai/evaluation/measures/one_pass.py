"""One-pass evaluation: a tracker starts in the first frame and is never corrected.

Success is the share of frames whose overlap exceeds a threshold, precision that of frames whose
center is near enough, in pixels or in sizes of the object. The curves of sequences are averaged,
each sequence once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samurai.evaluation.measures.boxes import (
    Boxes,
    Rows,
    Values,
    center_distances,
    normalized_distances,
    of_length,
    overlaps,
    shares_above,
    shares_within,
)
from samurai.evaluation.measures.protocols import Counted, OnePassProtocol

Curve = NDArray[np.float64]


def colon(step: float, last: float, count: int) -> Curve:
    """MATLAB's 0:step:last, which counts from both ends; overlaps of whole boxes hit thresholds
    exactly, so that the last bit matters."""
    places = np.arange(count)
    from_start, from_end = places * step, last - (count - 1 - places) * step
    return np.asarray(np.where(places <= (count - 1) // 2, from_start, from_end))


PIXELS = np.arange(51, dtype=np.float64)
OVERLAPS: dict[str, Curve] = {
    "colon": colon(0.05, 1.0, 21),
    "multiples": np.asarray(np.arange(21) * 0.05),
}
SIZES: dict[str, Curve] = {
    "colon": colon(0.01, 0.5, 51),
    "multiples": np.asarray(np.arange(51) / 100),
}
"""Thresholds by `OnePassProtocol.steps`."""

AT_PIXELS, AT_SIZE = 20, 20
"""Places in PIXELS and SIZES of the published numbers: 20 pixels, 0.2 sizes."""


@dataclass(frozen=True)
class OnePassScore:
    """The curves of a sequence, shares of 0 to 1 per threshold.

    Attributes:
        success: over the protocol's OVERLAPS.
        precision: over PIXELS.
        normalized_precision: over the protocol's SIZES.
        frames: rows of the truth.
    """

    success: Curve
    precision: Curve
    normalized_precision: Curve
    frames: int

    @property
    def auc(self) -> float:
        """Area under the success curve, its mean."""
        return float(self.success.mean())


@dataclass(frozen=True)
class OnePassSummary:
    """Means over sequences: curves as `OnePassScore`'s, numbers in percent."""

    success: Curve
    precision_curve: Curve
    normalized_precision_curve: Curve
    sequences: int

    @property
    def auc(self) -> float:
        """Area under the success curve."""
        return float(100 * self.success.mean())

    @property
    def precision(self) -> float:
        """Frames whose center is off by at most 20 pixels."""
        return float(100 * self.precision_curve[AT_PIXELS])

    @property
    def normalized_precision(self) -> float:
        """Frames whose center is off by at most 0.2 sizes of the true box."""
        return float(100 * self.normalized_precision_curve[AT_SIZE])

    @property
    def op50(self) -> float:
        """Frames with an overlap above 0.5."""
        return float(100 * self.success[10])

    @property
    def op75(self) -> float:
        """Frames with an overlap above 0.75."""
        return float(100 * self.success[15])


def score(
    protocol: OnePassProtocol, truth: Boxes, answers: Boxes, visible: Rows | None = None
) -> OnePassScore:
    """The curves of a sequence.

    Args:
        truth: (n, 4), NaN where there is no box.
        answers: (m, 4); longer ones are cut, missing rows are zero boxes. The first is taken for
            right.
        visible: (n,) where the object is in view; None: everywhere.
    """
    count = len(truth)
    repaired_answers = repaired(protocol, truth, of_length(answers, count))
    usable = protocol.usable(truth)
    seen = np.ones(count, dtype=np.bool_) if visible is None else np.asarray(visible, np.bool_)
    overlap = np.where(usable & seen, overlaps(repaired_answers, truth), -1.0)
    distance = _counted(
        center_distances(repaired_answers, truth),
        *(usable, seen, protocol.invalid_center, protocol.absent_center),
    )
    normalized = _counted(
        normalized_distances(repaired_answers, truth),
        *(usable, seen, protocol.invalid_normalized, protocol.absent_normalized),
    )
    return OnePassScore(
        shares_above(overlap, OVERLAPS[protocol.steps]),
        shares_within(distance, PIXELS),
        shares_within(normalized, SIZES[protocol.steps]),
        count,
    )


def repaired(protocol: OnePassProtocol, truth: Boxes, answers: Boxes) -> Boxes:
    """Answers with those that can't be used replaced by the ones before, unless the truth there is
    NaN; the first is the true box."""
    result = answers.copy()
    broken = protocol.repairable(result) & ~np.isnan(truth).any(axis=1)
    for row in np.flatnonzero(broken):
        if row > 0:
            result[row] = result[row - 1]
    result[0] = truth[0]
    return result


def _counted(
    distances: Values, usable: Rows, seen: Rows, invalid: Counted, absent: Counted
) -> Values:
    """Distances, with frames that have none as hits (-1) or misses (infinite)."""
    value = {"hit": -1.0, "miss": np.inf}
    valid = np.where(usable, distances, value[invalid])
    return np.asarray(np.where(seen, valid, value[absent]))


def summary(scores: Sequence[OnePassScore]) -> OnePassSummary:
    """The means over sequences, each of the same weight."""
    if not scores:
        raise ValueError("there are no sequences to average")
    return OnePassSummary(
        np.mean([each.success for each in scores], axis=0),
        np.mean([each.precision for each in scores], axis=0),
        np.mean([each.normalized_precision for each in scores], axis=0),
        len(scores),
    )
