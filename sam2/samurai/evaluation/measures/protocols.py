"""How one-pass evaluations differ: each tool's rules for frames without a usable truth.

They are in published numbers, oddities included: a frame whose true box is missing may count as a
hit of precision while it is a miss of success. Sources: the MATLAB toolkits of OTB, UAV123 and
LaSOT, `pytracking/analysis` and SAMURAI's copy of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from samurai.evaluation.measures.boxes import Boxes, Rows

Counted = Literal["hit", "miss"]


@dataclass(frozen=True)
class OnePassProtocol:
    """The rules of a one-pass evaluation.

    Attributes:
        name: of the protocol.
        sized_only: whether a true box is usable from width and height above zero on; else x and y
            must be above zero too.
        repairs: which answers are replaced by the one before: those that are NaN or without area
            ("unusable"), or those of width or height zero ("empty").
        invalid_center: what a frame without a usable true box is for precision.
        invalid_normalized: the same for normalized precision.
        absent_center, absent_normalized: the same for frames in which the object is absent. For
            success, all of these are misses.
        steps: thresholds as MATLAB's colon makes them, from both ends, or as Python tools do, by
            multiplication. Overlaps of whole boxes can equal one, so that its last bit matters.
    """

    name: str
    sized_only: bool
    repairs: Literal["unusable", "empty"]
    invalid_center: Counted
    invalid_normalized: Counted
    absent_center: Counted
    absent_normalized: Counted
    steps: Literal["colon", "multiples"] = "colon"

    def usable(self, truth: Boxes) -> Rows:
        """Which true boxes (n, 4) count as boxes."""
        values = truth[:, 2:] if self.sized_only else truth
        with np.errstate(invalid="ignore"):
            return np.asarray((values > 0).all(axis=1))

    def repairable(self, answers: Boxes) -> Rows:
        """Which answers are replaced by the one before."""
        sides = answers[:, 2:]
        if self.repairs == "empty":
            return np.asarray((sides == 0).any(axis=1))
        with np.errstate(invalid="ignore"):
            return np.asarray(np.isnan(answers).any(axis=1) | (sides <= 0).any(axis=1))


OTB = OnePassProtocol("otb", False, "unusable", "hit", "hit", "hit", "hit")
UAV = OnePassProtocol("uav", False, "unusable", "hit", "hit", "hit", "hit")
"""UAV123's toolkit has OTB's rules; the truth has NaN where the object is absent."""

LASOT = OnePassProtocol("lasot", False, "unusable", "hit", "hit", "miss", "miss")
PYTRACKING = OnePassProtocol(
    *("pytracking", False, "empty", "miss", "hit", "miss", "miss", "multiples")
)
"""As it scores LaSOT."""

PYTRACKING_UAV = OnePassProtocol(
    *("pytracking-uav", False, "empty", "hit", "hit", "hit", "hit", "multiples")
)
"""As it scores UAV123: its code has an exception for that data set."""

SAMURAI = OnePassProtocol("samurai", True, "empty", "miss", "hit", "miss", "hit", "multiples")
"""SAMURAI's copy as it scores LaSOT's extension: absent frames are hits of normalized precision, as
in all published numbers of that data set, because pytracking's exception names LaSOT alone."""

PROTOCOLS = {each.name: each for each in (OTB, UAV, LASOT, PYTRACKING, PYTRACKING_UAV, SAMURAI)}
