"""How far a run is: lines of progress among those of frames, for who asks for events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.web_server import clip, served, service_of, session, upload
from starlette.testclient import TestClient

from samurai.web import progress
from samurai.web.engine.propagation import Progress
from samurai.web.progress import EVERY, ProgressLines
from samurai.web.routes.tracking import PropagationLines
from samurai.web.schemas import ProgressEvent

COUNT, ANCHOR = 12, 4


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("progress")) as found:
        yield found


@pytest.fixture
def path(client: TestClient, tmp_path: Path) -> str:
    made = session(client, upload(client, clip(tmp_path, COUNT))["id"])
    client.post(f"{made}/frames/{ANCHOR}/box", json={"object_id": 1, "box": [8, 8, 22, 22]})
    return made


def test_lines_of_progress_come_to_who_asks_for_events(client: TestClient, path: str) -> None:
    def lines(**body: Any) -> list[dict[str, Any]]:
        text = client.post(f"{path}/propagate", json=body).text
        return [json.loads(each) for each in text.splitlines()]

    first, *more, last = lines(events=True)
    assert ProgressEvent(**first).total == COUNT
    assert last == {"event": "done", "frames": COUNT, "detail": None}
    frames = [each for each in more if "event" not in each]
    assert [each["frame_index"] for each in frames] == [*range(ANCHOR, COUNT), *range(ANCHOR)[::-1]]
    assert lines() == frames
    again, *_ = lines(events=True)
    assert (again["done"], again["total"]) == (COUNT, COUNT)


def test_they_come_while_no_frame_does(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames that nobody asked for are tracked first, say, or others have the device."""
    monkeypatch.setattr(progress, "EVERY", 0.001)
    service = service_of(client)
    with service.engine.turns.prompt():
        running = service.session(path.rpartition("/")[2]).propagate()
        lines = PropagationLines(running, service, events=True)
        for _ in range(3):
            told = ProgressEvent.model_validate_json(lines() or b"")
            assert (told.done, told.total, told.fps, told.eta_sec) == (0, COUNT, None, None)
    running.close()


def test_speed_is_that_of_the_last_seconds() -> None:
    now = 0.0
    propagation: Any = SimpleNamespace(progress=Progress(0, 200, 0))
    lines = ProgressLines(propagation, lambda: now)

    def at(seconds: float, done: int, tracked: int) -> dict[str, Any] | None:
        nonlocal now
        now, propagation.progress = seconds, Progress(done, 200, tracked)
        return lines()

    start = at(0, 20, 0)
    assert start == {"event": "progress", "done": 20, "total": 200, "fps": None, "eta_sec": None}
    assert at(EVERY / 2, 25, 5) is None
    told = at(EVERY, 30, 10)
    assert told is not None and (told["fps"], told["eta_sec"]) == (10 / EVERY, 17 * EVERY)
    for second in range(2, 40):
        told = at(second * EVERY, 30, 10 + 2 * second)
    assert told is not None and (told["fps"], told["eta_sec"]) == (2 / EVERY, 85 * EVERY)
