"""How much of what was asked for is done, whatever was tracked before."""

from __future__ import annotations

from typing import Any

import pytest
from web.engine.conftest import LENGTH, Videos, corners, middle, read_all
from web.engine.test_propagation import slow

from samurai.web.engine import Engine, WebSession
from samurai.web.engine.propagation import Progress

ANCHORS = {"red": 5, "blue": 12}
DONE = {"red": range(5, 8), "blue": range(0)}


def _is_done(frame: int, way: str) -> bool:
    """Whether nothing is left to be tracked there on the way from the objects' first frames."""
    return all(
        frame in DONE[color]
        for color, anchor in ANCHORS.items()
        if (way != "backward" and frame >= anchor) or (way != "forward" and frame <= anchor)
    )


@pytest.mark.parametrize(
    ("start", "way", "most", "frames"),
    [
        slow(0, "forward", None, range(LENGTH)),
        slow(5, "both", None, range(LENGTH)),
        slow(LENGTH - 1, "backward", None, range(LENGTH)),
        (6, "forward", 9, range(6, 15)),
        (6, "both", 3, range(4, 9)),
        (None, "backward", 3, range(3, 6)),
    ],
)
def test_progress_counts_the_frames_asked_for(
    engine: Engine, video: Videos, start: Any, way: Any, most: Any, frames: range
) -> None:
    session = engine.create("v", video)
    session.set_box(5, 1, corners("red", 5))
    read_all(session.propagate(5, "forward", 3))
    session.set_box(12, 2, corners("blue", 12))
    with engine.turns.prompt():  # nothing more is tracked yet
        running = session.propagate(start, way, most)
        done = sum(_is_done(frame, way) for frame in frames)
        assert running.progress == Progress(done, len(frames), 0)
    assert len(list(running)) == len(frames)
    found = running.progress
    assert (found.done, found.total) == (len(frames), len(frames)) and found.tracked > 0


def test_a_correction_takes_it_back(session: WebSession) -> None:
    session.set_box(0, 1, corners("red", 0))
    with session.propagate(0, "forward") as running:
        assert len(list(running)) == LENGTH
        session.set_points(10, 1, [middle("red", 10)], [1])
        assert running.progress.done == 10
