"""`samurai track` when its surroundings fail: damaged files, crashes, servers, devices."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from oracles.color_tracker import colored_video
from oracles.rtsp import RtspServer
from oracles.videos import write_video
from track.conftest import Track, box
from track.test_places import contents
from track.test_track import pictures, rows

from samurai.core.session import Session
from samurai.jobs.job import Job
from samurai.video.tracked import TrackedFrame


def test_a_truncated_file_is_tracked_as_far_as_it_goes(
    track: Track, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_video(tmp_path / "whole.webm", colored_video(48), codec="libvpx-vp9")
    data = whole.read_bytes()
    (tmp_path / "cut.webm").write_bytes(data[: len(data) // 2])
    assert track("cut.webm", box("red"), "-o", "v.mp4", "--jsonl", "a.jsonl", "--quiet") == 0
    found = [row["frame_index"] for row in rows(tmp_path / "a.jsonl")]
    assert 0 < len(found) < 48 and found == [*range(len(found))]
    assert pictures(tmp_path / "v.mp4") == len(found)
    assert len(capsys.readouterr().err.splitlines()) == 1  # the warning


def test_after_a_crash_outputs_are_those_of_an_uninterrupted_run(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies on the disk while a frame is answered is what kill -9 leaves."""
    shutil.copy(clip, tmp_path / "clip.mp4")
    run, crashed = Job.run, tmp_path / "crashed"

    def patched(self: Job, on_frame: Any = None, **options: Any) -> bool:
        def answered(source: Any, tracked: TrackedFrame) -> None:
            on_frame(source, tracked)
            if tracked.index == 17:
                shutil.copytree(tmp_path / "out", crashed, dirs_exist_ok=True)

        return run(self, answered, **options)

    outputs = ("-o", "out/v.mp4", "--jsonl", "out/a.jsonl", "--davis", "out/d", "--coco", "out/c")
    arguments = ("clip.mp4", box("red"), box("blue", 5), *outputs)
    with monkeypatch.context() as changed:
        changed.setattr(Job, "run", patched)
        assert track(*arguments) == 0
    whole = contents(tmp_path / "out")
    assert list(crashed.glob("*.part"))
    shutil.rmtree(tmp_path / "out")
    crashed.rename(tmp_path / "out")
    assert track(*arguments) == 2
    assert track(*arguments, "--resume") == 0
    assert contents(tmp_path / "out") == whole


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError, pytest.param(MemoryError, marks=pytest.mark.slow)]
)
def test_a_device_without_memory_keeps_what_was_tracked(
    track: Track,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    step = Session.step

    def full(self: Session, *arguments: Any, **options: Any) -> Any:
        if self.frame_index == 4:
            raise error("out of memory")
        return step(self, *arguments, **options)

    arguments = (clip, box("red"), "--jsonl", "a.jsonl", "-o", "v.mp4")
    with monkeypatch.context() as changed:
        changed.setattr(Session, "step", full)
        assert track(*arguments) == 1
    assert len(rows(tmp_path / "a.jsonl")) == 5 and pictures(tmp_path / "v.mp4") == 5
    assert track(*arguments, "--resume") == 0
    assert len(rows(tmp_path / "a.jsonl")) == 24


def test_a_server_that_refuses_or_is_silent_is_exit_code_1(track: Track, tmp_path: Path) -> None:
    prompt = "--box=1@0:4,4,14,14"
    server = RtspServer(silent=True)
    try:
        timeout = ("--connect-timeout", "0.5")
        assert track(server.url, prompt, "--csv", "a.csv", *timeout) == 1
    finally:
        server.kill()
    assert track(server.url, prompt, "--csv", "a.csv") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("live", ["newest", "all"])
def test_a_server_that_comes_back_is_tracked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, track: Track, live: str
) -> None:
    server = RtspServer()
    run, answered_before = Job.run, threading.Event()

    def patched(self: Job, on_frame: Any = None, **options: Any) -> bool:
        def answered(source: Any, tracked: TrackedFrame) -> None:
            on_frame(source, tracked)
            if tracked.index == 9 and not answered_before.is_set():
                answered_before.set()
                server.kill()
                server.start()

        return run(self, answered, **options)

    monkeypatch.setattr(Job, "run", patched)
    prompt = "--box=1@0:4,4,24,24"
    outputs = ("--jsonl", "a.jsonl", "-o", "v.mp4", "--frames", 400, "--live", live)
    try:
        assert track(server.url, prompt, *outputs) == 0
    finally:
        server.kill()
    assert answered_before.is_set()
    assert [row["frame_index"] for row in rows(tmp_path / "a.jsonl")] == [*range(400)]
    assert pictures(tmp_path / "v.mp4") == 400
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "v.mp4"]


def test_a_folder_without_permission_is_refused(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr("os.access", lambda place, _: Path(place).absolute() != closed)
    assert track(clip, box("red"), "-o", "closed/v.mp4") == 2
    assert track(clip, box("red"), "-o", "v.mp4", "--job", "closed/job") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["closed"]
