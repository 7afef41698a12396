"""How much time looking may take of a video that must not wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_STEPS_SAVED = 2.0
"""Steps whose time is saved up at most, so that a long wait isn't followed by a long burst."""

SMOOTHING = 0.3
"""Weight of the newest step in the expected cost of the next one."""


class TimeBudget:
    """Seconds that accrue while objects are tracked, and that steps of looking spend.

    Args:
        share: seconds of looking per second of tracking; None lets every step run.
        clock: monotonic seconds.
    """

    def __init__(self, share: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock = share, clock
        self._saved, self._cost = 0.0, 0.0
        self._left: float | None = None

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Around all that is looked at after a frame; the time since the last one was tracking."""
        if self._share is not None and self._left is not None:
            self._saved += self._share * (self._clock() - self._left)
            if self._cost:
                self._saved = min(self._saved, MOST_STEPS_SAVED * self._cost)
        try:
            yield
        finally:
            self._left = self._clock()

    @property
    def unlimited(self) -> bool:
        """Whether every step may run."""
        return self._share is None

    @property
    def suffices(self) -> bool:
        """Whether the next step can be paid. The first one tells what steps cost."""
        return self._share is None or self._saved >= self._cost

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around a step of looking."""
        begun = self._clock()
        try:
            yield
        finally:
            seconds = self._clock() - begun
            self._saved -= seconds
            known = self._cost > 0
            self._cost = SMOOTHING * seconds + (1 - SMOOTHING) * self._cost if known else seconds


class OneStep(TimeBudget):
    """Lets a single step run, for who takes turns with others between steps."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self._done = False

    @property
    def suffices(self) -> bool:
        """Whether the step is still to be done."""
        return not self._done

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around the step."""
        self._done = True
        yield
