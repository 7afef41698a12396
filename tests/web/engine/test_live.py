"""Live sources: tracked as frames come, only the newest is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, place_of
from oracles.living import assert_equal
from web.engine.conftest import LENGTH, Clock, Engines, corners, middle

from samurai.errors import RegionError, SourceError
from samurai.regions import Points, Region
from samurai.tracker import Tracker
from samurai.video.sources.base import Pixels, VideoFrame
from samurai.web.engine import Engine, LiveSession
from samurai.web.problems import Busy, Conflict, NotFound


class Camera(ArraySource):
    """Gives a frame when it is told to; ends where it is told to."""

    def __init__(self, frames: list[Pixels]) -> None:
        super().__init__(frames, live=True)
        self.steps = threading.Semaphore(0)
        self.error: Exception | None = None

    def frames(self, *_: Any) -> Iterator[VideoFrame]:
        for frame in super().frames():
            self.steps.acquire()
            if self._closed:
                return
            if self.error is not None:
                raise self.error
            yield frame

    def close(self) -> None:
        super().close()
        self.steps.release()


def _same(camera: Camera) -> Camera:
    return camera


@pytest.fixture
def camera(pixels: list[Pixels]) -> Camera:
    return Camera(pixels)


@pytest.fixture
def live(engine: Engine, camera: Camera) -> LiveSession:
    return engine.open_live(lambda: camera)


def step(live: LiveSession, camera: Camera, index: int) -> Any:
    """Let a frame come; its answers."""
    camera.steps.release()
    found = live.read(index - 1, 60)
    assert found is not None
    assert found.index == index
    return found


def test_objects_are_followed_as_in_a_session(
    live: LiveSession, camera: Camera, tracker: Tracker, pixels: list[Pixels]
) -> None:
    plain = tracker.session()
    plain.start(pixels[0])
    stroke = [middle("red", 6), [30.0, 30.0]]
    assert live.read(-1, 0) is None
    assert step(live, camera, 0).answers == ()
    live.set_box(7, corners("red", 0))
    live.set_points(3, [middle("blue", 1)], [1])
    assert live.numbers == [7, 3]
    for index in range(1, 9):
        new: dict[int, Region] = {7: place_of("red", 0), 3: Points([middle("blue", 1)], [1])}
        wanted = plain.step(pixels[index], new if index == 1 else None)
        found = step(live, camera, index)
        if index == 5:
            live.add_stroke(7, stroke)
        if index == 6:
            wanted = plain.correct(7, Points.along(stroke))
        assert_equal(list(found.answers), wanted)
    frame, answers = live.newest() or (None, None)
    assert frame is not None
    np.testing.assert_array_equal(frame.pixels, pixels[8])
    assert answers is not None
    assert answers.index == 8


def test_objects_come_and_go(live: LiveSession, camera: Camera) -> None:
    step(live, camera, 0)
    live.set_box(1, corners("red", 0))
    live.remove(1)  # before it was tracked
    live.set_box(2, corners("blue", 0))
    assert [each.object_id for each in step(live, camera, 1).answers] == [2]
    live.remove(2)
    live.set_box(2, corners("green", 1))  # another object
    found = step(live, camera, 2).answers
    assert [(each.object_id, each.prompted) for each in found] == [(2, True)]
    with pytest.raises(NotFound):
        live.remove(9)


def test_what_cannot_be_is_refused(engines: Engines, camera: Camera) -> None:
    live = engines(max_objects=1).open_live(lambda: camera)
    with pytest.raises(Busy):
        live.set_box(1, corners("red", 0))
    step(live, camera, 0)
    for wrong in ([20, 5, 10, 30], [70, 5, 90, 30]):
        with pytest.raises(RegionError):
            live.set_box(1, wrong)
    with pytest.raises(RegionError):
        live.set_points(1, [[5, 5]], [0])
    live.set_box(1, corners("red", 0))
    with pytest.raises(Conflict):
        live.set_box(2, corners("red", 0))
    live.set_points(1, [[60, 2]], [0])
    assert step(live, camera, 1).answers[0].prompted


def test_objects_go_on_where_frames_have_another_size(engine: Engine, pixels: list[Pixels]) -> None:
    large = [each.repeat(2, axis=0).repeat(2, axis=1) for each in pixels[3:6]]
    camera = Camera([*pixels[:3], *large])
    live = engine.open_live(lambda: camera)
    step(live, camera, 0)
    live.set_box(4, corners("red", 0))
    for index in (1, 2):
        step(live, camera, index)
    live.set_box(5, [50, 40, 60, 46])
    found = step(live, camera, 3).answers
    assert [each.object_id for each in found] == [4, 5]
    assert found[0].mask.shape == (96, 128)
    assert not found[0].prompted
    x, y = middle("red", 3)
    assert found[0].mask[int(2 * y), int(2 * x)]
    assert step(live, camera, 4).answers[0].mask.any()


def test_the_end_and_errors_are_told(engine: Engine, pixels: list[Pixels]) -> None:
    ending, failing = Camera(pixels[:2]), Camera(pixels)
    done, broken = engine.open_live(lambda: ending), engine.open_live(lambda: failing)
    for _ in range(2):
        ending.steps.release()
    assert done.read(99, 60) is None
    assert done.outcome is not None
    assert (done.outcome.kind, done.outcome.frames) == ("done", 2)
    failing.error = SourceError("cut")
    failing.steps.release()
    assert broken.newest(60) is None
    assert broken.outcome is not None
    assert broken.outcome.error is failing.error


def test_live_sessions_end_with_the_others(
    engines: Engines, pixels: list[Pixels], clock: Clock
) -> None:
    engine = engines(max_sessions=3, session_ttl_sec=60.0)
    closed: list[int] = []
    cameras = [Camera(pixels) for _ in range(3)]
    made = [
        engine.open_live(partial(_same, camera), on_close=lambda: closed.append(1))
        for camera in cameras
    ]
    with pytest.raises(Busy):
        engine.open_live(lambda: Camera(pixels))
    step(made[0], cameras[0], 0)
    assert engine.live(made[0].session_id) is made[0]
    assert not engine.sessions()
    with pytest.raises(NotFound):
        engine.session(made[0].session_id)
    engine.close_session(made[0].session_id)
    clock.now += 59
    made[1].read(-1, 0)
    clock.now += 1
    assert engine.sweep() == 1
    engine.close()
    assert len(closed) == 3
    for live, camera in zip(made, cameras, strict=True):
        assert camera._closed
        assert not live._thread.is_alive()
        assert live.outcome is not None
        assert live.outcome.kind == "cancelled"
        with pytest.raises(NotFound):
            live.newest()
        with pytest.raises(NotFound):
            live.set_box(1, corners("red", 0))
    with pytest.raises(NotFound):
        engine.live(made[0].session_id)


@pytest.mark.slow
def test_masks_are_separated_where_they_are_elsewhere(
    engines: Engines, pixels: list[Pixels]
) -> None:
    camera = Camera(pixels)
    live = engines(color_tracker(overlap=False)).open_live(lambda: camera)
    step(live, camera, 0)
    live.set_box(1, corners("red", 0))
    live.set_box(2, corners("blue", 0))
    for index in range(1, LENGTH):
        one, other = step(live, camera, index).answers
        assert not (one.mask & other.mask).any()
