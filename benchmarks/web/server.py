"""A server to measure: `samurai web` in a process of its own, and what it takes of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.environment import python_path
from benchmarks.speed.errors import BenchmarkError
from benchmarks.web.client import Client

READY_SECONDS = 300.0
"""For the weights to be loaded."""

SAMPLE_SECONDS = 0.05
"""Between two samples of memory."""

SETTLE_SECONDS = 60.0
"""For what clients left behind to be freed."""

REST_SECONDS = 12.0
"""Without a change; a thread of the server's pools ends when it had nothing to do for 10 s."""


@dataclass(frozen=True)
class Held:
    """What a server holds of the machine.

    Attributes:
        threads, files: of its process.
        processes: its descendants: the decoders, and what forks them.
        sessions: that it lists.
        entries: files and folders of sessions on the disk.
    """

    threads: int
    files: int
    processes: int
    sessions: int
    entries: int


class Server:
    """A server that is ready.

    Attributes:
        host, port: where it listens.
        process: its own.

    Args:
        folder: an existing one, for its data and its log.
        model: a name of checkpoints/manifest.toml.
        flags: further ones of `samurai web`.

    Raises:
        BenchmarkError: it doesn't start.
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path, model: str = "nano", *flags: str) -> None:
        self._folder, self._log = folder, folder / "server.log"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SAMURAI_")}
        environment |= {"PYTHONPATH": python_path(), "SAMURAI_DATA_PATH": str(folder / "data")}
        command = [sys.executable, "-m", "samurai.cli.main", "web", "--port", "0"]
        with self._log.open("wb") as log:
            self._running = subprocess.Popen(
                [*command, "--model", model, *flags], cwd=folder, env=environment, stderr=log
            )
        try:
            self.port = self._wait_for_port()
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        self.process = psutil.Process(self._running.pid)

    def client(self) -> Client:
        """A new connection."""
        return Client(self.host, self.port)

    def held(self) -> Held:
        """What it holds now, the connection of this question included."""
        with self.client() as client:
            sessions = client.get("/sessions")["total"]
            return Held(
                threads=self.process.num_threads(),
                files=self.process.num_fds(),
                processes=len(self.process.children(recursive=True)),
                sessions=sessions,
                entries=sum(1 for _ in (self._folder / "data" / "sessions").rglob("*")),
            )

    def rested(self) -> Held:
        """What it holds when that has been the same for a while: threads that wait for work end
        late."""
        found, since = self.held(), time.monotonic()
        until = since + SETTLE_SECONDS
        while time.monotonic() < min(until, since + REST_SECONDS):
            time.sleep(0.5)
            now = self.held()
            if now != found:
                found, since = now, time.monotonic()
        return found

    def settled(self, before: Held) -> Held:
        """What it holds once that is no more than before, or when it has had time enough."""
        until, most = time.monotonic() + SETTLE_SECONDS, asdict(before)
        while True:
            found = self.held()
            if all(now <= most[name] for name, now in asdict(found).items()):
                return found
            if time.monotonic() > until:
                return found
            time.sleep(0.2)

    def close(self) -> None:
        """End it."""
        self._running.terminate()
        try:
            self._running.wait(30)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()

    def _wait_for_port(self) -> int:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self._running.poll() is None:
            found = re.search(r"http://[^,\s]+:(\d+),", self._said())
            if found:
                return int(found.group(1))
            time.sleep(0.02)
        raise BenchmarkError(f"samurai web doesn't start; it said:\n{self._said()}")

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self._running.poll() is None:
            with self.client() as client:
                if client.get("/health")["status"] == "ok":
                    return
            time.sleep(0.05)
        raise BenchmarkError(f"samurai web isn't ready; it said:\n{self._said()}")

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(folder: Path, model: str = "nano", *flags: str) -> Iterator[Server]:
    """A server, ended at the end. See `Server`."""
    server = Server(folder, model, *flags)
    try:
        yield server
    finally:
        server.close()


class Memory:
    """Resident memory of a server over time, sampled in a thread: of its process, and of the
    processes that decode for it.

    Attributes:
        samples: seconds since the start, MiB of the process, MiB of its descendants.
    """

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._began = process, time.monotonic()
        self.samples: list[tuple[float, float, float]] = [self.now()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def now(self) -> tuple[float, float, float]:
        """A sample."""
        others = 0
        for child in self._process.children(recursive=True):
            with suppress(psutil.Error):
                others += child.memory_info().rss
        own = self._process.memory_info().rss
        return time.monotonic() - self._began, own / 2**20, others / 2**20

    def stop(self) -> tuple[float, float]:
        """Stop; the peaks of both."""
        self._ended.set()
        self._thread.join()
        return max(own for _, own, _ in self.samples), max(all_ for *_, all_ in self.samples)

    def _watch(self) -> None:
        with suppress(psutil.Error):
            while not self._ended.wait(SAMPLE_SECONDS):
                self.samples.append(self.now())
