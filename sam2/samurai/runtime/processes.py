"""Workers as processes of this machine, started afresh (spawned), so that each has its own CUDA."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from samurai.runtime.scheduling import Bench, WorkerDied, ends_everything, made, reason

PART_SECONDS = 0.25
"""Between two messages about a task's progress."""

PATIENCE = 5.0
"""Seconds that a process gets to end, before it is killed."""

T = TypeVar("T")
R = TypeVar("R")

DONE, PART, CRASHED, REFUSED = "done", "part", "crashed", "refused"


class WorkerProcess:
    """A process with its end of the pipe.

    Attributes:
        part: the newest one that it told.
        outcome: kind and value of the message that ended its task; None while it runs.
    """

    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe
        self.part: float | None = None
        self.outcome: tuple[str, Any] | None = None

    def listen(self) -> None:
        """Take the messages that have arrived."""
        try:
            while self.outcome is None and self.pipe.poll():
                kind, value = self.pipe.recv()
                if kind == PART:
                    self.part = value
                else:
                    self.outcome = kind, value
        except (EOFError, OSError, pickle.UnpicklingError):
            self.outcome = CRASHED, self._end()

    def stop(self) -> None:
        """End the process; kill it where it doesn't."""
        self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join(PATIENCE)
        self.pipe.close()

    def _end(self) -> str:
        """How the process ended."""
        self.process.join(PATIENCE)
        code = self.process.exitcode
        if code is None or code >= 0:
            return f"its process ended with exit code {code}"
        name = signal.Signals(-code).name
        memory = ", perhaps for want of memory" if -code == signal.SIGKILL else ""
        return f"its process was ended by {name}{memory}"


class ProcessPool(Generic[T, R]):
    """Workers as processes.

    Args:
        make: the bench of the worker of that number, made in its process; what is called and what
            it holds must be importable there.
    """

    def __init__(self, make: Callable[[int], Bench[T, R]]) -> None:
        self._make = make
        self._spawn = multiprocessing.get_context("spawn")
        self._workers: list[WorkerProcess] = []

    def start(self, number: int) -> WorkerProcess:
        """A new process."""
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(
            target=_serve, args=(self._make, number, theirs), daemon=True, name=f"worker-{number}"
        )
        with _no_interruption():  # which the process inherits
            process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        worker = WorkerProcess(process, ours)
        self._workers.append(worker)
        return worker

    def give(self, worker: WorkerProcess, task: T) -> WorkerProcess:
        """Send the task; a process that has ended by now is seen in `wait`."""
        worker.part, worker.outcome = None, None
        with contextlib.suppress(OSError):
            worker.pipe.send(task)
        return worker

    def wait(self, tickets: Sequence[WorkerProcess], seconds: float) -> Sequence[WorkerProcess]:
        """Listen to all workers."""
        ready = wait([worker.pipe for worker in tickets], seconds)
        for worker in tickets:
            if worker.pipe in ready:
                worker.listen()
        return [worker for worker in tickets if worker.outcome is not None]

    def result(self, ticket: WorkerProcess) -> R:
        """What the worker sent; the process of a crashed one is ended."""
        assert ticket.outcome is not None
        kind, value = ticket.outcome
        if kind == DONE:
            done: R = value
            return done
        ticket.stop()
        self._workers.remove(ticket)
        if kind == REFUSED:
            raise value
        raise WorkerDied(value)

    def part(self, worker: WorkerProcess) -> float | None:
        """The newest one that it told."""
        return worker.part

    def close(self) -> None:
        """End all processes at once."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.stop()
        self._workers.clear()


def _serve(make: Callable[[int], Bench[T, R]], number: int, pipe: Connection) -> None:
    """A worker's process: does tasks until the pipe ends. Ctrl-C, which reaches all processes, is
    blocked here: the parent ends its workers."""
    bench: Bench[T, R] | None = None
    with contextlib.suppress(EOFError, OSError, _ParentGone):
        while True:
            task: T = pipe.recv()
            try:
                bench = bench or made(make, number)
                message = DONE, bench.run(task, _reporter(pipe))
            except Exception as error:
                if ends_everything(error):
                    pipe.send((REFUSED, error))
                else:
                    pipe.send((CRASHED, reason(error)))
                return
            pipe.send(message)


@contextlib.contextmanager
def _no_interruption() -> Iterator[None]:
    """Block Ctrl-C, which is delivered afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _ParentGone(BaseException):
    """The parent has ended, so that nobody waits for the task."""


def _reporter(pipe: Connection) -> Callable[[float], None]:
    """Sends progress, not too often."""
    last = time.monotonic()

    def report(part: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PART_SECONDS:
            last = now
            try:
                pipe.send((PART, part))
            except OSError:
                raise _ParentGone from None

    return report
