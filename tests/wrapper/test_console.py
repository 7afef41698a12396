"""What a person sees while trackers run."""

from __future__ import annotations

import gc
import io
import sys

import pytest

from vot_wrapper.commands.console import Console, Interrupt, WorkersConsole
from vot_wrapper.toolkit.running import Failure


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_part_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.0, 110.0, 110.0, 110.1])
    monkeypatch.setattr("vot_wrapper.commands.console.time.monotonic", lambda: next(clock))
    stream = Terminal()
    console = Console(Interrupt(), stream)
    console.sequence("bag", 1, 3)
    console.progress(0.25)
    assert " 25%  ETA 30.0 s" in stream.getvalue()
    console.progress(0.26)  # too soon after the last
    assert "26%" not in stream.getvalue()


@pytest.mark.parametrize(
    ("runs", "kept", "workers", "line"),
    [
        (0, 12, 1, "all 12 sequences are kept from an earlier run"),
        (1, 0, 1, "1 sequence on 1 worker"),
        (5, 2, 2, "5 sequences on 2 workers, 2 are kept from an earlier run"),
    ],
)
def test_workers_are_counted_in_english(runs: int, kept: int, workers: int, line: str) -> None:
    stream = io.StringIO()
    WorkersConsole(Console(Interrupt(), stream)).plan("t", runs, kept, workers)
    assert stream.getvalue().strip() == line


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (Failure("t", "e", "s", "no anchor", remedy="make it"), "fails again"),
        (Failure("t", "e", "s", "broken pipe"), "tries what failed again"),
        (Failure("t", "e", "s", "full", remedy="free space", last=True), "tries what failed again"),
    ],
)
def test_the_end_says_whether_the_same_command_helps(failure: Failure, line: str) -> None:
    stream = io.StringIO()
    Console(Interrupt(), stream).failures([failure])
    assert "t, e, sequence s" in stream.getvalue() and line in stream.getvalue()


class Swallows:
    """Raises where Python can't hand an exception on, as in a callback of ctypes."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def __del__(self) -> None:
        raise self.error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_key_that_a_callback_swallows_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda u: printed.append(u.exc_type))
    with Interrupt():
        for error in (KeyboardInterrupt, ValueError):
            Swallows(error)
            gc.collect()
    assert printed == [ValueError]
