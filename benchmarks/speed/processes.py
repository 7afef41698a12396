"""A contestant: a separate process that tracks videos."""

from __future__ import annotations

import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.timed_run import TimedRun
from benchmarks.speed.video import Video

LOG_TAIL = 2000
"""Characters of a process's log in an error."""

SAMPLE_EVERY = 0.1
"""Seconds between two samples of a process's memory."""


class Contestant(ABC):
    """A running process, started with a module of this package.

    Args:
        label: its name in tables and messages.
        scratch: an existing folder for its log.
        arguments: of the interpreter.
        environment: all of its variables.
    """

    def __init__(
        self, label: str, scratch: Path, arguments: list[str], environment: dict[str, str]
    ) -> None:
        self.label = label
        self._log = scratch / f"{len(list(scratch.iterdir())):04d}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=scratch,
                env=environment,
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._memory = MemoryWatch(self._process.pid)

    @abstractmethod
    def run(self, video: Video, objects: int) -> TimedRun:
        """Track that many objects through a video.

        Raises:
            BenchmarkError: the process failed; with the end of its log.
        """

    @abstractmethod
    def close(self) -> dict[str, Any]:
        """End the process; returns its report. `peak` is the peak memory in MiB, host and
        device."""

    def kill(self) -> None:
        """Kill it, if it runs."""
        self._memory.stop()
        self._process.kill()
        self._process.wait()
        self._output.close()
        with suppress(BrokenPipeError):
            self._input.close()

    def failure(self, reason: object) -> BenchmarkError:
        """Kill it; returns the error to raise."""
        self.kill()
        log = self._log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
        return BenchmarkError(f"the process of {self.label} failed: {reason}\n{log}")


class MemoryWatch:
    """Samples the peak memory of another process, from a thread of this one.

    A peak shorter than `SAMPLE_EVERY` may be missed.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        """MiB."""
        self._ended = threading.Event()
        self._process = psutil.Process(pid)
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> float:
        """Stop; returns the peak in MiB."""
        self._ended.set()
        return self.peak

    def _watch(self) -> None:
        with suppress(psutil.Error):
            while True:
                self.peak = max(self.peak, self._process.memory_info().rss / 2**20)
                if self._ended.wait(SAMPLE_EVERY):
                    return


@contextmanager
def closing(contestants: Sequence[Contestant]) -> Iterator[None]:
    """Ends all processes, also after an error."""
    try:
        yield
    finally:
        for contestant in contestants:
            contestant.kill()
