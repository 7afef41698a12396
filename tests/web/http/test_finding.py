"""Objects found in a frame over HTTP: by looking, by words, and what can't be looked for."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.color_tracker import SIDE, place_of
from oracles.web_server import clip, served, service_of, session, upload
from pycocotools import mask as mask_tools
from starlette.testclient import TestClient

from samurai.web.engine.looking import Looking

LOOK: dict[str, Any] = {"points_per_side": 8, "min_area": 60, "min_stability": 0.3}

DETECTOR = """
import json, sys
for line in sys.stdin:
    words = json.loads(line)["words"]
    if "fail" in words:
        sys.exit("no such luck")
    found = [{"label": word, "score": 0.8, "box": [4, 4, 14, 14]} for word in words[:1]]
    print(json.dumps({"detections": found}), flush=True)
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "detector.py").write_text(DETECTOR)
    program = f"command:{sys.executable} {tmp_path / 'detector.py'}"
    with served(tmp_path, detector=program) as client:
        yield client


@pytest.fixture
def path(client: TestClient, tmp_path: Path) -> str:
    return session(client, upload(client, clip(tmp_path))["id"])


def masks(answer: Any) -> list[np.ndarray[Any, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["frame_index"] == 5
    return [mask_tools.decode(each["mask"]) > 0 for each in answer.json()["candidates"]]


def test_what_is_there_is_found_and_can_be_tracked(client: TestClient, path: str) -> None:
    answer = client.post(f"{path}/discover", json={"frame_index": 5, **LOOK})
    found, shown = masks(answer), answer.json()["candidates"]
    assert len(found) == 3
    assert np.sum(found, axis=0).max() == 1
    for each, mask in zip(shown, found, strict=True):
        rows, columns = np.nonzero(mask)
        assert each["bbox"]["x"] == columns.min()
        assert each["bbox"]["height"] == np.ptp(rows) + 1
        assert (each["reason"], each["label"]) == ("grid at frame 5", None)
    assert client.get(path).json()["objects"] == []
    given = {"object_id": 4, "mask": shown[0]["mask"]}
    assert client.post(f"{path}/frames/5/mask", json=given).status_code == 200
    again = masks(client.post(f"{path}/discover", json={"frame_index": 5, **LOOK}))
    assert len(again) == 2


def test_words_are_looked_for_by_the_servers_detector(client: TestClient, path: str) -> None:
    body = {"frame_index": 5, "text": "brick:0.5, stone", "min_area": 60}
    answer = client.post(f"{path}/text", json=body)
    [mask] = masks(answer)
    [shown] = answer.json()["candidates"]
    assert (shown["label"], shown["reason"]) == ("brick", 'word "brick" 0.80')
    box = place_of("red", 5)
    assert mask[int(box.y) + SIDE // 2, int(box.x) + SIDE // 2]


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("discover", {"frame_index": 99}, 422),
        ("discover", {"frame_index": -1}, 422),
        ("discover", {}, 422),
        ("discover", {"frame_index": 0, "min_new": 0}, 422),
        ("discover", {"frame_index": 0, "points_per_side": 65}, 422),
        ("text", {"frame_index": 0, "text": " , "}, 422),
        ("text", {"frame_index": 0, "text": ""}, 422),
        ("text", {"frame_index": 0, "text": "dog:7"}, 422),
        ("text", {"frame_index": 0, "text": "fail"}, 502),
    ],
    ids=str,
)
def test_what_cannot_be_looked_for(
    client: TestClient, path: str, what: str, body: Any, status: int
) -> None:
    answer = client.post(f"{path}/{what}", json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_server_without_a_detector_says_what_it_needs(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        path = session(client, upload(client, clip(tmp_path))["id"])
        answer = client.post(f"{path}/text", json={"frame_index": 0, "text": "dog"})
        assert answer.status_code == 501
        assert "--detector" in answer.json()["detail"]


def test_a_search_that_is_ended_tells_what_it_has(client: TestClient, path: str) -> None:
    """As for a client that has gone away; others had their turns meanwhile."""
    engine, stop = service_of(client).engine, threading.Event()
    stop.set()
    assert engine.session(path.rsplit("/", 1)[1]).find(5, stop=stop) == []
    assert isinstance(engine._looking, Looking)


def propagated(client: TestClient, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(f"{path}/propagate", json={"direction": "forward", **body})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_objects_are_found_while_it_tracks(client: TestClient, path: str) -> None:
    box = place_of("red", 0)
    corners = [box.x, box.y, box.x + box.width, box.y + box.height]
    client.post(f"{path}/frames/0/box", json={"object_id": 5, "box": corners})
    lines = propagated(client, path, discover={"gap": 4, **LOOK})
    assert [line["frame_index"] for line in lines] == list(range(12))
    numbers = [[each["object_id"] for each in line["objects"]] for line in lines]
    assert numbers[0] == [5, 6, 7] == numbers[-1]
    shown = client.get(path).json()["objects"]
    assert [each["reason"] for each in shown] == ["box at frame 0", *["grid at frame 0"] * 2]
    assert [each["name"] for each in shown] == ["Object 5", "Object 6", "Object 7"]
    click = {"object_id": 7, "points": [[2, 2]], "labels": [0]}
    assert client.post(f"{path}/frames/9/points", json=click).status_code == 200
    assert client.delete(f"{path}/objects/6").json()["updated_frames"] == list(range(12))
    again = propagated(client, path)
    assert {each["object_id"] for line in again for each in line["objects"]} == {5, 7}
    new = {"object_id": 6, "box": corners}
    assert client.post(f"{path}/frames/3/box", json=new).status_code == 200


def test_words_name_what_they_find(client: TestClient, path: str) -> None:
    search = {"gap": 4, "text": "brick", "min_area": 60}
    propagated(client, path, discover=search)
    [shown] = client.get(path).json()["objects"]
    assert (shown["name"], shown["reason"]) == ("brick", 'word "brick" 0.80')
    exported = client.get(f"{path}/export/jsonl")
    assert '"label":"brick"' in exported.text
    body = {"discover": {**search, "gap": 5}, "events": True}
    last = client.post(f"{path}/propagate", json=body).text.splitlines()[-1]
    assert json.loads(last)["event"] == "error"  # one search per session
