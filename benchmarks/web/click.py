"""From a click to its mask: milliseconds of an idle server, and while another client tracks."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.speed.arithmetic import percentiles
from benchmarks.track.clips import first_box, write_clip
from benchmarks.web.client import Client
from benchmarks.web.server import Server, running

SIZES = ((320, 240), (640, 480), (1280, 720))

IDLE, BUSY = "idle", "while another client tracks"


def measure(
    model: str, sizes: Sequence[tuple[int, int]], count: int, rounds: int
) -> dict[str, Any]:
    """Milliseconds from the request to its whole answer, on clips of several sizes.

    Args:
        sizes: width and height.
        count: frames of the clip; clicks are in other frames each time, unless a row says so.
        rounds: of each row.
    """
    rows: list[dict[str, Any]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            clip = Path(scratch) / "clip.mp4"
            write_clip(clip, size, count)
            with running(Path(scratch), model) as server, server.client() as client:
                video = client.upload(clip)["id"]
                for state in (IDLE, BUSY):
                    with tracking(server, video, size) if state == BUSY else nothing():
                        rows += _rows(client, video, size, state, count, rounds)
    return {"kind": "web-click", "model": model, "rows": rows}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    for row in result["rows"]:
        size = "{}x{}".format(*row["size"])
        most = f"95 %: {row['p95']:.0f}, most {row['most']:.0f}"
        print(f"{size:9} {row['what']:22} {row['p50']:5.0f} ms ({most}), {row['state']}")


def _rows(
    client: Client, video: str, size: tuple[int, int], state: str, count: int, rounds: int
) -> Iterator[dict[str, Any]]:
    session = client.session(video)
    box = first_box(size)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    click = {"object_id": 1, "points": [[x, y]], "labels": [1]}

    def prompt(frame: int) -> None:
        client.post(f"{session}/frames/{frame}/points", click)

    def forget(_: int) -> None:
        client.delete(f"{session}/objects/1")

    def preview(frame: int) -> None:
        client.post(f"{session}/frames/{frame}/preview", click)

    def same(_: int) -> None:
        preview(0)

    kinds: tuple[tuple[str, Callable[[int], None], Callable[[int], None]], ...] = (
        ("click", prompt, forget),
        ("preview", preview, _no),
        ("preview, same frame", same, _no),
    )
    for what, call, after in kinds:
        times = []
        for number in range(rounds + 1):
            began = time.perf_counter()
            call(_place(number, count))
            times.append(1000 * (time.perf_counter() - began))
            after(number)
        ms = times[1:]  # the first one opens the video
        yield {"size": size, "what": what, "state": state, **percentiles(ms), "most": max(ms)}
    client.delete(f"{session}?keep_video=true")


def _no(_: int) -> None:
    """Nothing is to be done."""


def _place(number: int, count: int) -> int:
    """A frame that isn't the next one, so that it can't have been decoded ahead."""
    return (number * 7 + 3) % count


@contextmanager
def nothing() -> Iterator[None]:
    """Nobody else is there."""
    yield


@contextmanager
def tracking(server: Server, video: str, size: tuple[int, int]) -> Iterator[None]:
    """Another client tracks the same video, again and again."""
    ended, begun = threading.Event(), threading.Event()

    def track() -> None:
        with server.client() as client:
            while not ended.is_set():
                session = client.session(video)
                client.box(session, 0, 1, first_box(size))
                with closing(client.track(session, direction="forward")) as lines:
                    for _ in lines:
                        begun.set()
                        if ended.is_set():
                            break
                client.delete(f"{session}?keep_video=true")

    with ThreadPoolExecutor(1) as pool:
        at_work = pool.submit(track)
        at_work.add_done_callback(lambda _: begun.set())
        begun.wait()
        try:
            yield
        finally:
            ended.set()
            at_work.result()
