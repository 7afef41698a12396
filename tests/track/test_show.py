"""`samurai track --show`: a page on the run, while it goes on and after it."""

from __future__ import annotations

import signal
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from oracles.color_tracker import colored_video
from PIL import Image
from track.conftest import LENGTH, Track, box

from samurai.cli import installed
from samurai.jobs.job import Job
from samurai.video.sources.base import VideoFrame
from samurai.video.tracked import TrackedFrame

HELD = 9


class Viewer:
    """Somebody who opens the page, and ends it.

    Attributes:
        look: what is done there, with a client and the session's path; twice: while the run waits
            at a frame, and after its end.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, look: Callable[[Any, str], None]) -> None:
        self._there, self._go_on, self.look = threading.Event(), threading.Event(), look
        self.error: BaseException | None = None
        monkeypatch.setattr(webbrowser, "open", self._opened)
        run = Job.run

        def patched(job: Job, on_frame: Any = None, **options: Any) -> bool:
            def answered(frame: VideoFrame, tracked: TrackedFrame) -> None:
                on_frame(frame, tracked)
                if tracked.index == HELD:
                    self._there.set()
                    assert self._go_on.wait(60)

            return run(job, answered, **options)

        monkeypatch.setattr(Job, "run", patched)

    def _opened(self, address: str) -> None:
        threading.Thread(target=self._visit, args=[address], daemon=True).start()

    def _visit(self, address: str) -> None:
        import httpx2

        try:
            asked = urlsplit(address)
            assert asked.hostname == "127.0.0.1"
            path = f"/sessions/{parse_qs(asked.query)['view'][0]}"
            with httpx2.Client(base_url=f"http://{asked.netloc}", timeout=60) as client:
                assert "samurai" in client.get(f"/?{asked.query}").text
                assert self._there.wait(60)
                self.look(client, path)
                self._go_on.set()
                while client.get(path).json()["running"]:
                    pass
                self.look(client, path)
        except BaseException as error:
            self.error = error
        finally:
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)
            self._go_on.set()


def files(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def test_a_run_is_shown_and_nothing_of_it_changes(
    track: Track,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("fastapi", reason="the extra web isn't installed")
    pytest.importorskip("httpx2", reason="the extra test-web isn't installed")
    asked = (clip, box("red"), box("blue", 3), "-o", "v.mp4", "--jsonl", "a.jsonl")
    assert track(*asked) == 0
    plain = files(tmp_path)
    views: list[Any] = []

    def look(client: Any, path: str) -> None:
        view = client.get(path).json()
        views.append(view)
        last = view["objects"][0]["done"][-1][-1]
        names = {each["object_id"]: each["name"] for each in view["objects"]}
        found = client.get(f"{path}/frames/{last}").json()["objects"]
        assert [names[each["object_id"]] for each in found] == ["red", "blue"]
        assert all(each["mask"] or each["absent"] for each in found)
        scores = client.get(f"{path}/timeline").json()["objects"][0]["scores"]
        assert sum(each is not None for each in scores) == last + 1
        image = client.get(f"/videos/{view['video_id']}/frames/{last}")
        assert image.status_code == 200 and image.content[:2] == b"\xff\xd8"
        assert len(client.get(f"{path}/results").text.splitlines()) == last + 1
        assert client.get(f"{path}/export/mot").status_code == 200
        click = {"object_id": 1, "points": [[4, 4]], "labels": [1]}
        for refused in (
            client.post(f"{path}/frames/0/points", json=click),
            client.post(f"{path}/propagate", json={}),
            client.delete(path),
            client.post("/videos/sample"),
        ):
            assert refused.status_code == 405
        away = {"Host": "samurai.example"}
        assert client.get("/sessions", headers=away).status_code == 403

    viewer = Viewer(monkeypatch, look)
    assert track(*asked, "--overwrite", "--show") == 0
    assert viewer.error is None, viewer.error
    assert files(tmp_path) == plain and sorted(map(str, tmp_path.iterdir())) == sorted(
        str(tmp_path / name) for name in plain
    )
    running, over = views
    assert (running["running"], over["running"]) == (True, False)
    assert running["num_frames"] == LENGTH == over["num_frames"]
    red, blue = running["objects"]
    assert red["done"] == [[0, HELD]] and blue["done"] == [[3, HELD]]
    assert [each["frame_index"] for each in blue["prompts"]] == [3]
    assert [each["done"] for each in over["objects"]] == [[[0, LENGTH - 1]], [[3, LENGTH - 1]]]
    assert "http://127.0.0.1:" in capsys.readouterr().err


@pytest.mark.slow
def test_part_of_a_folder_of_images_is_shown(
    track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third frame of a range, both ways."""
    pytest.importorskip("fastapi", reason="the extra web isn't installed")
    (tmp_path / "frames").mkdir()
    for number, frame in enumerate(colored_video(20)):
        Image.fromarray(frame).save(tmp_path / "frames" / f"{number}.png")
    seen: list[Any] = []

    def look(client: Any, path: str) -> None:
        scores = client.get(f"{path}/timeline").json()["objects"][0]["scores"]
        seen.append([number for number, each in enumerate(scores) if each is not None])
        assert client.get(f"{path}/frames/4").json()["objects"] == []
        assert client.get(f"{path}/frames/{HELD}").json()["objects"][0]["prompted"] is False

    viewer = Viewer(monkeypatch, look)
    way = ("--start", 3, "--end", 17, "--stride", 3, "--direction", "both")
    assert track("frames", box("red", 6), *way, "--csv", "a.csv", "--show") == 0
    assert viewer.error is None, viewer.error
    assert seen == [[6, 9], [3, 6, 9, 12, 15]]


@pytest.mark.slow
def test_a_run_that_is_stopped_takes_its_page_along(
    track: Track, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi", reason="the extra web isn't installed")

    def look(client: Any, path: str) -> None:
        assert client.get(path).json()["running"] is True
        raise EOFError

    viewer = Viewer(monkeypatch, look)
    arguments = (clip, box("red"), "--jsonl", "a.jsonl", "--show")
    assert track(*arguments) == 128 + signal.SIGINT
    assert isinstance(viewer.error, EOFError)
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == HELD + 1


def test_what_cannot_be_shown_is_refused_before_anything_is_read(
    track: Track,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes())
    for sources in ([clip, other], ["lavfi:testsrc"], ["rtsp://127.0.0.1:1/a"], ["0"]):
        assert track(*sources, box("red"), "--csv", "a", "--show") == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    known = installed.version_of
    monkeypatch.setattr(
        installed, "version_of", lambda name: None if name == "uvicorn" else known(name)
    )
    assert track(clip, box("red"), "--csv", "a.csv", "--show") == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "uvicorn" in line and "samurai-vot[web]" in line
