"""Tasks over workers: order, crashes, refusals, and processes that are killed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from oracles.benches import BrokenBench, ObedientBench, RefusedBench

from samurai.errors import ConfigurationError, DeviceError
from samurai.runtime.processes import ProcessPool
from samurai.runtime.scheduling import InlinePool, Pool, Schedule

Result = tuple[int, str]


class Diary:
    """Notes all events; may interrupt."""

    def __init__(self, on_part: Callable[[], None] | None = None, stop_after: str = "") -> None:
        self.lines: list[str] = []
        self.results: list[Result] = []
        self._on_part, self._stop_after = on_part, stop_after

    def started(self, worker: int, task: str) -> None:
        self.lines.append(f"started {task}")

    def part(self, worker: int, part: float) -> None:
        if self._on_part is not None:
            self._on_part()

    def finished(self, worker: int, task: str, result: Result, seconds: float) -> bool:
        self.results.append(result)
        self.lines.append(f"finished {task}")
        return task != self._stop_after

    def died(self, worker: int, task: str, reason: str) -> None:
        self.lines.append(f"died {task}: {reason}")

    def given_up(self, worker: int, task: str, reason: str) -> None:
        self.lines.append(f"given up {task}")


def inline(diary: Diary, make: Any = ObedientBench) -> Pool[str, Result]:
    return InlinePool(make, diary.part)


def test_tasks_are_done_in_their_order_on_one_bench() -> None:
    diary = Diary()
    Schedule(inline(diary), diary, 2).run(["a", "b", "c"], 1)
    assert diary.results == [(1, "a"), (2, "b"), (3, "c")]
    assert diary.lines[:3] == ["started a", "finished a", "started b"]


def test_a_crash_makes_a_new_bench_and_the_task_goes_back_so_often() -> None:
    diary = Diary()
    Schedule(inline(diary), diary, 2).run(["a", "raise", "b"], 1)
    assert [line.partition(":")[0] for line in diary.lines] == [
        *("started a", "finished a", "started raise", "died raise", "started raise"),
        *("died raise", "given up raise", "started b", "finished b"),
    ]
    assert "RuntimeError: as told" in diary.lines[3] and "benches.py:" in diary.lines[3]
    assert diary.results == [(1, "a"), (1, "b")]


def test_the_events_may_end_it() -> None:
    diary = Diary(stop_after="a")
    Schedule(inline(diary), diary, 2).run(["a", "b"], 1)
    assert diary.results == [(1, "a")]


@pytest.mark.parametrize("processes", [False, True])
def test_a_worker_that_cannot_begin_ends_it(processes: bool) -> None:
    diary = Diary()
    pool: Any = ProcessPool(BrokenBench) if processes else inline(diary, BrokenBench)
    with pytest.raises(DeviceError, match=r"worker 1 can.t begin: OSError: no such GPU .*fewer"):
        Schedule(pool, diary, 2).run(["a"], 1)


@pytest.mark.parametrize("processes", [False, True])
def test_what_no_worker_can_do_is_raised_with_its_message(processes: bool) -> None:
    diary = Diary()
    pool: Any = ProcessPool(RefusedBench) if processes else inline(diary, RefusedBench)
    with pytest.raises(ConfigurationError, match="fetch them"):
        Schedule(pool, diary, 2).run(["a", "b"], 1 + processes)
    with pytest.raises(ConfigurationError, match="go home"):
        Schedule(inline(diary), diary, 2).run(["refuse"], 1)


def test_a_killed_process_is_replaced_and_its_task_done(tmp_path: Path) -> None:
    diary = Diary()
    pool: ProcessPool[str, Result] = ProcessPool(ObedientBench)
    tasks = ["a", f"kill {tmp_path / 'once'}", "always-kill", "b"]
    Schedule(pool, diary, 2).run(tasks, 2)
    assert {task for _, task in diary.results} == {"a", tasks[1], "b"}
    died = [line for line in diary.lines if line.startswith("died")]
    assert len(died) == 3 and all("SIGKILL" in line for line in died)
    assert [line for line in diary.lines if line.startswith("given up")] == ["given up always-kill"]


def test_an_interruption_ends_all_processes(tmp_path: Path) -> None:
    """In the middle of a task that would never end."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    before = set(psutil.Process(os.getpid()).children())
    diary = Diary(interrupt)
    pool: ProcessPool[str, Result] = ProcessPool(ObedientBench)
    with pytest.raises(KeyboardInterrupt):
        Schedule(pool, diary, 2).run(["a", f"wait-for {tmp_path / 'never'}"], 2)
    left = set(psutil.Process(os.getpid()).children()) - before
    assert not [p for p in left if "spawn_main" in " ".join(p.cmdline())]
