"""Every bad request gets its status, one that says why, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

import av
from oracles.videos import numbered_frames, write_video
from oracles.web_server import clip, served, service_of, session, upload
from PIL import Image
from starlette.testclient import TestClient

from samurai.video.exports.davis import Davis


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings: dict[str, Any] = {
        "max_upload_mib": 1,
        "max_objects": 2,
        "max_sessions": 8,
        "max_pixels": 100_000,
    }
    with served(tmp_path_factory.mktemp("bad"), **settings) as found:
        yield found


@pytest.fixture(scope="module")
def path(client: TestClient, tmp_path_factory: pytest.TempPathFactory) -> str:
    return session(client, upload(client, clip(tmp_path_factory.mktemp("clip")))["id"])


def _send(client: TestClient, data: bytes, kind: str = "video/mp4", **form: Any) -> Any:
    files = {"file": ("a.mp4", data, kind)}
    return client.post("/videos/upload", files=files, data=form)


def _picture(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return file.getvalue()


def _stored(client: TestClient) -> int:
    folder = service_of(client).settings.data_path / "videos"
    return len(list(folder.iterdir()))


def _only_sound(folder: Path) -> bytes:
    file = folder / "sound.mp4"
    with av.open(str(file), "w") as out:
        stream = out.add_stream("aac", rate=48000)
        samples = np.zeros((1, 4096), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
        frame.rate = 48000
        out.mux([*stream.encode(frame), *stream.encode(None)])
    return file.read_bytes()


def test_uploads_that_are_no_videos(client: TestClient, tmp_path: Path) -> None:
    before = _stored(client)
    assert _send(client, b"no video" * 100, "text/plain").status_code == 415
    assert _send(client, b"no video" * 100, "video/mp4").status_code == 422
    assert _send(client, b"", "video/mp4").status_code == 422
    assert _send(client, _only_sound(tmp_path)).status_code == 422
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    assert _send(client, playlist, "video/mp4").status_code == 422
    assert _stored(client) == before


def test_parts_of_a_video(client: TestClient, tmp_path: Path) -> None:
    video = clip(tmp_path).read_bytes()
    for form in (
        {"start_sec": -1},
        {"start_sec": "nan"},
        {"start_sec": "x"},
        {"duration_sec": 0},
        {"duration_sec": "inf"},
        {"start_sec": 100},
    ):
        answer = _send(client, video, **form)
        assert answer.status_code == 422, form
    assert isinstance(_send(client, video, duration_sec=0).json()["detail"], list)


def test_a_part_begins_and_ends_where_it_was_asked_to(client: TestClient, tmp_path: Path) -> None:
    file = write_video(tmp_path / "n.mp4", numbered_frames(30, (64, 48)), rate=10)
    video = upload(client, file, start_sec=0.75, duration_sec=1)
    assert video["frame_count"] == 10
    assert video["duration_sec"] == pytest.approx(1.0, abs=0.02)


def test_forms(client: TestClient) -> None:
    post = client.post
    assert post("/videos/upload").status_code == 422
    assert post("/videos/upload", json={"file": "x"}).status_code == 422
    assert post("/videos/upload", data={"start_sec": 1}, files={}).status_code == 422
    other = {"files": ("a", b"x")}
    assert post("/videos/upload", files=other).status_code == 422
    two = [("file", ("a", b"x")), ("file", ("b", b"x"))]
    assert post("/videos/upload", files=two).status_code == 422
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    assert post("/videos/upload", content=b"--x\r\nrubbish", headers=head).status_code == 422
    cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
    assert post("/videos/upload", content=cut, headers=head).status_code == 422


def test_too_many_bytes(client: TestClient) -> None:
    before = _stored(client)
    assert _send(client, bytes(3 << 20)).status_code == 413
    used = service_of(client).library.used_bytes()
    lying = {"Content-Type": "multipart/form-data; boundary=x", "Transfer-Encoding": "chunked"}
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'

    def pieces() -> Iterator[bytes]:
        yield begin
        for _ in range(40):
            yield bytes(1 << 18)

    answer = client.post("/videos/upload", content=pieces(), headers=lying)
    assert answer.status_code == 413
    assert _stored(client) == before and service_of(client).library.used_bytes() == used


def test_pictures(client: TestClient, tmp_path: Path) -> None:
    def send(*files: tuple[str, bytes, str]) -> Any:
        return client.post("/videos/upload-frames", files=[("files", each) for each in files])

    one, two = _picture((20, 10)), _picture((10, 20))
    answer = send(("b/a.jpg", one, "image/jpeg"), ("b.jpg", two, "image/jpeg"))
    assert answer.status_code == 422
    assert "a.jpg" in answer.json()["detail"] and "10x20" in answer.json()["detail"]
    assert str(tmp_path.parent) not in answer.json()["detail"]
    assert send(("a.gif", b"GIF89a", "image/gif")).status_code == 415
    assert send(("a.jpg", one[:20], "image/jpeg")).status_code == 422
    assert send(("a.png", _picture((1000, 1000), "PNG"), "image/png")).status_code == 422
    made = send(*[(f"{each}.jpg", one, "image/jpeg") for each in (10, 9, 1)])
    assert made.status_code == 201 and made.json()["video"]["frame_count"] == 3
    assert made.json()["video"]["filename"].startswith("1.jpg")


def test_a_truncated_file(client: TestClient, tmp_path: Path) -> None:
    file = write_video(tmp_path / "cut.mkv", numbered_frames(60, (64, 48)), options={"g": "10"})
    file.write_bytes(file.read_bytes()[:-1500])
    video = upload(client, file)
    assert 0 < video["frame_count"] < 60 and video["warnings"]


def test_too_large_frames(client: TestClient, tmp_path: Path) -> None:
    file = write_video(tmp_path / "large.mp4", numbered_frames(2, (640, 480)))
    answer = _send(client, file.read_bytes())
    assert answer.status_code == 422 and "640x480" in answer.json()["detail"]


def test_too_long(tmp_path: Path) -> None:
    with served(tmp_path, ready=False, max_upload_duration_sec=0.3) as client:
        data = clip(tmp_path).read_bytes()
        assert _send(client, data).status_code == 422
        assert _send(client, data, duration_sec=0.2).status_code == 201


@pytest.mark.parametrize("wrong", ["nothing", "../../etc/passwd", "0" * 32, "%2e%2e%2f", "a b"])
def test_unknown_numbers(client: TestClient, wrong: str) -> None:
    for path in (f"/videos/{wrong}", f"/videos/{wrong}/poster", f"/sessions/{wrong}"):
        assert client.get(path).status_code == 404, path
    assert client.post("/sessions", json={"video_id": wrong}).status_code == 404
    assert client.delete(f"/sessions/{wrong}").status_code == 404


def test_frames(client: TestClient, path: str) -> None:
    video = client.get("/videos").json()["items"][-1]["id"]
    box = {"object_id": 1, "box": [4, 4, 18, 18]}
    for wrong in ("-1", "12", "x", "1e3", str(10**30)):
        assert client.post(f"{path}/frames/{wrong}/box", json=box).status_code == 422, wrong
        assert client.get(f"/videos/{video}/frames/{wrong}").status_code == 422, wrong
    assert client.get(f"/videos/{video}/frames/0?width=0").status_code == 422
    assert client.get(f"/videos/{video}/frames/0?format=gif").status_code == 422


def _rle(size: list[int], counts: str) -> dict[str, Any]:
    return {"size": size, "counts": counts}


PROMPTS: list[tuple[str, dict[str, Any]]] = [
    ("points", {"points": [[1, 1]], "labels": [1, 1]}),
    ("points", {"points": [[1, 1]], "labels": [2]}),
    ("points", {"points": [[1, 1]], "labels": [0]}),
    ("points", {"points": [[1, 1]], "labels": ["1"]}),
    ("points", {"points": [], "labels": []}),
    ("points", {"points": [[1, 1]] * 257, "labels": [1] * 257}),
    ("points", {"points": [[70, 10]], "labels": [1]}),
    ("points", {"points": [[-1, 10]], "labels": [1]}),
    ("points", {"points": [[1e30, 10]], "labels": [1]}),
    ("points", {"points": [[1, 2, 3]], "labels": [1]}),
    ("points", {"points": [[2, 0.5]], "labels": [1], "normalize_coords": True}),
    ("box", {"box": [18, 18, 4, 4]}),
    ("box", {"box": [4, 4, 4, 18]}),
    ("box", {"box": [100, 100, 120, 120]}),
    ("box", {"box": [1, 2, 3]}),
    ("mask", {"mask": _rle([48, 63], "P]2")}),
    ("mask", {"mask": _rle([48, 64], "rubbish")}),
    ("mask", {"mask": _rle([48, 64], "PP3")}),
    ("mask", {"mask": _rle([10**9, 10**9], "0")}),
    ("stroke", {"points": [], "label": 1}),
    ("stroke", {"points": [[100, 100]], "label": 1}),
]


@pytest.mark.parametrize(("kind", "body"), PROMPTS)
def test_prompts(client: TestClient, path: str, kind: str, body: dict[str, Any]) -> None:
    answer = client.post(f"{path}/frames/0/{kind}", json={"object_id": 1, **body})
    assert answer.status_code == 422, answer.text
    assert client.get(path).json()["objects"] == []


@pytest.mark.parametrize("number", [-1, 2**31, "1", 1.5, None, True, 10**40])
def test_numbers_of_objects(client: TestClient, path: str, number: Any) -> None:
    body = {"object_id": number, "box": [4, 4, 18, 18]}
    assert client.post(f"{path}/frames/0/box", json=body).status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        '{"object_id": 1, "box": [NaN, 4, 18, 18]}',
        '{"object_id": 1, "box": [1e999, 4, 18, 18]}',
        '{"object_id": 1, "box": [4, 4, 18, -Infinity]}',
        '{"object_id": 1, "box": "\\ud800"}',
        '{"object_id": 1',
        "[" * 100_000,
        '{"object_id": ' + "9" * 5000 + "}",
        "",
        "null",
        "\x00",
    ],
)
def test_json_that_cannot_be_used(client: TestClient, path: str, text: str) -> None:
    head = {"Content-Type": "application/json"}
    answer = client.post(f"{path}/frames/0/box", content=text.encode(), headers=head)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    latin = client.post(f"{path}/frames/0/box", content=b'{"a": "\xff"}', headers=head)
    assert latin.status_code == 422


def test_states(client: TestClient, tmp_path: Path) -> None:
    path = session(client, upload(client, clip(tmp_path))["id"])
    assert client.post(f"{path}/propagate", json={}).status_code == 409
    run: tuple[dict[str, Any], ...] = (
        {"direction": "up"},
        {"max_frames": 0},
        {"start_frame_index": -1},
    )
    for asked in run:
        assert client.post(f"{path}/propagate", json=asked).status_code == 422
    for number, box in ((1, [4, 4, 18, 18]), (2, [44, 30, 58, 44])):
        body = {"object_id": number, "box": box}
        assert client.post(f"{path}/frames/0/box", json=body).status_code == 200
    more = {"object_id": 3, "box": [24, 30, 38, 44]}
    answer = client.post(f"{path}/frames/0/box", json=more)
    assert answer.status_code == 409 and "2" in answer.json()["detail"]
    assert client.delete(f"{path}/objects/9").status_code == 404
    assert client.delete(f"{path}/frames/0/prompts?object_id=9").status_code == 404
    assert client.delete(f"{path}/frames/0/prompts").status_code == 422
    assert client.get(f"{path}/export/nothing").status_code == 404
    assert client.get(f"{path}/results?from=5&to=2").status_code == 422
    assert client.post(f"{path}/propagate", json={"start_frame_index": 99}).status_code == 422


@pytest.mark.slow
def test_too_many_sessions(client: TestClient, tmp_path: Path) -> None:
    video = upload(client, clip(tmp_path))["id"]
    made: list[Any] = []
    while not made or made[-1].status_code == 201:
        made.append(client.post("/sessions", json={"video_id": video}))
        assert len(made) < 12
    assert made[-1].status_code == 503 and int(made[-1].headers["retry-after"]) > 0
    for each in made[:-1]:
        client.delete(f"/sessions/{each.json()['session_id']}")
    assert client.get(f"/videos/{video}").status_code == 404


def test_full_storage(tmp_path: Path) -> None:
    with served(tmp_path, ready=False, max_storage_mib=1) as client:
        service_of(client).library.note_others((1 << 20) - 100)
        assert _send(client, clip(tmp_path).read_bytes()).status_code == 507
        assert _stored(client) == 0


def test_sessions_that_fill_the_storage_stop_and_keep_what_they_have(tmp_path: Path) -> None:
    with served(tmp_path, max_storage_mib=1) as client:
        service = service_of(client)
        path = session(client, upload(client, clip(tmp_path))["id"])
        client.post(f"{path}/frames/0/box", json={"object_id": 1, "box": [4, 4, 18, 18]})
        tracked = client.post(f"{path}/propagate", json={"max_frames": 3}).text.splitlines()
        filler = service.settings.data_path / "sessions" / path.rpartition("/")[2] / "filler"
        answers: list[Any] = []
        body = {"events": True}
        run = threading.Thread(
            target=lambda: answers.append(client.post(f"{path}/propagate", json=body))
        )
        with service.engine.turns.prompt():  # so that no frame is computed
            run.start()
            while not client.get(path).json()["running"]:
                pass
            service.sweep()
            assert client.get(path).json()["running"] is True
            filler.write_bytes(bytes(1 << 20))
            service.sweep()
            run.join(60)
        *lines, last = map(json.loads, answers[0].text.splitlines())
        assert [each for each in lines if "event" not in each] == [*map(json.loads, tracked)]
        assert (last["event"], last["frames"]) == ("error", 3) and "MiB" in last["detail"]
        assert client.post(f"{path}/propagate", json={}).status_code == 507
        assert client.get(f"{path}/results").text.splitlines() == tracked
        filler.unlink()
        service.sweep()
        assert len(client.post(f"{path}/propagate", json={}).text.splitlines()) == 12


def test_a_format_that_cannot_hold_so_many_objects_is_refused_alone(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Davis, "most", 1)
    path = session(client, upload(client, clip(tmp_path, 2))["id"])
    for number in range(2):
        box = {"object_id": number, "box": [4, 4, 18, 18]}
        assert client.post(f"{path}/frames/0/box", json=box).status_code == 200
    client.post(f"{path}/propagate", json={})
    assert client.get(f"{path}/export/davis").status_code == 422
    assert client.get(f"{path}/export/jsonl").status_code == 200
    client.delete(path)


def test_a_client_may_say_what_nobody_asked_for(client: TestClient, path: str) -> None:
    body = {"object_id": 1, "box": [4, 4, 18, 18], "more": {"of": "it"}}
    assert client.post(f"{path}/frames/0/box", json=body).status_code == 200
    client.delete(f"{path}/objects/1")


def test_too_long_bodies(client: TestClient, path: str) -> None:
    text = '{"object_id": 1, "box": [4, 4, 18, 18], "more": "' + "x" * (9 << 20) + '"}'
    assert client.post(f"{path}/frames/0/box", content=text).status_code == 413
    pieces = (text[begin : begin + 65536].encode() for begin in range(0, len(text), 65536))
    assert client.post(f"{path}/frames/0/box", content=pieces).status_code == 413
