"""Ctrl-C and SIGTERM end a run between two frames, so that its outputs are completed."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Sets an event on the first signal; the second one interrupts at once.

    Attributes:
        event: set once the run is asked to end.
        code: the process's exit code then: 128 and the signal's number.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.code = 128 + signal.SIGINT
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopping:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _: FrameType | None) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self.code = 128 + number
        self.event.set()
