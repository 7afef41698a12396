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


def test_a_terminal_shows_frames_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("vot_wrapper.commands.console.time.monotonic", lambda: clock[0])
    stream = Terminal()
    console = Console(Interrupt(), stream)
    console.sequence("bag", 1, 3, 400)
    clock[0] = 150.0  # the model was loaded
    console.progress(0.0025)
    assert "  0%    1/400 frames" in stream.getvalue() and "ETA" not in stream.getvalue()
    clock[0] = 159.9
    console.progress(0.25)
    assert " 25%  100/400 frames  ETA 30 s" in stream.getvalue()
    clock[0] = 160.0  # too soon after the last
    console.progress(0.26)
    assert "26%" not in stream.getvalue()
    console.sequence("cup", 2, 3)  # of unknown length
    clock[0] = 170.0
    console.progress(0.5)
    assert stream.getvalue().endswith(" 50%")


def test_a_file_gets_finished_lines_only() -> None:
    stream = io.StringIO()
    console = Console(Interrupt(), stream)
    console.sequence("bag", 1, 3, 400)
    console.progress(0.25)
    assert stream.getvalue() == ""
    console.finished(2.0)
    assert stream.getvalue().split() == ["1/3", "bag", "2.0", "s"]


def test_workers_are_counted_in_english() -> None:
    for counts, words in (
        ((0, 12, 1), ["all 12 sequences"]),
        ((1, 0, 1), ["1 sequence on", "1 worker\n"]),
        ((5, 2, 2), ["5 sequences on", "2 workers,", "2 are kept"]),
    ):
        stream = io.StringIO()
        WorkersConsole(Console(Interrupt(), stream)).plan("t", *counts)
        assert all(word in stream.getvalue() for word in words), stream.getvalue()


def test_the_end_says_whether_the_same_command_helps() -> None:
    def told(failure: Failure) -> str:
        stream = io.StringIO()
        Console(Interrupt(), stream).failures([failure])
        assert "t, e, sequence s" in stream.getvalue()
        return stream.getvalue()

    assert "fails again" in told(Failure("t", "e", "s", "no anchor", remedy="make it"))
    for other in (
        Failure("t", "e", "s", "broken pipe"),
        Failure("t", "e", "s", "full", remedy="free space", last=True),
    ):
        assert "fails again" not in told(other) and "retries" in told(other)


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
