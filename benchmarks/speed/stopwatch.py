"""Times of parts that call each other: every moment counts for the innermost part only."""

from __future__ import annotations

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any


def waiter(device_type: str) -> Callable[[], None]:
    """What waits until a device has done everything that it was asked for; a CPU always has."""
    if device_type == "cpu":
        return lambda: None
    import torch

    return torch.mps.synchronize if device_type == "mps" else torch.cuda.synchronize


class Stopwatch:
    """Adds up seconds per part.

    Args:
        synchronise: called before the clock is read, see `waiter`, so that a device's work counts
            for the part that asked for it. This also keeps parts from overlapping, so that their
            sum is more than the time of a frame that nobody measures.
    """

    def __init__(self, synchronise: Callable[[], None]) -> None:
        self._synchronise = synchronise
        self._seconds: dict[str, float] = defaultdict(float)
        self._running = threading.local()  # per thread, the inner time of every open part

    def times(self, part: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator: the time of the function counts for this part."""

        def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def timed(*arguments: Any, **named: Any) -> Any:
                inner = self._open()
                started = self._now()
                inner.append(0.0)
                try:
                    return function(*arguments, **named)
                finally:
                    elapsed = self._now() - started
                    self._seconds[part] += elapsed - inner.pop()
                    if inner:
                        inner[-1] += elapsed

            return timed

        return wrap

    def lap(self) -> dict[str, float]:
        """Seconds per part since the last call; starts anew."""
        seconds, self._seconds = dict(self._seconds), defaultdict(float)
        return seconds

    def _now(self) -> float:
        self._synchronise()
        return time.perf_counter()

    def _open(self) -> list[float]:
        if not hasattr(self._running, "inner"):
            self._running.inner = []
        inner: list[float] = self._running.inner
        return inner
