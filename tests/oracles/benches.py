"""Benches of workers that do as the task says; importable in processes that are started afresh."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from samurai.errors import ConfigurationError


class ObedientBench:
    """Tasks are words: a number is doubled; `kill FILE` kills the process unless the file is there,
    and makes it; `raise` raises; `part NUMBER` reports it until somebody has read it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.done = 0

    def run(self, task: str, progress: Callable[[float], None]) -> tuple[int, str]:
        word, _, rest = task.partition(" ")
        if word == "kill" and not Path(rest).exists():
            Path(rest).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "always-kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "raise":
            raise RuntimeError("as told")
        if word == "refuse":
            raise ConfigurationError("no worker can do that: go home")
        if word == "wait-for":
            while not Path(rest).exists():
                progress(0.5)
        self.done += 1
        return self.done, task


class RefusedBench(ObedientBench):
    """Can't be made."""

    def __init__(self, number: int) -> None:
        raise ConfigurationError("there are no weights: fetch them")


class BrokenBench(ObedientBench):
    """Fails while it is made."""

    def __init__(self, number: int) -> None:
        raise OSError("no such GPU")
