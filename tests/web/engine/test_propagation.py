"""Runs and their readers: which frames come, with which bits, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from oracles.color_tracker import color_tracker, place_of
from oracles.living import assert_equal
from web.engine.conftest import (
    LENGTH,
    Engines,
    Videos,
    corners,
    middle,
    read_all,
)

from samurai.core.directions import track_directions
from samurai.core.session import Session
from samurai.errors import DeviceError, SourceError
from samurai.regions import Answer
from samurai.runtime.turns import Turns
from samurai.tracker import Tracker
from samurai.video.sources.base import Pixels
from samurai.video.tracked import TrackedFrame
from samurai.web.engine import Engine, Propagation, WebSession
from samurai.web.engine.propagation import Route
from samurai.web.problems import Conflict, status_of


def slow(*values: Any) -> Any:
    """A case for the longer suite."""
    return pytest.param(*values, marks=pytest.mark.slow)


def frames_of(found: list[TrackedFrame]) -> list[int]:
    return [each.index for each in found]


def equal(one: list[TrackedFrame], other: list[TrackedFrame]) -> None:
    assert frames_of(one) == frames_of(other)
    for mine, theirs in zip(one, other, strict=True):
        assert_equal(list(mine.answers), list(theirs.answers))


def stop_at(video: Videos, frame: int) -> tuple[threading.Event, threading.Event]:
    """Let tracking wait before it decodes a frame for the first time; set when it is there, and to
    let it go on."""
    there, go_on = threading.Event(), threading.Event()

    def before(index: int) -> None:
        if index == frame and not there.is_set():
            there.set()
            assert go_on.wait(60)

    video.before = before
    return there, go_on


# --- which frames, with which bits


@pytest.mark.parametrize("direction", [slow("forward"), slow("backward"), "both"])
def test_answers_are_those_of_sessions_bit_for_bit(
    session: WebSession, tracker: Tracker, pixels: list[Pixels], direction: Any
) -> None:
    session.set_box(6, 7, corners("red", 6))
    session.set_box(12, 3, corners("blue", 12))
    given = {7: (6, place_of("red", 6)), 3: (12, place_of("blue", 12))}
    wanted: dict[int, list[Answer]] = {}
    for frame, answers in track_directions(tracker.session, pixels, given, direction):
        wanted.setdefault(frame, []).extend(answers)
    start = LENGTH - 1 if direction == "backward" else 0
    found = read_all(session.propagate(start, direction))
    assert frames_of(found) == sorted(range(LENGTH), reverse=direction == "backward")
    for each in found:
        order = sorted(wanted.get(each.index, ()), key=lambda a: a.object_id == 3)
        assert_equal(list(each.answers), order)


@pytest.mark.parametrize(
    ("start", "direction", "most", "wanted"),
    [
        slow(None, "both", None, [*range(8, LENGTH), *range(7, -1, -1)]),
        (None, "both", 3, [8, 9, 10, 7, 6]),
        (0, "both", 2, [0, 1]),
        slow(LENGTH - 1, "both", 2, [LENGTH - 1, LENGTH - 2]),
        (None, "backward", 3, [8, 7, 6]),
        slow(2, "backward", 9, [2, 1, 0]),
        slow(10, "forward", 1, [10]),
        (3, "forward", 4, [3, 4, 5, 6]),
    ],
)
def test_each_frame_comes_once_and_none_that_was_not_asked_for(
    session: WebSession, start: Any, direction: Any, most: Any, wanted: list[int]
) -> None:
    """Both ways, and as many frames as asked for, not one more (W13)."""
    session.set_box(8, 1, corners("red", 8))
    found = read_all(session.propagate(start, direction, most))
    assert frames_of(found) == wanted
    reached = {"forward": range(8, LENGTH), "backward": range(9), "both": range(LENGTH)}
    for each in found:
        assert len(each.answers) == (each.index in reached[direction])


def test_what_lies_behind_the_start_is_tracked_first() -> None:
    """So that the first frames that are read come early."""
    ways = ("forward", "backward")
    assert Route.of(5, "both", None, 20, [2, 5]).directions == ways
    assert Route.of(5, "both", None, 20, [2, 6]).directions == ways[::-1]
    assert Route.of(5, "both", 2, 20, [2]).within == range(4, 7)
    assert Route.of(5, "backward", None, 20, []).within == range(6)
    assert Route.of(5, "forward", None, 20, []).within == range(5, 20)


def test_only_what_is_stale_is_tracked_again(session: WebSession, video: Videos) -> None:
    session.set_box(0, 1, corners("red", 0))
    first = read_all(session.propagate(0, "forward"))
    given = len(video.opened[0].given)
    equal(read_all(session.propagate(0, "forward")), first)
    assert len(video.opened[0].given) == given
    session.set_box(15, 1, corners("green", 15))
    again = read_all(session.propagate(0, "forward"))
    equal(again[:15], first[:15])
    assert again[15].answers[0].prompted
    assert len(video.opened[0].given) - given < LENGTH


@pytest.mark.slow
def test_two_sessions_at_once_give_the_bytes_of_one_after_the_other(
    engine: Engine, video: Videos
) -> None:
    """In SAMURAI's API they share their motion (W3)."""
    made = [engine.create("v", video) for _ in range(4)]
    for session, color in zip(made, ["red", "blue"] * 2, strict=True):
        session.set_box(5, 1, corners(color, 5))
        session.set_box(9, 2, corners("green", 9))
    alone = [read_all(session.propagate(5, "both", 6)) for session in made[:2]]
    runs = [session.propagate(5, "both", 6) for session in made[2:]]
    for wanted, run in zip(alone, runs, strict=True):
        equal(read_all(run), wanted)


# --- turns


def test_frames_of_several_sessions_come_in_turn(
    engine: Engine, video: Videos, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace: list[int] = []
    plain = Turns.frame

    @contextmanager
    def traced(turns: Turns, withdrawn: threading.Event) -> Iterator[bool]:
        with plain(turns, withdrawn) as given:
            trace.append(id(withdrawn))
            while turns.waiting < 2 and len(trace) <= 30:
                withdrawn.wait(0)  # until the others ask
            yield given

    monkeypatch.setattr(Turns, "frame", traced)
    made = [engine.create("v", video) for _ in range(3)]
    for session in made:
        session.set_box(0, 1, corners("red", 0))
    for run in [session.propagate(0, "forward") for session in made]:
        read_all(run)
    assert len(trace) == 3 * LENGTH
    assert all(len(set(trace[n : n + 3])) == 3 for n in range(27))


def test_a_prompt_counts_between_two_frames(session: WebSession, video: Videos) -> None:
    there, go_on = stop_at(video, 10)
    session.set_box(0, 1, corners("red", 0))
    run = session.propagate()
    assert there.wait(60)
    session.set_box(3, 2, corners("blue", 3))
    session.set_box(6, 1, corners("green", 6))
    with pytest.raises(Conflict):
        session.propagate()
    go_on.set()
    found = read_all(run)
    assert [len(each.answers) for each in found] == [2] * LENGTH
    assert found[6].answers[0].prompted
    assert not any(each.stale for each in session.view().objects)
    session.remove(1)
    assert [each.answers[0].object_id for each in session.results(4, 6)] == [2, 2]


def test_objects_may_go_while_it_runs(session: WebSession, video: Videos) -> None:
    there, go_on = stop_at(video, 10)
    session.set_box(0, 1, corners("red", 0))
    session.set_box(0, 2, corners("blue", 0))
    run = session.propagate()
    assert there.wait(60)
    assert session.remove(1) == list(range(10))
    go_on.set()
    assert {each.object_id for found in read_all(run) for each in found.answers} == {2}
    there, go_on = stop_at(video, 20)
    session.set_box(0, 2, corners("green", 0))
    run = session.propagate()
    assert there.wait(60)
    session.clear_all()
    go_on.set()
    for found in read_all(run):
        assert not found.answers or found.index < 20
    assert not list(session.results())


# --- how it ends


def test_cancel_stops_after_the_frame_at_work_and_keeps_the_answers(
    engine: Engine, video: Videos
) -> None:
    whole, session = engine.create("v", Videos(video.frames)), engine.create("v", video)
    for each in (whole, session):
        each.set_box(0, 1, corners("red", 0))
    there, go_on = stop_at(video, 10)
    run = session.propagate()
    assert there.wait(60)
    said: list[bool] = []
    threads = [threading.Thread(target=lambda: said.append(session.cancel())) for _ in range(3)]
    for thread in threads:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert sorted(said) == [False, False, True]
    assert not session.cancel()
    assert not session.running
    assert max(video.opened[0].given) <= 11
    found = list(run)
    assert frames_of(found) == [*range(len(found))]
    assert len(found) in (10, 11)
    assert run.outcome is not None
    assert (run.outcome.kind, run.outcome.frames) == ("cancelled", len(found))
    equal(read_all(session.propagate(0, "forward")), read_all(whole.propagate(0, "forward")))


def test_who_waits_for_a_turn_is_cancelled_at_once(engine: Engine, session: WebSession) -> None:
    session.set_box(0, 1, corners("red", 0))
    with engine.turns.prompt():
        run = session.propagate()
        assert run.read(0) is None
        assert session.cancel()
    assert run.read() is None
    assert run.outcome is not None
    assert run.outcome.kind == "cancelled"
    assert engine.frames_tracked == 0
    assert not session.cancel()
    read_all(session.propagate())
    assert engine.frames_tracked >= LENGTH


def test_a_session_that_is_closed_ends_within_a_frame(
    engine: Engine, session: WebSession, video: Videos
) -> None:
    there, go_on = stop_at(video, 10)
    session.set_box(0, 1, corners("red", 0))
    run = session.propagate()
    assert there.wait(60)
    closing = threading.Thread(target=engine.close_session, args=(session.session_id,))
    closing.start()
    go_on.set()
    closing.join(60)
    assert not run.running
    assert max(video.opened[0].given) <= 11
    assert not list(run)
    assert run.outcome is not None
    assert run.outcome.kind == "cancelled"


def test_a_reader_that_goes_away_stops_the_work(session: WebSession, video: Videos) -> None:
    """Ten of them, and the eleventh is served (W6)."""
    session.set_box(0, 1, corners("red", 0))
    for turn in range(10):
        there, go_on = stop_at(video, 2 + 2 * turn)
        reader = iter(session.propagate(0, "forward"))
        assert next(reader).index == 0
        assert there.wait(60)
        go_on.set()
        reader.close()  # type: ignore[attr-defined]
        assert not session.running
    video.before = None
    assert len(read_all(session.propagate())) == LENGTH


def test_a_slow_reader_holds_nothing_up(session: WebSession) -> None:
    session.set_box(0, 1, corners("red", 0))
    with session.propagate() as run:
        run._thread.join(60)
        assert not run.running
        assert run.outcome is None
        session.set_box(20, 1, corners("green", 20))  # for another run
        found = list(run)
        assert frames_of(found) == list(range(LENGTH))
        assert [len(each.answers) for each in found] == [1] * 20 + [0] * 4


def test_a_reader_waits_no_longer_than_it_wants(session: WebSession, video: Videos) -> None:
    there, go_on = stop_at(video, 3)
    session.set_box(0, 1, corners("red", 0))
    with session.propagate() as run:
        assert there.wait(60)
        assert [run.read().index for _ in range(3)] == [0, 1, 2]  # type: ignore[union-attr]
        assert run.read(0) is None
        assert run.outcome is None
        go_on.set()
        assert run.read().index == 3  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("raised", "kind", "status"),
    [
        (SourceError("damaged"), SourceError, 422),
        slow(MemoryError(), DeviceError, 503),
        (torch.OutOfMemoryError(), DeviceError, 503),
        (ZeroDivisionError(), Exception, 500),
    ],
)
def test_an_error_in_the_middle_ends_it_as_such_and_keeps_the_answers(
    session: WebSession, video: Videos, raised: Exception, kind: type, status: int
) -> None:
    """In SAMURAI's API it looks like a short stream (W7)."""

    def before(index: int) -> None:
        if index == 10:
            raise raised

    video.before = before
    session.set_box(0, 1, corners("red", 0))
    run = session.propagate()
    assert frames_of(list(run)) == list(range(10))
    outcome = run.outcome
    assert outcome is not None
    assert (outcome.kind, outcome.frames) == ("error", 10)
    assert isinstance(outcome.error, kind)
    assert status_of(outcome.error) == status  # type: ignore[arg-type]
    assert session.view().objects[0].done == ((0, 9),)
    video.before = None
    assert len(read_all(session.propagate())) == LENGTH


def test_a_preview_without_memory_is_an_error_of_the_device(
    session: WebSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def preview(*_: Any) -> None:
        raise torch.OutOfMemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Session, "preview", preview)
        with pytest.raises(DeviceError):
            session.preview(0, 1, [middle("red", 0)], [1])
    assert session.preview(0, 1, [middle("red", 0)], [1]).answers


@pytest.mark.slow
def test_separated_masks_are_tracked_together(engines: Engines, video: Videos) -> None:
    session = engines(color_tracker(overlap=False)).create("v", video)
    session.set_box(3, 1, corners("red", 3))
    session.set_box(8, 2, corners("blue", 8))
    found = read_all(session.propagate(0))
    assert [len(each.answers) for each in found] == [2] * LENGTH
    for each in found:
        assert not (each.answers[0].mask & each.answers[1].mask).any()


def test_a_propagation_is_its_own_block(session: WebSession, video: Videos) -> None:
    there, go_on = stop_at(video, 5)
    session.set_box(0, 1, corners("red", 0))
    with session.propagate() as run:
        assert isinstance(run, Propagation)
        assert there.wait(60)
        go_on.set()
    assert not session.running
