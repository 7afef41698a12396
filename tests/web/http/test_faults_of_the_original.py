"""Each fault of SAMURAI's API that is decided over HTTP; each test fails on its code."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

import av
import httpx2
import numpy as np
import torch
from oracles.color_network import ColorNetwork
from oracles.color_tracker import place_of
from oracles.videos import number_of, numbered_frames, write_video
from oracles.web_server import clip, listening, served, service_of, session, upload
from PIL import Image
from pycocotools import mask as mask_tools
from starlette.testclient import TestClient

from samurai.cli import main as cli
from samurai.config import TrackerConfig
from samurai.errors import ConfigurationError
from samurai.tracker import Tracker
from samurai.web import loading
from samurai.web.streams import event, line

COUNT = 24


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("faults")) as found:
        yield found


@pytest.fixture(scope="module")
def video(client: TestClient, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return upload(client, clip(tmp_path_factory.mktemp("clip"), COUNT))["id"]


@pytest.fixture
def path(client: TestClient, video: str) -> Iterator[str]:
    made = session(client, video)
    yield made
    client.delete(f"{made}?keep_video=true")


def _box(color: str, frame: int) -> list[float]:
    box = place_of(color, frame)
    return [box.x, box.y, box.x + box.width, box.y + box.height]


def _center(color: str, frame: int) -> list[float]:
    box = place_of(color, frame)
    return [box.x + box.width / 2, box.y + box.height / 2]


def _lines(client: TestClient, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(f"{path}/propagate", json=body)
    assert answer.status_code == 200, answer.text
    return [json.loads(each) for each in answer.text.splitlines()]


def _near(found: dict[str, Any], color: str, frame: int) -> bool:
    box, expected = found["bbox"], place_of(color, frame)
    return bool(abs(box["x"] - expected.x) < 4 and abs(box["y"] - expected.y) < 4)


def test_w1_clicks_are_pixels_unless_they_say_otherwise(client: TestClient, path: str) -> None:
    at = _center("red", 0)
    body = {"object_id": 1, "points": [at], "labels": [1]}
    (pixels,) = client.post(f"{path}/frames/0/points", json=body).json()["objects"]
    assert _near(pixels, "red", 0)
    parts = {**body, "points": [[at[0] / 64, at[1] / 48]], "normalize_coords": True}
    (same,) = client.post(f"{path}/frames/0/points", json=parts).json()["objects"]
    assert same["mask"] == pixels["mask"]


def test_w2_w13_a_prompt_in_the_middle_goes_both_ways_each_frame_once(
    client: TestClient, path: str
) -> None:
    client.post(f"{path}/frames/14/box", json={"object_id": 5, "box": _box("blue", 14)})
    frames = [each["frame_index"] for each in _lines(client, path, direction="both")]
    assert frames == [*range(14, COUNT), *reversed(range(14))]
    lines = _lines(client, path, direction="both", start_frame_index=20, max_frames=3)
    assert [each["frame_index"] for each in lines] == [20, 21, 22, 19, 18]  # 3 each way


@pytest.mark.slow
def test_w3_objects_and_sessions_do_not_disturb_each_other(client: TestClient, video: str) -> None:
    def tracked(*colors: str) -> list[dict[str, Any]]:
        path = session(client, video)
        for number, color in enumerate(colors):
            body = {"object_id": number, "box": _box(color, 0)}
            client.post(f"{path}/frames/0/box", json=body)
        lines = _lines(client, path)
        client.delete(f"{path}?keep_video=true")
        return lines

    alone = tracked("red")
    assert tracked("red") == alone
    both: list[list[dict[str, Any]]] = []
    threads = [threading.Thread(target=lambda: both.append(tracked("red"))) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert both == [alone, alone]


def test_w4_an_object_may_come_after_tracking(client: TestClient, path: str) -> None:
    client.post(f"{path}/frames/0/box", json={"object_id": 1, "box": _box("red", 0)})
    _lines(client, path)
    late = {"object_id": 2, "box": _box("blue", 8)}
    assert client.post(f"{path}/frames/8/box", json=late).status_code == 200
    lines = _lines(client, path, start_frame_index=0, direction="forward")
    assert [len(each["objects"]) for each in lines] == [1] * 8 + [2] * (COUNT - 8)


def test_w5_one_run_of_a_session_at_a_time(client: TestClient, path: str) -> None:
    client.post(f"{path}/frames/0/box", json={"object_id": 1, "box": _box("red", 0)})
    engine = service_of(client).engine
    with engine.turns.prompt():  # so that no frame is computed
        running = engine.session(path.rpartition("/")[2]).propagate()
        assert client.post(f"{path}/propagate", json={}).status_code == 409
        assert client.get(path).json()["running"] is True
    with running:
        prompt = {"object_id": 1, "points": [_center("red", 5)], "labels": [1]}
        assert client.post(f"{path}/frames/5/points", json=prompt).status_code == 200
    assert client.get(path).json()["running"] is False


@pytest.mark.slow
def test_w7_an_error_never_ends_as_if_all_were_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that fails at the fourth frame; whoever reads the connection sees that."""
    real, calls = ColorNetwork.encode, 0

    def encode(self: ColorNetwork, views: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise RuntimeError("a fault of the network")
        return real(self, views)

    with listening(tmp_path) as (address, _), httpx2.Client(base_url=address) as client:
        files = {"file": ("a.mp4", clip(tmp_path, COUNT).read_bytes(), "video/mp4")}
        video = client.post("/videos/upload", files=files).json()["video"]["id"]
        made = client.post("/sessions", json={"video_id": video}).json()["session_id"]
        path, body = f"/sessions/{made}", {"object_id": 1, "box": _box("red", 0)}
        client.post(f"{path}/frames/0/box", json=body)
        monkeypatch.setattr(ColorNetwork, "encode", encode)
        got = b""
        with client.stream("POST", f"{path}/propagate", json={}) as answer:
            assert answer.status_code == 200
            with pytest.raises(httpx2.RemoteProtocolError):
                for piece in answer.iter_bytes():
                    got += piece
        indices = [json.loads(each)["frame_index"] for each in got.splitlines()]
        assert indices == list(range(len(indices))) and 0 < len(indices) < COUNT
        with client.stream("POST", f"{path}/propagate", json={"events": True}) as answer:
            *_, last = map(json.loads, answer.iter_lines())
        assert last["event"] == "error" and "a fault of the network" in last["detail"]
        assert client.get(f"{path}/results").text.encode() == got


def test_w5_a_session_that_is_closed_while_it_tracks_ends_its_stream(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the frame at work, and the stream's last line says so."""
    client.post(f"{path}/frames/0/box", json={"object_id": 1, "box": _box("red", 0)})
    real, there, go_on = ColorNetwork.encode, threading.Event(), threading.Event()

    def encode(self: ColorNetwork, views: Any) -> Any:
        there.set()
        assert go_on.wait(60)
        return real(self, views)

    answers: dict[str, Any] = {}

    def call(name: str, method: str, place: str, **more: Any) -> threading.Thread:
        def ask() -> None:
            answers[name] = client.request(method, place, **more)

        thread = threading.Thread(target=ask)
        thread.start()
        return thread

    monkeypatch.setattr(ColorNetwork, "encode", encode)
    run = call("run", "POST", f"{path}/propagate", json={"events": True})
    assert there.wait(60)
    close = call("close", "DELETE", f"{path}?keep_video=true")
    while client.get(path).status_code == 200:
        pass
    go_on.set()
    for each in (run, close):
        each.join(60)
    assert answers["close"].status_code == 200
    *_, last = map(json.loads, answers["run"].text.splitlines())
    assert last["event"] == "cancelled" and last["frames"] <= 1
    assert client.delete(path).status_code == 404


def test_w8_cancel_says_what_happened(client: TestClient, path: str) -> None:
    assert client.delete(f"{path}/propagate").json() == {"success": False}
    client.post(f"{path}/frames/0/box", json={"object_id": 1, "box": _box("red", 0)})
    *_, last = _lines(client, path, events=True)
    assert last == {"event": "done", "frames": COUNT, "detail": None}


def test_w9_content_counts_not_its_name(client: TestClient, tmp_path: Path) -> None:
    file = write_video(tmp_path / "a.webm", numbered_frames(8, (64, 48)), "libvpx-vp9")
    files = {"file": ("a.bin", file.read_bytes(), "application/octet-stream")}
    made = client.post("/videos/upload", files=files)
    assert made.status_code == 201
    found = client.get(made.json()["video"]["url"])
    assert found.headers["content-type"] == "video/webm" and found.content == file.read_bytes()


@pytest.mark.slow
def test_w9_what_browsers_do_not_play_is_made_playable(client: TestClient, tmp_path: Path) -> None:
    """And turned as it is shown, with every frame of the part."""
    frames = numbered_frames(12, (96, 64))
    file = write_video(tmp_path / "a.avi", frames, "mpeg4", rate=10)
    video = upload(client, file, start_sec=0.3)
    stream = client.get(video["url"])
    assert stream.headers["content-type"] == "video/mp4"
    (tmp_path / "out.mp4").write_bytes(stream.content)
    with av.open(str(tmp_path / "out.mp4")) as shown:
        decoded: list[Any] = [each.to_ndarray(format="rgb24") for each in shown.decode(video=0)]
    assert [number_of(each) for each in decoded] == list(range(3, 12))


def test_w9_frames_are_those_that_players_show(client: TestClient, tmp_path: Path) -> None:
    """Turned, at a variable rate; the number of a frame is what is prompted and what is shown."""
    times = [0.0, 0.1, 0.5, 0.6, 1.4, 1.5]
    frames = numbered_frames(6, (96, 64))
    file = write_video(tmp_path / "t.mp4", frames, pts=times, rotation=90)
    video = upload(client, file)
    assert (video["width"], video["height"], video["frame_count"]) == (96, 64, 6)
    for number in (4, 0, 5, 2):
        found = client.get(f"/videos/{video['id']}/frames/{number}")
        (tmp_path / "f.jpg").write_bytes(found.content)
        shown: Any = np.asarray(Image.open(tmp_path / "f.jpg").convert("RGB"), np.uint8)
        assert number_of(shown) == number
    path = session(client, video["id"])
    answer = client.get(f"{path}/frames/4").json()
    assert answer["time_sec"] is None or answer["time_sec"] == pytest.approx(1.4, abs=0.01)


def test_w11_w12_boxes_are_whole_and_lines_say_score_absence_and_time(
    client: TestClient, path: str
) -> None:
    client.post(f"{path}/frames/0/box", json={"object_id": 1, "box": _box("red", 0)})
    first, second, *_ = _lines(client, path)
    (found,) = first["objects"]
    x, y, width, height = mask_tools.toBbox(found["mask"])
    assert found["bbox"] == {"x": x, "y": y, "width": width, "height": height}
    assert mask_tools.decode(found["mask"]).any(axis=0).sum() == width
    assert 0 <= found["score"] <= 1 and found["absent"] is False
    assert second["time_sec"] == pytest.approx(1 / 30)


def test_w14_a_video_lives_as_long_as_its_sessions(client: TestClient, tmp_path: Path) -> None:
    video = upload(client, clip(tmp_path, 3))["id"]
    one, two = session(client, video), session(client, video)
    assert client.delete(f"/videos/{video}").status_code == 409
    assert client.delete(one).status_code == 200
    assert client.get(two).status_code == 200 and client.get(f"/videos/{video}").status_code == 200
    assert client.delete(two).status_code == 200
    assert client.get(f"/videos/{video}").status_code == 404
    kept = upload(client, clip(tmp_path, 3))["id"]
    client.delete(f"{session(client, kept)}?keep_video=true")
    assert client.delete(f"/videos/{kept}").json() == {"success": True}


@pytest.mark.slow
@pytest.mark.usefixtures("plain_environment")
def test_w15_precision_and_device_are_those_that_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the server doesn't start; another device is never taken silently."""
    configs: list[TrackerConfig] = []

    def made(config: TrackerConfig, *_: object) -> None:
        configs.append(config)
        raise ConfigurationError("enough")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMURAI_MODEL_SIZE", "nano")
    absent = [
        name
        for name, there in (
            ("cuda", torch.cuda.is_available()),
            ("mps", torch.backends.mps.is_available()),
        )
        if not there
    ]
    for device in absent:
        monkeypatch.setenv("SAMURAI_DEVICE", device)
        assert cli.main(["web", "--port", "0"]) == 2
    monkeypatch.setattr(loading, "tracking_app", made)
    monkeypatch.setenv("SAMURAI_DEVICE", "cpu")
    for dtype in ("bfloat16", "float32"):
        monkeypatch.setenv("SAMURAI_DTYPE", dtype)
        assert cli.main(["web", "--port", "0"]) == 2
        network = Tracker.load(configs.pop()).network
        assert (str(network.dtype), str(network.device)) == (f"torch.{dtype}", "cpu")


def test_w17_pictures_come_in_natural_order(client: TestClient) -> None:
    def picture(level: int) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (16, 16), (level, level, level)).save(file, "PNG")
        return file.getvalue()

    names = [10, 2, 1]
    files = [("files", (f"f{each}.png", picture(20 * each), "image/png")) for each in names]
    video = client.post("/videos/upload-frames", files=files).json()["video"]["id"]
    levels: list[Any] = []
    for number in range(3):
        shown = client.get(f"/videos/{video}/frames/{number}?format=webp").content
        levels.append(Image.open(io.BytesIO(shown)).convert("L").getpixel((8, 8)))
    assert levels == sorted(levels)


def test_w18_health_is_what_it_is(tmp_path: Path) -> None:
    with served(tmp_path, ready=False) as client:
        service = service_of(client)
        for _ in range(500):
            if service.state != "starting":
                break
            time.sleep(0.01)
        engine, service._engine, service.state = service._engine, None, "failed"
        service.detail = "no memory"
        assert client.get("/health").json()["status"] == "failed"
        assert client.get("/health").json()["detail"] == "no memory"
        assert client.get("/ready").status_code == 503
        assert client.get("/sessions").status_code == 503
        service._engine = engine


def test_results_timeline_and_exports(client: TestClient, path: str) -> None:
    client.post(f"{path}/frames/0/box", json={"object_id": 7, "box": _box("red", 0)})
    assert client.get(f"{path}/export/jsonl").status_code in (200, 409)
    tracked = client.post(f"{path}/propagate", json={}).text.splitlines()
    again = client.get(f"{path}/results").text.splitlines()
    assert [json.loads(each) for each in again] == [json.loads(each) for each in tracked]
    part = client.get(f"{path}/results?from=3&to=5&events=true").text.splitlines()
    assert part[:3] == again[3:6]
    assert part[3] == line(event("done", 3)).decode().strip()
    times = client.get(f"{path}/timeline?from=2&to=4").json()
    assert (times["start"], times["stop"]) == (2, 5)
    (track,) = times["objects"]
    assert track["object_id"] == 7 and len(track["scores"]) == 3 == len(track["absent"])
    mot = client.get(f"{path}/export/mot")
    assert mot.status_code == 200 and "samurai-mot" in mot.headers["content-disposition"]
    folder = client.get(f"{path}/export/davis")
    assert folder.headers["content-type"] == "application/zip" and folder.content[:2] == b"PK"
    exports = service_of(client).settings.data_path / "exports"
    assert list(exports.iterdir()) == []
    renamed = client.patch(f"{path}/objects/7", json={"name": "dog", "color": "#00ff00"}).json()
    assert (renamed["name"], renamed["color"]) == ("dog", "#00ff00")
    assert client.get("/sessions").json()["total"] >= 1


def test_previews_change_nothing(client: TestClient, path: str) -> None:
    body = {"points": [_center("red", 3)], "labels": [1]}
    shown = client.post(f"{path}/frames/3/preview", json=body).json()
    assert shown["frame_index"] == 3 and _near(shown["objects"][0], "red", 3)
    assert client.get(path).json()["objects"] == []


def test_frames_are_kept_by_browsers(client: TestClient, video: str) -> None:
    first = client.get(f"/videos/{video}/frames/3?width=32")
    assert Image.open(io.BytesIO(first.content)).size == (32, 24)
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get(f"/videos/{video}/frames/3?width=32", headers=tag)
    assert again.status_code == 304 and not again.content
    other = client.get(f"/videos/{video}/frames/4?width=32", headers=tag)
    assert other.status_code == 200


def test_the_sample(client: TestClient) -> None:
    made = client.post("/videos/sample")
    assert made.status_code == 201
    assert made.json()["video"]["frame_count"] == 82
