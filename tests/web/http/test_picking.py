"""`samurai pick`: what is marked in the page becomes the file of `samurai track`."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.color_tracker import colored_video
from oracles.web_server import SIZE, clip, served, service_of, session, upload
from PIL import Image

from samurai.cli import main as cli
from samurai.cli.pick import _save
from samurai.config import TrackerConfig
from samurai.errors import ConfigurationError, SourceError
from samurai.models.manifest import model_card
from samurai.regions import Box, Points
from samurai.video.prompts.files import read_prompts
from samurai.web import loading
from samurai.web.arrivals import adopt


def test_prompts_are_saved_as_track_reads_them(tmp_path: Path) -> None:
    target, saved = tmp_path / "clip.prompts.json", threading.Event()
    with served(tmp_path) as client:
        service_of(client).save_prompts = partial(_save, target, saved)
        path = session(client, upload(client, clip(tmp_path))["id"])
        body = {"session_id": path.rpartition("/")[2]}
        assert client.post("/pick", json=body).status_code == 409
        assert not target.exists() and not saved.is_set()
        client.post(f"{path}/frames/0/box", json={"object_id": 3, "box": [2, 4, 22, 24]})
        client.patch(f"{path}/objects/3", json={"name": "cup"})
        clicks = {"object_id": 3, "points": [[10, 11], [40, 30]], "labels": [1, 0]}
        client.post(f"{path}/frames/5/points", json=clicks)
        answer = client.post("/pick", json=body)
    assert answer.json() == {"path": str(target)} and saved.is_set()
    first, second = read_prompts(target, frame_size=(SIZE[1], SIZE[0]))
    assert (first.object_id, first.frame_index, first.label) == (3, 0, "cup")
    assert first.region == Box(2, 4, 20, 20)
    assert (second.object_id, second.frame_index) == (3, 5)
    assert isinstance(second.region, Points)
    assert second.region.coordinates.tolist() == [[10, 11], [40, 30]]
    assert second.region.labels.tolist() == [1, 0]


def test_another_server_saves_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        path = session(client, upload(client, clip(tmp_path))["id"])
        answer = client.post("/pick", json={"session_id": path.rpartition("/")[2]})
    assert answer.status_code == 404


def test_a_video_and_a_folder_are_linked_and_stay_as_they_are(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number, frame in enumerate(colored_video(3, (SIZE[1], SIZE[0]))):
        Image.fromarray(frame).save(frames / f"{number}.png")
    video, empty = clip(tmp_path), tmp_path / "empty"
    empty.mkdir()
    before = {each: each.read_bytes() for each in [video, *frames.iterdir()]}
    with served(tmp_path) as client:
        service = service_of(client)
        for source, count in ((video, 12), (frames, 3)):
            arrival = service.library.arrive()
            found = adopt(source, arrival, service.settings)
            arrival.close()
            assert (found.filename, found.frame_count) == (source.name, count)
            assert client.get(f"/videos/{found.id}/frames/{count - 1}").status_code == 200
            assert client.delete(f"/videos/{found.id}").status_code == 200
        arrival = service.library.arrive()
        with pytest.raises(SourceError):
            adopt(empty, arrival, service.settings)
        arrival.close()
    assert {each: each.read_bytes() for each in before} == before


def test_what_cannot_be_picked_is_refused_before_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    video = clip(tmp_path)
    (tmp_path / "clip.prompts.json").touch()
    for arguments in (
        ["no.mp4"],
        [str(video)],
        [str(video), "-o", "no/folder.json"],
        [str(video), "-o", "new.json", "--policy", "none"],
    ):
        assert cli.main(["pick", *arguments, "--no-browser"]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("samurai")


@pytest.mark.parametrize("command", ["web", "pick"])
@pytest.mark.parametrize(
    ("there", "asked", "chosen"),
    [
        (False, {}, "nano"),
        (True, {}, "base_plus"),
        (True, {"SAMURAI_MODEL_SIZE": "nano"}, "nano"),
        (True, {"SAMURAI_MODEL_SIZE": " "}, "base_plus"),
    ],
)
def test_the_model_behind_the_page_is_the_best_that_is_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plain_environment: None,
    command: str,
    there: bool,
    asked: dict[str, str],
    chosen: str,
) -> None:
    """Of both commands, where none is named; the folder is that of SAMURAI's API."""

    def made(config: TrackerConfig, *_: object) -> None:
        found.append(config.model)
        raise ConfigurationError("enough")

    found: list[str] = []
    monkeypatch.setattr(loading, "tracking_app", made)
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", "")
    monkeypatch.setenv("SAMURAI_APP_ROOT", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    if there:
        (tmp_path / model_card("base_plus").file).touch()
    source = [str(clip(tmp_path)), "-o", str(tmp_path / "new.json")] if command == "pick" else []
    assert cli.main([command, "--port", "0", *source]) == 2
    assert found == [chosen]
