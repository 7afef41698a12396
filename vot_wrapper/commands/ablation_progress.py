"""Progress of an ablation: a line per combination and workspace, and the time left."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from samurai.spelling import duration
from vot_wrapper.commands.console import Console

if TYPE_CHECKING:
    from vot_wrapper.toolkit.ablation import Task, Workload
    from vot_wrapper.toolkit.running import Failure


class Progress:
    """Counts frames of runs over all combinations; its methods may be called from any thread.

    Args:
        console: prints the lines.
        loads: the workload of each task.
    """

    def __init__(self, console: Console, loads: dict[Task, Workload]) -> None:
        self._console = console
        self._loads = loads
        self._total = sum(load.frames for load in loads.values())
        self._done: dict[Task, float] = dict.fromkeys(loads, 0.0)
        self._ended = 0
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def observer(self, task: Task) -> TaskObserver:
        """The observer of one task."""
        return TaskObserver(self, task, self._loads[task])

    def check(self) -> None:
        """Raise the KeyboardInterrupt that the main thread received."""
        self._console.check()

    def moved(self, task: Task, frames: float) -> None:
        """Add `frames` finished frames to a task."""
        with self._lock:
            self._done[task] = min(self._done[task] + frames, float(self._loads[task].frames))

    def ended(self, task: Task, seconds: float) -> None:
        """Print a finished task and the time left."""
        with self._lock:
            self._ended += 1
            count = self._loads[task].frames
            self._done[task] = float(count)
            place = f"{self._ended:{len(str(len(self._loads)))}}/{len(self._loads)}"
            frames = f"{count} frames" if count else "kept"
            self._console.line(
                f"{place}  {task.combination.identifier:20} {task.workspace:14} {frames:>12} "
                f"{duration(seconds):>12}   {self._left()}"
            )

    def failed(self, failure: Failure) -> None:
        """A sequence, or a whole experiment, has no results."""
        with self._lock:
            self._console.failed(failure)

    def damaged(self, sequence: str, result: str) -> None:
        """Report a result file that was cut short and is made again."""
        with self._lock:
            self._console.damaged(sequence, result)

    def live(self) -> None:
        """The live line on a terminal."""
        with self._lock:
            done = sum(self._done.values())
            part = done / self._total if self._total else 1.0
            self._console.live(f"      {part:4.0%}   {self._left()}")

    def _left(self) -> str:
        done = sum(self._done.values())
        if self._total == 0 or done >= self._total:
            return ""
        if done == 0:
            return "ETA unknown"
        spent = time.monotonic() - self._started
        return f"ETA {duration(spent * (self._total - done) / done)}"


class TaskObserver:
    """Converts the progress of one task into frames.

    It receives parts of sequences; every sequence of a task counts the same number of frames, which
    is accurate enough for an estimate of the time left.
    """

    def __init__(self, progress: Progress, task: Task, load: Workload) -> None:
        self._progress = progress
        self._task = task
        self._share = load.frames / max(1, load.sequences)
        self._part = 0.0

    def experiment(self, name: str, kept: int, count: int) -> None:
        """Only the whole task gets a line."""

    def sequence(self, name: str, number: int, count: int, frames: int = 0) -> None:
        """A new sequence begins with no part of it done."""
        self._part = 0.0

    def progress(self, part: float) -> None:
        """Add the frames done since the last call; raises KeyboardInterrupt after Ctrl-C."""
        self._progress.check()
        self._progress.moved(self._task, (part - self._part) * self._share)
        self._part = part
        self._progress.live()

    def finished(self, seconds: float) -> None:
        """Add the rest of the sequence's frames."""
        self._progress.moved(self._task, (1.0 - self._part) * self._share)

    def damaged(self, sequence: str, result: str) -> None:
        """Report a result file that was cut short and is made again."""
        self._progress.damaged(sequence, result)

    def failed(self, failure: Failure) -> None:
        """Report a sequence, or a whole experiment, without results."""
        self._progress.failed(failure)
