"""SAMURAI's API as its users know it: paths, fields, statuses; typed by hand from its source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.web_server import clip, served, service_of, session, upload
from pycocotools import mask as mask_tools
from starlette.testclient import TestClient

from samurai.errors import ConfigurationError
from samurai.web.settings import WebSettings

GOLDEN: dict[str, dict[str, tuple[int, ...]]] = {
    "/health": {"get": (200,)},
    "/videos/upload": {"post": (201, 415, 422)},
    "/videos/upload-frames": {"post": (201, 415, 422)},
    "/videos": {"get": (200,)},
    "/videos/{video_id}": {"get": (200, 404)},
    "/videos/{video_id}/stream": {"get": (200, 206, 404)},
    "/videos/{video_id}/poster": {"get": (200, 404)},
    "/sessions": {"post": (201, 404, 422)},
    "/sessions/{session_id}": {"delete": (200, 404)},
    "/sessions/{session_id}/frames/{n}/points": {"post": (200, 404, 422)},
    "/sessions/{session_id}/frames/{n}/box": {"post": (200, 404, 422)},
    "/sessions/{session_id}/frames/{n}/prompts": {"delete": (200, 404)},
    "/sessions/{session_id}/prompts": {"delete": (200, 404)},
    "/sessions/{session_id}/objects/{object_id}": {"delete": (200, 404)},
    "/sessions/{session_id}/propagate": {"post": (200, 404, 422), "delete": (200, 404)},
}
FIELDS: dict[str, dict[str, str]] = {
    "Health": {
        "status": "string",
        "cuda_available": "boolean",
        "gpu_memory_allocated_mb": "integer",
        "gpu_memory_reserved_mb": "integer",
    },
    "Video": {
        "id": "string",
        "filename": "string",
        "width": "integer",
        "height": "integer",
        "duration_sec": "number",
        "frame_count": "integer|null",
        "url": "string",
        "poster_url": "string",
    },
    "VideoAnswer": {"video": "Video"},
    "VideoList": {"items": "array", "total": "integer"},
    "SessionBody": {"video_id": "string"},
    "Session": {
        "session_id": "string",
        "video_id": "string",
        "num_frames": "integer",
        "created_at": "string",
    },
    "Success": {"success": "boolean"},
    "PointsBody": {
        "object_id": "integer",
        "points": "array",
        "labels": "array",
        "clear_old_points": "boolean",
        "normalize_coords": "boolean",
    },
    "BoxBody": {"object_id": "integer", "box": "array"},
    "FrameAnswer": {"frame_index": "integer", "objects": "array"},
    "ObjectAnswer": {"object_id": "integer", "mask": "Rle|null", "bbox": "BoundingBox|null"},
    "Rle": {"size": "array", "counts": "string"},
    "BoundingBox": {"x": "integer", "y": "integer", "width": "integer", "height": "integer"},
    "UpdatedFrames": {"updated_frames": "array"},
    "PropagateBody": {
        "start_frame_index": "integer|null",
        "direction": "string",
        "max_frames": "integer|null",
    },
}
DEFAULTS = {
    ("PointsBody", "clear_old_points"): True,
    ("PointsBody", "normalize_coords"): False,
    ("PropagateBody", "direction"): "both",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("contract")) as found:
        yield found


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return "|".join(_kind(each) for each in schema["anyOf"])
    return str(schema.get("$ref", schema.get("type"))).rpartition("/")[2]


def test_paths_and_statuses(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, methods in GOLDEN.items():
        for method, statuses in methods.items():
            known = paths[path][method]["responses"]
            assert set(map(str, statuses)) <= set(known), (path, method)


def test_bodies(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name, fields in FIELDS.items():
        own = schemas[name]["properties"]
        assert {field: _kind(own[field]) for field in fields} == fields
    for (name, field), default in DEFAULTS.items():
        assert schemas[name]["properties"][field]["default"] == default


def test_required_fields_are_those_of_the_contract(client: TestClient) -> None:
    """A client that sends what the original wanted is understood."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["SessionBody"]["required"]) == {"video_id"}
    assert set(schemas["PointsBody"]["required"]) == {"object_id", "points", "labels"}
    assert set(schemas["BoxBody"]["required"]) == {"object_id", "box"}
    assert "required" not in schemas["PropagateBody"]


@pytest.mark.slow
def test_openapi_is_valid(client: TestClient) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(client.get("/openapi.json").json())


def test_the_sequence_of_the_readme(client: TestClient, tmp_path: Path) -> None:
    """Upload, session, box, propagate, close: statuses, types and shapes."""
    video = upload(client, clip(tmp_path))
    assert (video["width"], video["height"], video["frame_count"]) == (64, 48, 12)
    assert video["url"] == f"/videos/{video['id']}/stream"
    made = client.post("/sessions", json={"video_id": video["id"]})
    assert made.status_code == 201
    assert made.json()["num_frames"] == 12 and made.json()["video_id"] == video["id"]
    path = f"/sessions/{made.json()['session_id']}"
    boxed = client.post(f"{path}/frames/0/box", json={"object_id": 0, "box": [4, 4, 18, 18]})
    assert boxed.status_code == 200
    (found,) = boxed.json()["objects"]
    assert boxed.json()["frame_index"] == 0 and found["object_id"] == 0
    assert found["mask"]["size"] == [48, 64] and set(found["bbox"]) == {"x", "y", "width", "height"}
    lines = client.post(f"{path}/propagate", json={"direction": "both"})
    assert lines.headers["content-type"] == "application/x-ndjson"
    answers = [json.loads(each) for each in lines.text.splitlines()]
    assert [each["frame_index"] for each in answers] == list(range(12))
    assert all({"frame_index", "objects"} <= set(each) for each in answers)
    assert client.delete(path).json() == {"success": True}
    assert client.delete(path).status_code == 404
    assert client.get(f"/videos/{video['id']}").status_code == 404


def test_points_and_the_other_deletes(client: TestClient, tmp_path: Path) -> None:
    path = session(client, upload(client, clip(tmp_path))["id"])
    clicks = {"object_id": 3, "points": [[10, 10]], "labels": [1]}
    answer = client.post(f"{path}/frames/2/points", json=clicks)
    assert answer.status_code == 200 and answer.json()["frame_index"] == 2
    client.post(f"{path}/propagate", json={})
    gone = client.delete(f"{path}/objects/3")
    assert gone.json()["updated_frames"] == list(range(12))
    client.post(f"{path}/frames/2/points", json=clicks)
    cleared = client.delete(f"{path}/frames/2/prompts", params={"object_id": 3})
    assert cleared.status_code == 200 and cleared.json()["frame_index"] == 2
    assert client.delete(f"{path}/prompts").json() == {"success": True}
    assert client.delete(f"{path}/propagate").json() == {"success": False}
    assert client.get(path).json()["objects"] == []


def test_the_threshold_of_the_environment_cuts_masks(client: TestClient, tmp_path: Path) -> None:
    """SAMURAI_SCORE_THRESH is of mask logits; scores and what is tracked stay as they are."""

    def tracked(client: TestClient) -> list[dict[str, Any]]:
        path = session(client, upload(client, clip(tmp_path, 6))["id"])
        box = {"object_id": 1, "box": [4, 4, 18, 18]}
        shown = client.post(f"{path}/frames/0/box", json=box).json()
        lines = client.post(f"{path}/propagate", json={}).text.splitlines()
        return [each["objects"][0] for each in [shown, *map(json.loads, lines)]]

    assert service_of(client).settings.score_thresh == 0.0
    settings = WebSettings.from_environment({"SAMURAI_SCORE_THRESH": "4"})
    with served(tmp_path, score_thresh=settings.score_thresh) as other:
        pairs = list(zip(tracked(client), tracked(other), strict=True))
    for plain, cut in pairs:
        mine, theirs = (mask_tools.decode(each["mask"]).astype(bool) for each in (plain, cut))
        assert theirs.any() and not (theirs & ~mine).any() and theirs.sum() < mine.sum()
        assert cut["bbox"]["width"] <= plain["bbox"]["width"] and cut["score"] == plain["score"]
    for wrong in ("nan", "inf", "high"):
        with pytest.raises(ConfigurationError):
            WebSettings.from_environment({"SAMURAI_SCORE_THRESH": wrong})
