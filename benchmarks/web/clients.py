"""Many clients at once: their shares, and what those who go away in the middle leave behind."""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed.arithmetic import percentiles
from benchmarks.speed.errors import BenchmarkError
from benchmarks.track.clips import first_box, write_clip
from benchmarks.web.client import Client, complete
from benchmarks.web.server import Server, running
from samurai import Box

MOST_LINES = 8
"""After which a client goes away; the first ones go after one line."""

PROBE_SECONDS = 0.1
"""Between two questions whether the server still answers."""

FREE_SECONDS = 60.0
"""After which a run without its client must have ended, on any machine."""


def fairness(model: str, size: tuple[int, int], count: int, clients: int) -> dict[str, Any]:
    """How many answers each of several clients gets, as parts of an equal share, while all of them
    track."""
    with tempfile.TemporaryDirectory() as scratch:
        clip = Path(scratch) / "clip.mp4"
        write_clip(clip, size, count)
        with running(Path(scratch), model) as server:
            times = _tracked_at_once(server, clip, first_box(size), count, clients)
    begin, end = max(each[0] for each in times), min(each[-1] for each in times)
    answers = [sum(begin <= moment <= end for moment in each) for each in times]
    equal = sum(answers) / clients
    return {
        "kind": "web-fairness",
        "model": model,
        "size": size,
        "frames": count,
        "seconds": end - begin,
        "answers": answers,
        "shares": [each / equal for each in answers],
        "farthest": max(abs(each / equal - 1) for each in answers),
    }


def show_fairness(result: dict[str, Any]) -> None:
    """Print it in a line."""
    shares = ", ".join(f"{each:.3f}" for each in result["shares"])
    print(
        f"{len(result['answers'])} clients at once for {result['seconds']:.1f} s: {shares} of an "
        f"equal share each; at most {100 * result['farthest']:.1f} % off"
    )


def _tracked_at_once(
    server: Server, clip: Path, box: Box, count: int, clients: int
) -> list[list[float]]:
    """When each client got each of its answers."""
    with server.client() as client:
        video = client.upload(clip)["id"]
    ready = threading.Barrier(clients)

    def track(_: int) -> list[float]:
        with server.client() as client:
            try:
                session = client.session(video)
                client.box(session, 0, 1, box)
            except BaseException:
                ready.abort()  # the others wait for this one
                raise
            ready.wait()
            lines = complete(client.track(session, direction="forward"), count)
            return [time.perf_counter() for _ in lines]

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(track, range(clients)))


def disconnects(
    model: str, size: tuple[int, int], count: int, clients: int, disconnected: int
) -> dict[str, Any]:
    """What a server holds before and after many clients that go away while it answers them, and how
    long others wait meanwhile.

    Args:
        count: frames of the clip.
        clients: at once, each with a session of its own.
        disconnected: how often one goes away in the middle of a run; it comes back, and goes on.
    """
    with tempfile.TemporaryDirectory() as scratch:
        clip, box = Path(scratch) / "clip.mp4", first_box(size)
        write_clip(clip, size, count)
        with running(Path(scratch), model, "--max-sessions", str(clients + 4)) as server:
            with server.client() as client:
                video = client.upload(clip)["id"]
            come_and_go(server, video, box, 2)  # what is made once is made now
            with server.client() as client:
                client.ask("GET", f"/videos/{video}/frames/0")
            before = server.rested()
            times = [len(range(number, disconnected, clients)) for number in range(clients)]
            probes = Probes(server, video, count)
            with probes, ThreadPoolExecutor(clients) as pool:
                list(pool.map(partial(come_and_go, server, video, box), times))
            after = server.settled(before)
    return {
        "kind": "web-clients",
        "model": model,
        "size": size,
        "clients": clients,
        "disconnects": disconnected,
        "before": asdict(before),
        "after": asdict(after),
        "ms": {name: percentiles(ms) | {"most": max(ms)} for name, ms in probes.ms.items()},
    }


def show_disconnects(result: dict[str, Any]) -> None:
    """Print the tables."""
    print(f"{result['clients']} clients, {result['disconnects']} disconnects in the middle")
    for name, before in result["before"].items():
        print(f"  {name:10} {before:5} before, {result['after'][name]:5} after")
    for name, ms in result["ms"].items():
        print(
            f"  {name:10} {ms['p50']:5.0f} ms meanwhile (95 %: {ms['p95']:.0f}, {ms['most']:.0f})"
        )


def come_and_go(server: Server, video: str, box: Box, times: int) -> None:
    """A client that goes away so often in the middle of a run, and closes its session at last."""
    with server.client() as client:
        session = client.session(video)
        client.box(session, 0, 1, box)
        for number in range(times):
            lines = client.track(session, direction="forward", start_frame_index=0)
            with closing(lines):
                first = [next(lines) for _ in range(1 + number % MOST_LINES)]
            assert b'"frame_index":0,' in first[0], first[0]
            _wait_until_free(client, session)
        client.delete(f"{session}?keep_video=true")


def _wait_until_free(client: Client, session: str) -> None:
    """Until the server has seen that its client is gone: within a frame, and its turn."""
    until = time.monotonic() + FREE_SECONDS
    while client.get(session)["running"]:
        if time.monotonic() > until:
            raise BenchmarkError(f"a run goes on {FREE_SECONDS:g} s after its client went away")
        time.sleep(0.01)


class Probes:
    """Asks a server small questions in a thread as long as the block runs: whether it is ready, and
    for another frame each time.

    Attributes:
        ms: milliseconds of each answer, by what was asked.
    """

    def __init__(self, server: Server, video: str, count: int) -> None:
        self.ms: dict[str, list[float]] = {"ready": [], "frame": []}
        self._server, self._video, self._count = server, video, count
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Probes:
        self._asking = self._pool.submit(self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._asking.result()
        self._pool.shutdown()

    def _ask(self) -> None:
        number = 0
        with self._server.client() as client:
            while not (self._ended.wait(PROBE_SECONDS) and number):
                number += 1
                frame = f"/videos/{self._video}/frames/{number % self._count}"
                for name, path in (("ready", "/ready"), ("frame", frame)):
                    began = time.perf_counter()
                    client.ask("GET", path)
                    self.ms[name].append(1000 * (time.perf_counter() - began))
