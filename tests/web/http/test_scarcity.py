"""What the machine lacks: memory of the device, room on the disk. Sessions outlive it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

import torch
from oracles.color_network import ColorNetwork
from oracles.web_server import clip, served, service_of, session, upload
from starlette.testclient import TestClient

COUNT = 12
BOX = {"object_id": 1, "box": [4, 4, 18, 18]}


def _lines(client: TestClient, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(f"{path}/propagate", json=body)
    assert answer.status_code == 200, answer.text
    lines = map(json.loads, answer.text.splitlines())
    return [each for each in lines if each.get("event") != "progress"]


def test_a_device_without_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt gets 503 with a remedy, a run its last line; both work again where there is some."""
    real, left = ColorNetwork.encode, 0

    def encode(self: ColorNetwork, views: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, views)

    with served(tmp_path) as client:
        path = session(client, upload(client, clip(tmp_path, COUNT))["id"])
        monkeypatch.setattr(ColorNetwork, "encode", encode)
        refused = client.post(f"{path}/frames/0/box", json=BOX)
        assert refused.status_code == 503 and "memory" in refused.json()["detail"]
        preview = {"points": [[9, 9]], "labels": [1]}
        assert client.post(f"{path}/frames/3/preview", json=preview).status_code == 503
        assert client.get(path).status_code == 200
        left = 1000
        assert client.post(f"{path}/frames/0/box", json=BOX).status_code == 200
        left = 4
        *lines, last = _lines(client, path, events=True)
        assert last["event"] == "error" and "memory" in last["detail"] and len(lines) < COUNT
        left = 1000
        again = _lines(client, path)
        assert len(again) == COUNT and again[: len(lines)] == lines


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no file system can be mounted here (root can, where mount is allowed)")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """A real one, full in the middle of a run and of an upload."""
    with served(small_disk) as client:
        data = service_of(client).settings.data_path
        path = session(client, upload(client, clip(tmp_path, COUNT))["id"])
        client.post(f"{path}/frames/0/box", json=BOX)
        before = _lines(client, path, start_frame_index=0, max_frames=3)
        filler = data / "filler"
        descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="No space left"):
            while True:
                os.write(descriptor, bytes(4096))
        os.close(descriptor)
        *lines, last = _lines(client, path, start_frame_index=0, events=True)
        assert last["event"] == "error" and lines[:3] == before and len(lines) < COUNT
        assert client.get(f"{path}/results").text.count("frame_index") == len(lines)
        videos = sorted(each.name for each in (data / "videos").iterdir())
        service = service_of(client)
        service.sweep()  # counts the bytes of sessions
        used = service.library.used_bytes()
        files = {"file": ("a.mp4", clip(tmp_path, 200).read_bytes(), "video/mp4")}
        assert client.post("/videos/upload", files=files).status_code == 507
        assert sorted(each.name for each in (data / "videos").iterdir()) == videos
        assert service.library.used_bytes() == used
        late = client.post(f"{path}/frames/9/box", json={**BOX, "object_id": 2})
        assert late.status_code == 507
        assert [each["object_id"] for each in client.get(path).json()["objects"]] == [1]
        filler.unlink()
        again = _lines(client, path, start_frame_index=0)
        assert len(again) == COUNT and again[:3] == before
        assert client.post("/videos/upload", files=files).status_code == 201
