"""Answers per second through HTTP, beside those of the engine alone and of the tracker alone."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed.arithmetic import ratio
from benchmarks.speed.errors import BenchmarkError
from benchmarks.track.clips import back_and_forth, first_box, frames, write_clip
from benchmarks.track.rate import seconds_alone
from benchmarks.web.client import complete
from benchmarks.web.server import Server, running
from samurai import Box, TrackerConfig
from samurai.loading import load_tracker
from samurai.web.decoder import Opening
from samurai.web.decoding import DecodedVideo
from samurai.web.engine import Engine
from samurai.web.settings import WebSettings

HTTP, ENGINE, TRACKER = "HTTP", "engine alone", "tracker alone"


def measure(model: str, size: tuple[int, int], count: int, rounds: int) -> dict[str, Any]:
    """Seconds of every contestant in every round, in turns, and ratios of HTTP's rate to others.

    HTTP is a client that reads lines of `propagate`. The engine is that of the server, in this
    process, with the same decoder; its answers are read, and not sent. The tracker has the frames
    in memory, and stores nothing. The first round isn't counted.
    """
    tracker = load_tracker(TrackerConfig(model=model))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clip, box = folder / "clip.mp4", first_box(size)
        write_clip(clip, size, count)
        shown = list(back_and_forth(frames(size), count))
        engine = Engine(tracker, WebSettings(data_path=folder / "engine"))
        with running(folder, model) as server:
            contestants: dict[str, Callable[[], float]] = {
                HTTP: lambda: by_http(server, clip, box, count),
                ENGINE: lambda: by_engine(engine, clip, box, count),
                TRACKER: lambda: seconds_alone(tracker, shown, box),
            }
            seconds = _in_turns(contestants, rounds)
        engine.close()
    return {
        "kind": "web-rate",
        "model": model,
        "frames": count,
        "size": size,
        "rates": {name: [count / each for each in spent] for name, spent in seconds.items()},
        "http_of": {name: ratio(seconds[name], seconds[HTTP]) for name in (ENGINE, TRACKER)},
    }


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    for name, rates in result["rates"].items():
        middle, part = statistics.median(rates), result["http_of"].get(name)
        share = ""
        if part:
            spread = f"{part['least']:.2f} to {part['most']:.2f}"
            share = f"; HTTP has {part['median']:.2f} of it ({spread})"
        print(f"{name:14} {middle:6.1f} answers/s ({min(rates):.1f} to {max(rates):.1f}){share}")


def _in_turns(contestants: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Their seconds; each begins as often as others do."""
    names = list(contestants)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(contestants[name]())
    return {name: spent[1:] for name, spent in seconds.items()}


def by_http(server: Server, clip: Path, box: Box, count: int) -> float:
    """Seconds from the request to the end of its answer."""
    with server.client() as client:
        session = client.session(client.upload(clip)["id"])
        client.box(session, 0, 1, box)
        began = time.perf_counter()
        for _ in complete(client.track(session, direction="forward"), count):
            pass
        spent = time.perf_counter() - began
        client.delete(session)
    return spent


def by_engine(engine: Engine, clip: Path, box: Box, count: int) -> float:
    """Seconds from the call to its last answer."""
    opening = Opening(clip.name, (str(clip),))
    session = engine.create("clip", lambda: DecodedVideo(opening, count))
    session.set_box(0, 1, [box.x, box.y, box.x + box.width, box.y + box.height])
    began = time.perf_counter()
    with session.propagate(0, "forward") as propagation:
        read = sum(1 for _ in propagation)
    spent = time.perf_counter() - began
    engine.close_session(session.session_id)
    if read != count:
        raise BenchmarkError(f"the engine answered {read} of {count} frames")
    return spent
