"""`samurai web` as its users run it: a process, curl, Ctrl-C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.videos import numbered_frames, write_video
from oracles.web_server import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq isn't installed"
    ),
]

README = r"""
# 1. Upload a video
VIDEO_ID=$(curl -s -X POST http://localhost:8000/videos/upload \
  -F "file=@clip.mp4" | jq -r '.video.id')

# 2. Create a session
SESSION_ID=$(curl -s -X POST http://localhost:8000/sessions \
  -H "Content-Type: application/json" \
  -d "{\"video_id\": \"$VIDEO_ID\"}" | jq -r '.session_id')

# 3. Add a bounding box prompt on frame 0
curl -s -X POST http://localhost:8000/sessions/$SESSION_ID/frames/0/box \
  -H "Content-Type: application/json" \
  -d '{"object_id": 0, "box": [100, 80, 300, 260]}'

# 4. Stream tracking results (one JSON object per line)
curl -N http://localhost:8000/sessions/$SESSION_ID/propagate \
  -X POST -H "Content-Type: application/json" \
  -d '{"direction": "both"}'

# 5. Close the session
curl -X DELETE http://localhost:8000/sessions/$SESSION_ID
"""
"""The workflow in the README of SAMURAI's API; the port is the only thing that a test changes."""

COUNT = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    write_video(tmp_path / "clip.mp4", numbered_frames(COUNT, (400, 300)))
    with running(tmp_path) as (address, process):
        for _ in range(1200):
            try:
                with urllib.request.urlopen(f"{address}/ready", timeout=10):
                    break
            except OSError:
                time.sleep(0.1)
        yield address, process


def test_the_readme_of_the_original(
    server: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    address = server[0].replace("127.0.0.1", "localhost")
    script = README.replace("http://localhost:8000", address)
    run = subprocess.run(
        ["bash", "-ec", script], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert run.returncode == 0, run.stderr
    decoder, text, found = json.JSONDecoder(), run.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    box, *lines, closed = found
    assert box["frame_index"] == 0 and box["objects"][0]["object_id"] == 0
    assert [each["frame_index"] for each in lines] == list(range(COUNT))
    assert all(set(each["objects"][0]) >= {"object_id", "mask", "bbox"} for each in lines)
    assert closed == {"success": True}


def _curl(*arguments: str) -> str:
    command = ["curl", "-s", "-m", "60", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_ctrl_c_ends_it_at_once_and_leaves_no_session(
    server: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    """While a client reads; and ten clients that went away before hold nothing up."""
    address, process = server
    sent = _curl("-F", f"file=@{tmp_path / 'clip.mp4'}", f"{address}/videos/upload")
    video = json.loads(sent)["video"]["id"]
    body = json.dumps({"video_id": video})
    made = _curl("--json", body, f"{address}/sessions")
    path = f"{address}/sessions/{json.loads(made)['session_id']}"
    _curl("--json", '{"object_id": 1, "box": [9, 9, 90, 90]}', f"{path}/frames/0/box")
    host, port = address.removeprefix("http://").split(":")
    asked = f"POST {path.removeprefix(address)}/propagate HTTP/1.1\r\nHost: {host}\r\n"
    for _ in range(10):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(f"{asked}Content-Length: 0\r\n\r\n".encode())
            client.recv(1)
    assert json.loads(_curl(path))["running"] is False
    process.send_signal(signal.SIGINT)
    assert process.wait(30) in (130, -signal.SIGINT)
    data = tmp_path / "data" / "uploads"
    assert not [each for each in (data / "sessions").rglob("*") if each.is_file()]
    assert (data / "videos" / video / "meta.json").is_file()


def test_what_keeps_it_from_starting_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for more in (["--port", port], ["--port", "0", "--model", "tiny"], ["--port", "99999"]):
            run = _web(tmp_path, *more)
            assert run.returncode == 2, run.stderr
            assert len(run.stderr.strip().splitlines()) == 1


def _web(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "samurai.cli.main", "web", *arguments],
        cwd=folder,
        env={**os.environ, "SAMURAI_CHECKPOINTS": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
    )
