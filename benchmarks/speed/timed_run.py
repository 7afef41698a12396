"""One timed pass of a contestant over a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class TimedRun:
    """Seconds of one pass over a video.

    Attributes:
        total: everything, from the first file to the last answer.
        loading: the part of it before the first frame can be answered; 0 for a streaming tracker.
        frames: per frame, from the second one on.
    """

    total: float
    loading: float
    frames: list[float]

    @classmethod
    def between(cls, started: float, loaded: float, ends: Sequence[float]) -> TimedRun:
        """From readings of a clock: at the start, after loading, and at the end of every frame."""
        frames = [after - before for before, after in pairwise(ends)]
        return cls(ends[-1] - started, loaded - started, frames)
