"""Live sources over HTTP: which may be opened, and their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.web_server import served
from starlette.testclient import TestClient

TEST = "lavfi:testsrc=size=64x48:rate=20:duration=2"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("live"), live_hosts="lavfi,127.0.0.1") as found:
        yield found


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("rtsp://10.0.0.1/a", 403),
        ("http://169.254.169.254/latest/meta-data", 403),
        ("http://127.0.0.1@evil.example/", 403),
        ("rtsp://evil.example/127.0.0.1", 403),
        ("0", 403),
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
