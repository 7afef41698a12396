"""Made-up runs for the tests of the pictures; nothing of the toolkit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from samurai.evaluation.pictures.recording import PolygonShape, Recording, Shape, State, Track

GRAY = 100
MakeTrack = Callable[..., Track]
MakeRun = Callable[..., Recording]


@pytest.fixture
def make_track() -> MakeTrack:
    """A track of one value per frame; without more it is tracked, with nothing to draw."""

    def make(
        overlaps: list[float],
        *,
        name: str = "",
        states: list[State] | None = None,
        answers: list[Shape | None] | None = None,
        truths: list[Shape | None] | None = None,
        hidden: list[bool] | None = None,
        confidences: list[float] | None = None,
    ) -> Track:
        length = len(overlaps)
        return Track(
            name,
            states or [State.TRACKED] * length,
            answers or [None] * length,
            truths or [None] * length,
            np.array(hidden or [False] * length),
            np.array(overlaps, np.float64),
            np.array(confidences or [np.nan] * length, np.float64),
        )

    return make


@pytest.fixture
def make_run() -> MakeRun:
    """A run over gray frames of a size (width, height)."""

    def make(*tracks: Track, size: tuple[int, int] = (64, 48), title: str = "") -> Recording:
        length = len(tracks[0].states)
        picture = np.full((size[1], size[0], 3), GRAY, np.uint8)
        return Recording(
            tracker="tracker",
            experiment="experiment",
            sequence="sequence",
            name="run_001",
            title=title,
            frames=list(range(length)),
            length=length,
            fps=25.0,
            tracks=list(tracks),
            image=lambda _: picture,
        )

    return make


@pytest.fixture
def box() -> PolygonShape:
    """From x 10 to 30 and y 10 to 20."""
    return PolygonShape(np.array([(10, 10), (30, 10), (30, 20), (10, 20)], np.float64))
