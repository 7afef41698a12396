"""Live sources over HTTP: which may be opened, and their answers."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

import av
from oracles.array_source import ArraySource
from oracles.color_tracker import colored_video, place_of
from oracles.rtsp import RtspServer
from oracles.web_server import served, service_of
from starlette.testclient import TestClient

from samurai.video.sources import addresses
from samurai.web.routes import live
from samurai.web.routes.live import LiveLines

TEST = "lavfi:testsrc=size=64x48:rate=20:duration=2"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("live"), live_hosts="lavfi,127.0.0.1,camera") as found:
        yield found


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("rtsp://10.0.0.1/a", 403),
        ("http://169.254.169.254/latest/meta-data", 403),
        ("http://127.0.0.1@evil.example/", 403),
        ("rtsp://evil.example/127.0.0.1", 403),
        ("file:///etc/passwd", 422),
        ("/etc/passwd", 422),
        ("../clip.mp4", 422),
        ("concat:/etc/passwd", 422),
        ("ftp://127.0.0.1/a", 422),
        ("rtsp://", 422),
        ("-", 422),
        ("rtsp://127.0.0.1:1/a", 502),
    ],
)
def test_sources_that_are_refused(client: TestClient, source: str, status: int) -> None:
    answer = client.post("/sources", json={"source": source})
    assert answer.status_code == status, answer.text


def test_a_live_source(client: TestClient) -> None:
    made = client.post("/sources", json={"source": TEST, "mode": "all"})
    assert made.status_code == 201, made.text
    path = f"/sources/{made.json()['session_id']}"
    image = client.get(f"{path}/frame")
    assert image.content[:2] == b"\xff\xd8" and int(image.headers["samurai-frame"]) >= 0
    box = client.post(f"{path}/box", json={"object_id": 4, "box": [4, 4, 30, 30]})
    assert box.status_code == 200, box.text
    lines = client.get(f"{path}/answers?events=true").text.splitlines()
    *frames, last = [json.loads(each) for each in lines]
    assert last["event"] == "done" and last["frames"] == len(frames)
    assert [each["object_id"] for each in frames[-1]["objects"]] == [4]
    assert client.get(f"/sessions/{path.rpartition('/')[2]}").status_code == 404
    assert client.delete(path).json() == {"success": True}
    assert client.get(f"{path}/answers").status_code == 404


def test_a_camera_that_may_not_be_opened(tmp_path: Path) -> None:
    with served(tmp_path, ready=False, live_hosts="127.0.0.1") as client:
        assert client.post("/sources", json={"source": "0"}).status_code in (403, 503)


def test_a_silent_stream_is_given_up_in_time(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts the connection, and says nothing."""
    monkeypatch.setattr(live, "CONNECT_SECONDS", 0.3)
    before = len(threading.enumerate())
    with RtspServer(silent=True) as server:
        answer = client.post("/sources", json={"source": server.url})
    assert answer.status_code == 504, answer.text
    assert "0.3 s" in answer.json()["detail"]
    for each in threading.enumerate()[before:]:
        each.join(30)
    assert len(threading.enumerate()) <= before


def test_cameras_that_are_absent_or_busy(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(addresses, "DEVICES", tmp_path)
    (tmp_path / "video3").touch()
    absent = client.post("/sources", json={"source": "7"})
    assert absent.status_code == 404 and "video3" in absent.json()["detail"]
    assert client.post("/sources", json={"source": "3"}).status_code == 404  # no camera at all

    def taken(*_: object, **__: object) -> None:
        raise av.error.OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(av, "open", taken)
    assert client.post("/sources", json={"source": "3"}).status_code == 409


@pytest.mark.parametrize("events", [True, False])
def test_another_size_of_frames_is_said(client: TestClient, events: bool) -> None:
    """Objects go on from their scaled masks."""
    small, large = colored_video(3), colored_video(3, (72, 96))
    steps = threading.Semaphore(0)

    def wait(_: int) -> None:
        steps.acquire()

    camera = ArraySource([*small, *large], live=True, before=wait)
    session = service_of(client).engine.open_live(lambda: camera)
    lines, found = LiveLines(session, events), list[Any]()
    for index in range(6):
        steps.release()
        found.append(json.loads(lines() or b""))
        if "event" in found[-1]:
            found.append(json.loads(lines() or b""))
        if index == 0:
            box = place_of("red", 1)
            session.set_box(4, [box.x, box.y, box.x + box.width, box.y + box.height])
    last = json.loads(lines() or b"{}") if events else lines()
    client.delete(f"/sources/{session.session_id}")
    told = [each for each in found if "event" in each]
    size = {"event": "resized", "frame_index": 3, "width": 96, "height": 72}
    assert told == ([size] if events else [])
    assert last == ({"event": "done", "frames": 6, "detail": None} if events else None)
    frames = [each for each in found if "event" not in each]
    assert [each["frame_index"] for each in frames] == list(range(6))
    sizes = [
        each["objects"][0]["mask"]["size"] for each in frames[1:] if each["objects"][0]["mask"]
    ]
    assert sizes[0] == [48, 64] and sizes[-1] == [72, 96]
