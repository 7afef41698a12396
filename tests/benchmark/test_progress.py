"""Progress in a log and on a terminal, by a clock of the test's own."""

from __future__ import annotations

import io

from samurai.benchmark.progress import Progress
from samurai.spelling import duration


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_a_minute() -> None:
    clock, log = Clock(), io.StringIO()
    progress = Progress("LASOT, mine", 3, 1000, 2, log, clock)
    clock.now = -30  # what passes before the first frame, while trackers are loaded, doesn't count
    progress.part(0, 0)
    clock.now = 0
    for _ in range(100):
        clock.now += 0.5
        progress.part(0, clock.now * 2)
    assert log.getvalue() == ""
    clock.now = 61
    progress.finished(0, 300, "AUC 61.2")
    progress.part(1, 5)
    clock.now = 62
    progress.part(0, 10)
    assert log.getvalue() == (
        "LASOT, mine: 3/5 sequences, AUC 61.2, 300/1000 frames, 4.9 frames/s, ETA 2 min 22 s\n"
    )
    progress.lost(0)
    clock.now = 122
    progress.part(1, 205)
    assert log.getvalue().splitlines()[1].endswith("505/1000 frames, 4.1 frames/s, ETA 1 min 59 s")


def test_a_terminal_has_one_line() -> None:
    terminal = Terminal()
    progress = Progress("LASOT, mine", 2, 100, 0, terminal, Clock())
    progress.part(0, 20)
    progress.finished(0, 50, "AUC 61.2")
    progress.say("a note")
    progress.finished(0, 50)
    progress.close()
    written = terminal.getvalue()
    assert "1/2 sequences, AUC 61.2" in written and "2/2 sequences, AUC 61.2" in written
    assert "50/100" in written and "a note\n" in written and written.count("\n") == 1


def test_durations_are_readable() -> None:
    assert [duration(each) for each in (9.4, 42.4, 125, 11220)] == [
        "9.4 s",
        "42 s",
        "2 min 05 s",
        "3 h 07 min",
    ]
