"""Candidates by looking: a grid of clicks where nothing is tracked yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from samurai.core.proposals import (
    POINTS_AT_ONCE,
    Proposal,
    ProposalSettings,
    distinct,
    grid,
)
from samurai.core.session import Session
from samurai.discovery.budget import TimeBudget
from samurai.discovery.candidates import Candidate, covered
from samurai.regions import Answer

POINTS_OF_A_STEP = 16
"""Clicks that are decoded at once where time is short."""

MOST = 1000
"""Proposals that are compared with each other, those of the highest predicted IoU."""


class GridPass:
    """One pass of clicks over a frame, or over several frames where time is short.

    Args:
        settings: grid and thresholds.
        size: height and width of frames.
        frame_index: of the frame in which it begins.
    """

    def __init__(self, settings: ProposalSettings, size: tuple[int, int], frame_index: int) -> None:
        self._settings, self._frame_index = settings, frame_index
        self._points = grid(settings.points_per_side, size)
        self._found: list[Proposal] = []

    def work(self, session: Session, answers: Sequence[Answer], budget: TimeBudget) -> bool:
        """Go on with a session's newest frame as long as there is time; whether it is over.

        Clicks on what is tracked are left out, as it is in that frame.
        """
        self._points = _outside(self._points, answers)
        while len(self._points):
            if not budget.suffices:
                return False
            number = POINTS_AT_ONCE if budget.unlimited else POINTS_OF_A_STEP
            with budget.step():
                self._found += session.propose_at(self._points[:number], self._settings)
            self._points = self._points[number:]
        return True

    def candidates(self) -> list[Candidate]:
        """What was found, surest first, each once."""
        best = sorted(self._found, key=lambda each: -each.predicted_iou)[:MOST]
        found = f"grid at frame {self._frame_index}"
        return [
            Candidate(each.packed, each.predicted_iou, found)
            for each in distinct(best, self._settings)
        ]

    def close(self) -> None:
        """Nothing to do."""


def _outside(points: NDArray[np.float32], answers: Sequence[Answer]) -> NDArray[np.float32]:
    """Clicks that lie on no object."""
    if not answers or not len(points):
        return points
    union = covered(answers, (answers[0].mask.shape[0], answers[0].mask.shape[1]))
    columns, rows = points.astype(np.int64).T
    outside: NDArray[np.float32] = points[~union[rows, columns]]
    return outside
