"""The server of `samurai web` in this process, with a small tracker; and one in its own process."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from oracles.color_tracker import color_tracker, colored_video
from oracles.videos import write_video
from samurai.web.app import create_app
from samurai.web.engine import Engine
from samurai.web.service import Service
from samurai.web.serving import address_of, listen, serve
from samurai.web.settings import WebSettings

BASE = "http://127.0.0.1:8000"
SIZE = (64, 48)


@contextmanager
def served(folder: Path, *, ready: bool = True, **settings: Any) -> Iterator[TestClient]:
    """A client of a server in this process, which is ready."""
    found = WebSettings(data_path=folder / "data", **settings)
    app = create_app(found, lambda: Engine(color_tracker(), found), model="colors", device="cpu")
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        if ready:
            wait_until_ready(client)
        yield client


@contextmanager
def listening(folder: Path, **settings: Any) -> Iterator[tuple[str, Service]]:
    """The address of a server in a thread of this process, which is ready, and its parts."""
    found = WebSettings(data_path=folder / "data", **settings)
    app = create_app(found, lambda: Engine(color_tracker(), found), model="colors", device="cpu")
    place, service, end = listen("127.0.0.1", 0), app.state.service, threading.Event()
    address = address_of(place, "127.0.0.1")
    thread = threading.Thread(target=serve, args=(app, place, end))
    thread.start()
    try:
        while not service.ready:
            time.sleep(0.01)
        yield address, service
    finally:
        end.set()
        thread.join()


def wait_until_ready(client: TestClient) -> None:
    """Until frames can be tracked."""
    for _ in range(3000):
        if client.get("/ready").status_code == 200:
            return
        time.sleep(0.02)
    raise AssertionError(client.get("/health").text)


def service_of(client: TestClient) -> Service:
    """The server's parts."""
    app: Any = client.app
    service: Service = app.state.service
    return service


def clip(folder: Path, length: int = 12, **how: Any) -> Path:
    """A video of two colored objects, of 64x48 pixels."""
    return write_video(folder / "clip.mp4", colored_video(length, (SIZE[1], SIZE[0])), **how)


def upload(client: TestClient, file: Path, **form: Any) -> Any:
    """The video of an upload that is accepted."""
    files = {"file": (file.name, file.read_bytes(), "video/mp4")}
    answer = client.post("/videos/upload", files=files, data=form)
    assert answer.status_code == 201, answer.text
    return answer.json()["video"]


def session(client: TestClient, video_id: str) -> str:
    """The path of a new session."""
    answer = client.post("/sessions", json={"video_id": video_id})
    assert answer.status_code == 201, answer.text
    return f"/sessions/{answer.json()['session_id']}"


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`samurai web` in a process of its own, and its address."""
    command = [sys.executable, "-m", "samurai.cli.main", "web", "--port", "0", *arguments]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_interruptible,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        address = re.search(r"http://\S+?(?=,)", said)
        assert address, said + process.stderr.read()
        yield address.group(), process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
