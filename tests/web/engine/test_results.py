"""What a session answers later: ranges, timelines, exports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from web.engine.conftest import LENGTH, Videos, corners, read_all

from samurai.errors import ExportError
from samurai.video import open_source
from samurai.video.exports.registry import EXPORTS
from samurai.web.engine import WebSession
from samurai.web.engine.exporting import format_names


@pytest.fixture
def tracked(session: WebSession) -> WebSession:
    """One object from frame 4 on, another one everywhere."""
    session.set_box(4, 7, corners("red", 4))
    read_all(session.propagate(4, "forward", 12))
    session.set_box(2, 3, corners("blue", 2))
    read_all(session.propagate(2, "both", 20))
    session.rename(7, "dog", "#ff0000")
    return session


def test_results_are_read_by_ranges(tracked: WebSession) -> None:
    assert [each.index for each in tracked.results(3, 7)] == [3, 4, 5, 6]
    assert [each.index for each in tracked.results(20)] == [20, 21]
    assert [each.index for each in tracked.results(0, 999)] == list(range(22))
    assert not list(tracked.results(9, 9))
    for each in tracked.results():
        assert [a.object_id for a in each.answers] == [7, 3]
        assert each.seconds == each.index / 25


def test_a_timeline_says_what_the_answers_say(tracked: WebSession) -> None:
    dog, other = tracked.timeline(1, 99)
    assert (dog.number, other.number) == (7, 3)
    assert len(dog.scores) == len(dog.absent) == LENGTH - 1
    for place, frame in enumerate(range(1, LENGTH)):
        answers = {each.object_id: each for each in tracked.frame(frame).answers}
        for track in (dog, other):
            answer = answers.get(track.number)
            assert track.scores[place] == (None if answer is None else answer.confidence)
            assert track.absent[place] == (None if answer is None else answer.absent)
    assert tracked.timeline(5, 5)[0].scores == ()


@pytest.mark.slow
def test_every_format_is_written(tracked: WebSession, tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        tracked.export("vot-file", tmp_path)  # of one object
    for name, form in EXPORTS.items():
        if name == "vot-file":
            continue
        folder = tmp_path / name
        folder.mkdir()
        target = tracked.export(name, folder)
        assert target.parent == folder
        assert target.is_file() == (form.place == "file")
        assert target.is_file() or list(target.iterdir())


@pytest.mark.slow
def test_exports_have_the_clients_numbers_and_names(tracked: WebSession, tmp_path: Path) -> None:
    lines = map(json.loads, tracked.export("jsonl", tmp_path).read_text().splitlines())
    named = {line["object_id"]: line["label"] for line in lines}
    assert named[7] == "dog"
    assert set(named) == {7, 3}


@pytest.mark.slow
def test_the_video_is_drawn_with_the_clients_colors(
    tracked: WebSession, video: Videos, tmp_path: Path
) -> None:
    pytest.importorskip("av")
    assert {"mp4", "webm"} <= set(format_names())
    target = tracked.export("mp4", tmp_path)
    with open_source(target) as source:
        drawn = [frame.pixels.astype(int) for frame in source.frames()]
    assert len(drawn) == LENGTH
    change = [np.abs(new - old).mean() for new, old in zip(drawn, video.frames, strict=True)]
    assert min(change[:22]) > 2 * max(change[22:])
    assert video.opened[-1]._closed
