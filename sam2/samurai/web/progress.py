"""How fast a propagation is, and how long it will take, as lines of its stream."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from samurai.web.engine import Propagation
from samurai.web.engine.propagation import Progress
from samurai.web.problems import NotFound

EVERY = 1.0
"""Seconds between two lines of progress."""

LOOKED_AT = 10
"""Lines before, since which speed is measured: it follows other clients that come and go."""


class ProgressLines:
    """What is to be said of a propagation's progress, and when.

    Args:
        propagation: which is told of.
        clock: seconds.
    """

    def __init__(
        self, propagation: Propagation, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._propagation, self._clock = propagation, clock
        self._due = now = clock()
        self._before: deque[tuple[float, int]] = deque([(now, 0)], maxlen=LOOKED_AT)

    def __call__(self) -> dict[str, Any] | None:
        """The next line (`ProgressEvent`) if it is time for one, at first at once."""
        now = self._clock()
        if now < self._due:
            return None
        self._due = now + EVERY
        try:
            progress = self._propagation.progress
        except NotFound:  # the session is closed; the last line says so
            return None
        rate = self._rate(now, progress)
        left = progress.total - progress.done
        return {
            "event": "progress",
            "done": progress.done,
            "total": progress.total,
            "fps": None if rate is None else round(rate, 2),
            "eta_sec": None if rate is None else round(left / rate, 1),
        }

    def _rate(self, now: float, progress: Progress) -> float | None:
        """Frames per second; None where none was tracked lately."""
        since, count = self._before[0]
        self._before.append((now, progress.tracked))
        fresh = progress.tracked - count
        return fresh / (now - since) if fresh and now > since else None
