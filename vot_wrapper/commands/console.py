"""Console output of `samurai evaluate`: a line per sequence, updated live on a terminal."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from samurai.spelling import counted, duration

if TYPE_CHECKING:
    from samurai.cli.finding import Finding
    from vot_wrapper.toolkit.running import Failure

REDRAW_SECONDS = 0.2


class Interrupt:
    """Ctrl-C, remembered.

    The signal reaches this process and the tracker's. If it arrives while a callback of libtrax
    runs here, ctypes swallows the KeyboardInterrupt, and only the tracker's exit is seen.
    """

    def __init__(self) -> None:
        self.pressed = False

    def __enter__(self) -> Interrupt:
        self._before = signal.signal(signal.SIGINT, self._remember)
        self._hook = sys.unraisablehook
        sys.unraisablehook = self._unraisable
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        sys.unraisablehook = self._hook

    def check(self) -> None:
        """Raises the KeyboardInterrupt that was swallowed."""
        if self.pressed:
            raise KeyboardInterrupt

    def _remember(self, *_: object) -> None:
        self.pressed = True
        raise KeyboardInterrupt

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Prints no message for a swallowed KeyboardInterrupt: `check` raises it again."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            self._hook(unraisable)


class Console:
    """Prints the progress of a tracker (the `RunObserver` of vot_wrapper.toolkit.running).

    In a file or a pipe there is one line per finished sequence; on a terminal the line of the
    running sequence also shows its progress.
    """

    def __init__(self, interrupt: Interrupt, stream: TextIO | None = None) -> None:
        self._interrupt = interrupt
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._line = ""
        self._drawn = 0.0
        self._frames = 0
        self._first: tuple[float, float] | None = None  # time and part of the first progress

    def say(self, text: str = "") -> None:
        """Print a line."""
        print(text, file=self._stream, flush=True)

    def tracker(self, identifier: str, label: str) -> None:
        """Print the heading of a tracker."""
        self.say(f"\n{identifier}" + (f" ({label})" if label != identifier else ""))

    def experiment(self, name: str, kept: int, count: int) -> None:
        """Print an experiment with the number of sequences kept from an earlier run."""
        if not count:
            state = "no sequence can be run"
        elif kept == count:
            state = "complete, kept from an earlier run"
        elif kept:
            state = f"{kept} of {count} sequences are kept from an earlier run"
        else:
            state = ""
        self.say(f"  {name:14} {state}".rstrip())

    def sequence(self, name: str, number: int, count: int, frames: int = 0) -> None:
        """Begin the line of a sequence; the live line counts its `frames`, if they are known."""
        width = len(str(count))
        self._line = f"    {number:{width}}/{count}  {name:24}"
        self._frames = frames
        self._first = None
        self._draw("...")

    def progress(self, part: float) -> None:
        """Redraw the line with the time left; raises KeyboardInterrupt after Ctrl-C.

        The first call starts the clock: the time before it went into loading the model.
        """
        self._interrupt.check()
        if not self._live:
            return
        now = time.monotonic()
        self._first = self._first or (now, part)
        began, done = self._first
        if now - self._drawn >= REDRAW_SECONDS:
            state = f"{part:4.0%}"
            if self._frames:
                width = len(str(self._frames))
                state += f"  {round(part * self._frames):{width}}/{self._frames} frames"
            if part > done:
                state += f"  ETA {duration((now - began) * (1 - part) / (part - done))}"
            self._draw(state)

    def finished(self, seconds: float) -> None:
        """Print the sequence's line with its duration."""
        self._erase()
        self.say(f"{self._line} {duration(seconds):>10}")

    def skipped(self, text: str) -> None:
        """Report something that is left out, with the reason."""
        self._erase()
        self.say(f"  SKIPPED: {text}")

    def damaged(self, sequence: str, result: str) -> None:
        """Report a result file that was cut short and is made again."""
        self.say(f"  {sequence}: the result {result} was cut short and is computed again")

    def interrupted(self) -> None:
        """Report Ctrl-C."""
        self._erase()
        self.say("interrupted. Finished sequences are kept: run the same command to continue.")

    def failed(self, failure: Failure) -> None:
        """Report a tracker that ended without results; raises KeyboardInterrupt if Ctrl-C was the
        reason."""
        self._interrupt.check()
        self._erase()
        self.say(f"  FAILED: {failure.place}")
        self.say(f"  reason: {failure.reason}")
        if failure.output:
            self.say("  the tracker's last output:")
            for line in failure.output:
                self.say(f"    | {line}")
        if failure.log is not None:
            self.say(f"  full log: {failure.log}")
        if failure.remedy:
            self.say(f"  {failure.remedy}")

    def failures(self, failures: list[Failure]) -> None:
        """Repeat all failures at the end of the output."""
        if not failures:
            return
        self.say(f"\n{len(failures)} failed:")
        for failure in failures:
            self.say(f"  {failure.place}: {failure.reason.splitlines()[0]}")
            if failure.log is not None:
                self.say(f"    log: {failure.log}")
        kept = "Finished sequences are kept"
        if all(failure.remedy and not failure.last for failure in failures):
            self.say(f"{kept}. The same command fails again until the data is complete.")
        else:
            self.say(f"{kept}: the same command retries the failed sequences.")

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print the findings about the sequences."""
        for finding in findings:
            level = "WARNING" if finding.warning else "PROBLEM"
            self.say(f"{level}  {finding.where}: {finding.what}")
            self.say(f"         -> {finding.remedy}")

    def check(self) -> None:
        """Raises the KeyboardInterrupt that was swallowed."""
        self._interrupt.check()

    def line(self, text: str) -> None:
        """Print a line in place of the live one."""
        self._erase()
        self.say(text)

    def live(self, text: str) -> None:
        """The live line, on a terminal."""
        if self._live:
            self._erase()
            print(_fitting(text), end="", file=self._stream, flush=True)

    def _draw(self, state: str) -> None:
        if self._live:
            line = _fitting(f"{self._line} {state:>10}")
            print(f"\r\033[K{line}", end="", file=self._stream, flush=True)
            self._drawn = time.monotonic()

    def _erase(self) -> None:
        if self._live:
            print("\r\033[K", end="", file=self._stream, flush=True)


def _fitting(text: str) -> str:
    """A live line's part that fits: a terminal that breaks it can't erase it."""
    columns = shutil.get_terminal_size((0, 0)).columns
    return text[: columns - 1] if columns else text


class WorkersConsole:
    """Prints the progress of several workers (vot_wrapper.toolkit.distributed).

    A finished line per sequence with its worker; on a terminal also a line with the current
    sequence of each.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._at: dict[int, tuple[str, float]] = {}
        self._done = 0
        self._runs = 0
        self._drawn = 0.0

    def plan(self, tracker: str, runs: int, kept: int, workers: int) -> None:
        """Print how many sequences run on how many workers."""
        self._runs = runs
        if not runs:
            self._console.say(f"  all {kept} sequences are kept from an earlier run")
            return
        state = f", {kept} are kept from an earlier run" if kept else ""
        self._console.say(f"  {counted(runs, 'sequence')} on {counted(workers, 'worker')}{state}")

    def started(self, worker: int, experiment: str, sequence: str) -> None:
        """A worker begins a sequence."""
        self._at[worker] = (sequence, 0.0)

    def part(self, worker: int, part: float) -> None:
        """Redraw what every worker is doing; raises KeyboardInterrupt after Ctrl-C."""
        self._console.check()
        sequence, _ = self._at.get(worker, ("", 0.0))
        self._at[worker] = (sequence, part)
        if time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._drawn = time.monotonic()
            states = [f"{n + 1}: {s} {part:.0%}" for n, (s, part) in sorted(self._at.items())]
            self._console.live("    " + "   ".join(states))

    def finished(self, worker: int, experiment: str, sequence: str, seconds: float) -> None:
        """Print a sequence with its worker and its duration."""
        self._done += 1
        self._at.pop(worker, None)
        width = len(str(self._runs))
        place = f"    {self._done:{width}}/{self._runs}  worker {worker + 1}  {experiment:14}"
        self._console.line(f"{place} {sequence:24} {duration(seconds):>10}")

    def died(self, worker: int, experiment: str, sequence: str, reason: str) -> None:
        """Report a worker process that crashed, and that its sequence is retried."""
        self._console.line(
            f"  worker {worker + 1} crashed on {experiment}/{sequence}; retrying on another worker "
            f"({reason})"
        )

    def damaged(self, sequence: str, result: str) -> None:
        """Report a result file that was cut short and is made again."""
        self._console.damaged(sequence, result)

    def failed(self, failure: Failure) -> None:
        """Report a sequence, or a whole experiment, without results."""
        self._console.failed(failure)

    def postponed(self, experiment: str) -> None:
        """Report an experiment that runs alone afterwards, because it is timed."""
        self._console.say(f"  {experiment} is timed: it runs afterwards, alone")
