"""Tasks over workers: each worker takes the next task, a crashed one is replaced.

How workers run is up to a `Pool`: in this process (`InlinePool`), in processes of this machine
(`processes`), or on a Ray cluster (`ray_pool`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from samurai.errors import DeviceError, SamuraiError

POLL_SECONDS = 0.5

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
R_contra = TypeVar("R_contra", contravariant=True)


class WorkerDied(Exception):
    """A worker crashed during its task; the message says how."""


class Bench(Protocol[T_contra, R_co]):
    """What a worker holds, such as a loaded model, and does with a task."""

    def run(self, task: T_contra, progress: Callable[[float], None]) -> R_co:
        """The result of a task; `progress` takes how much of it is done."""


class Pool(Protocol[T_contra, R_co]):
    """Starts workers and gives them tasks."""

    def start(self, number: int) -> Any:
        """A new worker."""

    def give(self, worker: Any, task: T_contra) -> Any:
        """Begin a task on a worker that has none; a ticket for `wait` and `result`."""

    def wait(self, tickets: Sequence[Any], seconds: float) -> Sequence[Any]:
        """The tickets whose tasks have ended, after at most that time."""

    def result(self, ticket: Any) -> R_co:
        """What a task returned.

        Raises:
            WorkerDied: the worker crashed.
            SamuraiError: no worker can do any task, for a reason that the message names.
        """

    def part(self, worker: Any) -> float | None:
        """How much of its task a worker has done; None where that isn't known now."""

    def close(self) -> None:
        """End all workers."""


class Events(Protocol[T_contra, R_contra]):
    """Is told what happens. An exception that it raises ends the schedule."""

    def started(self, worker: int, task: T_contra) -> None:
        """A worker takes a task."""

    def part(self, worker: int, part: float) -> None:
        """How much of its task a worker has done."""

    def finished(self, worker: int, task: T_contra, result: R_contra, seconds: float) -> bool:
        """A task is done; returns whether further tasks are to be handed out."""

    def died(self, worker: int, task: T_contra, reason: str) -> None:
        """A worker crashed."""

    def given_up(self, worker: int, task: T_contra, reason: str) -> None:
        """A task's last attempt crashed its worker; it isn't tried again."""


@dataclass(frozen=True)
class _Busy(Generic[T]):
    number: int
    worker: Any
    task: T
    attempt: int
    started: float


class Schedule(Generic[T, R]):
    """Hands out tasks in their order, and the task of a crashed worker again.

    Args:
        pool: closed at the end of `run`, however it ends.
        events: see `Events`.
        attempts: how often a task may be begun.
    """

    def __init__(self, pool: Pool[T, R], events: Events[T, R], attempts: int) -> None:
        self._pool, self._events, self._attempts = pool, events, attempts
        self._waiting: deque[tuple[T, int]] = deque()
        self._busy: dict[Any, _Busy[T]] = {}

    def run(self, tasks: Iterable[T], workers: int) -> None:
        """Do all tasks on at most so many workers.

        Raises:
            SamuraiError: see `Pool.result`; also what the events raise, and KeyboardInterrupt.
        """
        self._waiting = deque((task, 1) for task in tasks)
        try:
            for number in range(min(workers, len(self._waiting))):
                self._hand_out(number, self._pool.start(number))
            while self._busy:
                for ticket in self._pool.wait(list(self._busy), POLL_SECONDS):
                    self._collect(ticket)
                self._ask()
        finally:
            self._pool.close()

    def _hand_out(self, number: int, worker: Any) -> None:
        if self._waiting:
            task, attempt = self._waiting.popleft()
            self._events.started(number, task)
            ticket = self._pool.give(worker, task)
            self._busy[ticket] = _Busy(number, worker, task, attempt, time.monotonic())

    def _collect(self, ticket: Any) -> None:
        """Collect a result or a crash, and give the worker or its replacement the next task."""
        busy = self._busy.pop(ticket)
        worker = busy.worker
        try:
            result = self._pool.result(ticket)
        except WorkerDied as error:
            self._events.died(busy.number, busy.task, str(error))
            if busy.attempt < self._attempts:
                self._waiting.appendleft((busy.task, busy.attempt + 1))
            else:
                self._events.given_up(busy.number, busy.task, str(error))
            if not self._waiting:
                return
            worker = self._pool.start(busy.number)
        else:
            seconds = time.monotonic() - busy.started
            if not self._events.finished(busy.number, busy.task, result, seconds):
                self._waiting.clear()
        self._hand_out(busy.number, worker)

    def _ask(self) -> None:
        for busy in self._busy.values():
            part = self._pool.part(busy.worker)
            if part is not None:
                self._events.part(busy.number, part)


class InlinePool(Generic[T, R]):
    """One worker, in this process.

    Args:
        make: the bench; called again after a crash.
        part: as `Events.part`.
    """

    def __init__(
        self, make: Callable[[int], Bench[T, R]], part: Callable[[int, float], None]
    ) -> None:
        self._make, self._part = make, part
        self._bench: Bench[T, R] | None = None
        self._task: T | None = None

    def start(self, number: int) -> int:
        """Drop the crashed bench, if any."""
        assert number == 0, "one worker alone"
        self._bench = None
        return number

    def give(self, worker: int, task: T) -> int:
        """Keep the task for `result`."""
        self._task = task
        return worker

    def wait(self, tickets: Sequence[int], seconds: float) -> Sequence[int]:
        """The task is done in `result`."""
        return tickets

    def result(self, ticket: int) -> R:
        """Do the task."""
        assert self._task is not None
        if self._bench is None:
            self._bench = made(self._make, ticket)
        try:
            return self._bench.run(self._task, lambda part: self._part(ticket, part))
        except Exception as error:
            if ends_everything(error):
                raise
            raise WorkerDied(reason(error)) from error

    def part(self, worker: int) -> None:
        """Told at once."""

    def close(self) -> None:
        """Free the bench."""
        self._bench = None


def made(make: Callable[[int], Bench[T, R]], number: int) -> Bench[T, R]:
    """The bench of a worker.

    Raises:
        SamuraiError: it can't be made, and so none can.
    """
    try:
        return make(number)
    except SamuraiError:
        raise
    except Exception as error:
        raise DeviceError(
            f"worker {number + 1} can't begin: {reason(error)}. Remedy: start fewer workers if "
            "they want for memory, else see the reason"
        ) from error


def ends_everything(error: Exception) -> bool:
    """Whether no worker can go on: the message of such an error names cause and remedy."""
    return isinstance(error, SamuraiError)


def reason(error: BaseException) -> str:
    """An unexpected error in one line, with the place that raised it."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}{place}"
