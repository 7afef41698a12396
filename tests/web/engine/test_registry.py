"""Sessions come and go: limits, time to live, and nothing is left of them."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from pathlib import Path

import pytest
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, colored_video
from web.engine.conftest import LENGTH, Clock, Engines, Videos, corners, read_all

from samurai.errors import ConfigurationError, JobError, SessionError, SourceError
from samurai.web.engine import Engine, WebSession
from samurai.web.problems import Busy, Conflict, NotFound


def test_sessions_are_found_until_they_are_closed(engine: Engine, video: Videos) -> None:
    one, two = engine.create("a", video), engine.create("b", video)
    assert engine.session(one.session_id) is one
    assert engine.sessions() == [two, one]
    assert [engine.sessions_on(each) for each in "abc"] == [1, 1, 0]
    view = one.view()
    assert (view.session_id, view.video_id, view.num_frames) == (one.session_id, "a", LENGTH)
    assert view.created_at.endswith("+00:00")
    engine.close_session(one.session_id)
    for call in (engine.session, engine.close_session):
        for name in (one.session_id, "", "../x", "x" * 1000):
            with pytest.raises(NotFound):
                call(name)
    assert engine.sessions() == [two]


def test_no_more_sessions_than_allowed(engines: Engines, video: Videos, clock: Clock) -> None:
    engine = engines(max_sessions=2, session_ttl_sec=60.0)
    one = engine.create("v", video)
    clock.now += 20
    engine.create("v", video)
    with pytest.raises(Busy) as caught:
        engine.create("v", video)
    assert caught.value.retry_after == 40
    engine.close_session(one.session_id)
    engine.create("v", video)
    clock.now += 60
    assert engine.create("v", video) in engine.sessions()  # the others have expired
    assert len(engine.sessions()) == 1


def test_sessions_expire_unless_they_are_used_or_track(
    engines: Engines, video: Videos, clock: Clock
) -> None:
    engine = engines(session_ttl_sec=60.0)
    there, go_on = threading.Event(), threading.Event()

    def before(index: int) -> None:
        if index == 5 and not there.is_set():
            there.set()
            assert go_on.wait(60)

    running = engine.create("v", Videos(video.frames, before))
    used, idle = engine.create("v", video), engine.create("v", video)
    running.set_box(0, 1, corners("red", 0))
    run = running.propagate()
    assert there.wait(60)
    clock.now += 59
    engine.session(used.session_id)
    clock.now += 1
    assert engine.sweep() == 1
    assert engine.sessions() == [used, running]
    with pytest.raises(NotFound):
        idle.view()
    clock.now += 600
    assert engine.sweep() == 1
    go_on.set()
    read_all(run)
    clock.now += 59
    assert not engine.sweep()
    list(running.results())
    clock.now += 59
    assert not engine.sweep()
    clock.now += 1
    assert engine.sweep() == 1


def test_nothing_is_left_of_closed_sessions(engine: Engine, video: Videos, tmp_path: Path) -> None:
    def one() -> weakref.ref[WebSession]:
        closed: list[int] = []
        session = engine.create("v", video, on_close=lambda: closed.append(1))
        session.set_box(3, 1, corners("red", 3))
        reader = iter(session.propagate())
        next(reader)
        assert engine.stored_bytes() > 0
        engine.close_session(session.session_id)
        assert closed == [1]
        assert video.opened.pop()._closed
        return weakref.ref(session)

    one()
    gc.collect()  # also what other tests left, whose files would be missing later
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    left = [one() for _ in range(2)]
    gc.collect()
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == files
    assert not any(each() for each in left)
    assert not list((tmp_path / "data" / "sessions").iterdir())
    assert engine.stored_bytes() == 0


def test_leftovers_of_a_crash_are_deleted_but_nothing_else(
    engines: Engines, video: Videos, tmp_path: Path
) -> None:
    engine = engines()
    engine.create("v", video).set_box(0, 1, corners("red", 0))
    folder = tmp_path / "data" / "sessions"
    (tmp_path / "data" / "videos").mkdir()
    engine.close()
    engine.close()
    assert not list(folder.iterdir())
    (folder / "old" / "answers").mkdir(parents=True)
    (folder / "file").write_text("x")
    (folder / "link").symlink_to(tmp_path / "data" / "videos")
    engines()
    assert not list(folder.iterdir())
    assert (tmp_path / "data" / "videos").is_dir()


def test_a_folder_of_data_belongs_to_one_engine(engines: Engines) -> None:
    engine = engines()
    with pytest.raises(ConfigurationError):
        engines()
    engine.close()
    engines()


def test_what_cannot_be_opened_leaves_nothing(
    engine: Engine, video: Videos, tmp_path: Path
) -> None:
    def broken() -> ArraySource:
        raise SourceError("no video")

    live = ArraySource(video.frames, live=True)
    pipe = ArraySource(video.frames, seekable=False)
    endless = ArraySource(video.frames, count=None)
    for opened in (broken, lambda: live, lambda: pipe, lambda: endless):
        with pytest.raises(SourceError):
            engine.create("v", opened)
    assert not engine.sessions()
    assert not list((tmp_path / "data" / "sessions").iterdir())


@pytest.mark.slow
def test_objects_of_one_session_are_found_in_another_video(engine: Engine, video: Videos) -> None:
    first = engine.create("v", video)
    with pytest.raises(JobError):
        engine.create("w", video, like=first.session_id)
    with pytest.raises(NotFound):
        engine.create("w", video, like="x")
    first.set_box(0, 4, corners("red", 0))
    first.set_box(0, 9, corners("blue", 0))
    read_all(first.propagate())
    first.rename(9, "dog")
    other = Videos(colored_video(30)[10:])
    session = engine.create("w", other, like=first.session_id)
    assert [each.number for each in session.view().objects] == [4, 9]
    found = read_all(session.propagate())
    assert [each.index for each in found] == list(range(20))
    assert found[10].answers[1].mask.any()
    with pytest.raises(Conflict):
        session.propagate(5, "backward")
    session.set_points(3, 9, [[2, 2]], [0])
    session.set_box(4, 1, corners("green", 14))
    read_all(session.propagate())
    session.clear_frame(3, 9)
    assert session.remove(4) == list(range(20))
    assert [each.number for each in session.view().objects] == [9, 1]
    read_all(session.propagate())


def test_a_model_that_only_follows_looks_for_nothing(engines: Engines, video: Videos) -> None:
    engine = engines(color_tracker(window=4.0))
    first = engine.create("v", video)
    first.set_box(0, 4, corners("red", 0))
    read_all(first.propagate())
    with pytest.raises(SessionError):
        engine.create("w", video, like=first.session_id)
    assert len(engine.sessions()) == 1


def test_sessions_of_several_threads_keep_to_the_limit(engines: Engines, video: Videos) -> None:
    engine, made = engines(max_sessions=3), list[object]()

    def create() -> None:
        try:
            made.append(engine.create("v", video))
        except Busy as error:
            made.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(isinstance(each, WebSession) for each in made) == len(engine.sessions()) <= 3
    assert len(made) == 8
