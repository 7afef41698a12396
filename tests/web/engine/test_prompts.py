"""Prompts of clients: what is refused, what adds up, and what the job is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from web.engine.conftest import LENGTH, SIZE, Engines, Videos, corners, middle, read_all

from samurai.errors import RegionError, SamuraiError
from samurai.masks import to_coco_rle
from samurai.regions import Mask
from samurai.web.engine import Engine, WebSession
from samurai.web.problems import Conflict, NotFound, Unprocessable, status_of

EMPTY = np.zeros(SIZE, np.bool_)


def square(color: str, frame: int) -> Any:
    left, top, right, bottom = map(int, corners(color, frame))
    mask = EMPTY.copy()
    mask[top:bottom, left:right] = True
    return to_coco_rle(mask)


NAN, HUGE = float("nan"), 1e300

REFUSED: dict[str, tuple[int, Any]] = {
    "labels that aren't as many": (422, lambda s: s.set_points(0, 1, [[5, 5]], [1, 1])),
    "a label of another kind": (422, lambda s: s.set_points(0, 1, [[5, 5]], [2])),
    "no click on a new object": (422, lambda s: s.set_points(0, 1, [[5, 5]], [0])),
    "no clicks": (422, lambda s: s.set_points(0, 1, [], [])),
    "a click of one number": (422, lambda s: s.set_points(0, 1, [[5]], [1])),
    "a click that isn't a number": (422, lambda s: s.set_points(0, 1, [[NAN, 5]], [1])),
    "a huge click": (422, lambda s: s.set_points(0, 1, [[HUGE, 5]], [1])),
    "a click outside": (422, lambda s: s.set_points(0, 1, [[65, 5]], [1])),
    "a click left of it": (422, lambda s: s.set_points(0, 1, [[-0.5, 5]], [1])),
    "a part above 1": (422, lambda s: s.set_points(0, 1, [[1.5, 0.5]], [1], normalized=True)),
    "a reversed box": (422, lambda s: s.set_box(0, 1, [20, 5, 10, 30])),
    "a box without area": (422, lambda s: s.set_box(0, 1, [20, 5, 20, 30])),
    "a box outside": (422, lambda s: s.set_box(0, 1, [70, 5, 90, 30])),
    "a box that isn't finite": (422, lambda s: s.set_box(0, 1, [5, 5, float("inf"), 30])),
    "a box of three": (422, lambda s: s.set_box(0, 1, [5, 5, 20])),
    "an empty mask": (422, lambda s: s.set_mask(0, 1, to_coco_rle(EMPTY))),
    "a mask of another size": (422, lambda s: s.set_mask(0, 1, to_coco_rle(EMPTY[:40]))),
    "a huge mask": (422, lambda s: s.set_mask(0, 1, {"size": [10**9, 10**9], "counts": "0"})),
    "no code of a mask": (422, lambda s: s.set_mask(0, 1, {"size": [*SIZE], "counts": "%%"})),
    "a mask without a size": (422, lambda s: s.set_mask(0, 1, {"counts": "0"})),
    "a stroke beside a new object": (422, lambda s: s.add_stroke(0, 1, [[5, 5], [9, 9]], 0)),
    "a stroke outside": (422, lambda s: s.add_stroke(0, 1, [[5, 5], [99, 9]])),
    "a stroke without points": (422, lambda s: s.add_stroke(0, 1, [])),
    "a frame beyond the end": (422, lambda s: s.set_box(LENGTH, 1, [5, 5, 20, 20])),
    "a negative frame": (422, lambda s: s.set_points(-1, 1, [[5, 5]], [1])),
    "a frame that isn't there": (422, lambda s: s.frame(LENGTH)),
    "a preview beyond the end": (422, lambda s: s.preview(LENGTH, points=[[5, 5]], labels=[1])),
    "a preview of nothing": (422, lambda s: s.preview(0)),
    "a preview of what isn't it": (422, lambda s: s.preview(0, 0, [[5, 5]], [0])),
    "an unknown object removed": (404, lambda s: s.remove(9)),
    "an unknown object cleared": (404, lambda s: s.clear_frame(0, 9)),
    "an unknown object renamed": (404, lambda s: s.rename(9, "dog")),
    "no prompts": (409, lambda s: s.propagate()),
    "a start beyond the end": (422, lambda s: s.propagate(LENGTH)),
    "no frames": (422, lambda s: s.propagate(0, "both", 0)),
    "an unknown export": (404, lambda s: s.export("nonsense", None)),
    "an export of nothing": (409, lambda s: s.export("mot", None)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(session: WebSession, case: str) -> None:
    status, call = REFUSED[case]
    with pytest.raises(SamuraiError) as caught:
        call(session)
    assert status_of(caught.value) == status
    assert not session.view().objects
    assert not session.running


def test_objects_are_counted(engines: Engines, video: Videos) -> None:
    session = engines(max_objects=2).create("v", video)
    for number in (7, 0):
        session.set_box(0, number, corners("red", 0))
    with pytest.raises(Conflict):
        session.set_box(0, 3, corners("blue", 0))
    session.set_box(5, 7, corners("red", 5))
    session.remove(7)
    session.set_box(0, 3, corners("blue", 0))
    assert [each.number for each in session.view().objects] == [0, 3]


def test_a_box_partly_outside_is_clipped(session: WebSession) -> None:
    session.set_box(0, 1, [-20, 40, 10, 900])
    assert session.view().objects[0].prompts[0].box == (0, 40, 10, 48)


def test_clicks_are_pixels_unless_they_are_parts(session: WebSession) -> None:
    """The other way round in SAMURAI's API (W1)."""
    x, y = middle("red", 0)
    found = session.set_points(0, 1, [[x, y]], [1]).answers[0]
    assert found.mask[int(y), int(x)]
    again = session.set_points(0, 2, [[x / 64, y / 48]], [1], normalized=True).answers[1]
    np.testing.assert_array_equal(found.mask, again.mask)


def test_clicks_add_up_or_replace(session: WebSession) -> None:
    def clicks() -> list[tuple[float, ...]]:
        return [(*p, v) for p, v in zip(prompt().points, prompt().labels, strict=True)]

    def prompt() -> Any:
        return session.view().objects[0].prompts[0]

    session.set_points(0, 1, [[5, 6]], [1])
    session.set_points(0, 1, [[40, 6]], [0], replace=False)
    assert clicks() == [(5, 6, 1), (40, 6, 0)]
    session.set_box(0, 1, corners("red", 0))
    assert clicks() == []
    session.set_points(0, 1, [[40, 6]], [0], replace=False)
    assert prompt().box == tuple(corners("red", 0))
    assert clicks() == [(40, 6, 0)]
    session.set_points(0, 1, [[9, 9]], [1])
    assert prompt().box is None
    session.set_mask(0, 1, square("red", 0))
    session.add_stroke(0, 1, [[5, 6], [12, 13]])
    assert prompt().has_mask
    assert len(clicks()) == 8
    session.add_stroke(0, 1, [[5, 6], [12, 13]], replace=True)
    assert not prompt().has_mask
    with pytest.raises(Unprocessable):
        session.set_points(0, 1, [[5, 6]] * 1020, [1] * 1020, replace=False)
    assert len(clicks()) == 8


def test_the_same_prompt_again_makes_nothing_stale(session: WebSession) -> None:
    def prompt() -> None:
        session.set_points(3, 1, [middle("red", 3)], [1])
        session.set_box(4, 2, corners("blue", 4))
        session.set_mask(5, 3, square("green", 5))

    prompt()
    read_all(session.propagate(3, "both", 4))
    before = session.view()
    prompt()
    assert session.view() == before


def test_a_first_mask_comes_with_the_prompt_and_stays_with_it(session: WebSession) -> None:
    answered = session.set_box(3, 5, corners("red", 3))
    (answer,) = answered.answers
    assert (answered.index, answer.object_id, answer.prompted) == (3, 5, True)
    assert answered.seconds == 3 / 25
    x, y = map(int, middle("red", 3))
    assert answer.mask[y, x]
    np.testing.assert_array_equal(session.frame(3).answers[0].mask, answer.mask)
    assert not session.frame(4).answers
    both = session.set_mask(3, 2, square("green", 3))
    assert [each.object_id for each in both.answers] == [5, 2]
    assert both.answers[1].mask.sum() == 14 * 14
    assert not session.clear_frame(3, 5).answers[1:]


def test_a_preview_changes_nothing(session: WebSession) -> None:
    session.set_box(3, 5, corners("red", 3))
    before = session.view()
    found = session.preview(7, 9, [middle("blue", 7)], [1])
    assert [each.object_id for each in found.answers] == [9]
    assert session.preview(7, box=corners("blue", 7)).answers[0].object_id == 0
    assert session.view() == before


def test_a_correction_is_shown_where_the_object_was(session: WebSession) -> None:
    """A click beside the object alone says nothing of where it is; what was tracked does."""
    session.set_box(0, 1, corners("red", 0))
    read_all(session.propagate(0, "forward"))
    shown = session.set_points(9, 1, [[63, 2]], [0])
    x, y = map(int, middle("red", 9))
    assert shown.answers[0].mask[y, x]
    assert session.view().objects[0].stale == ((9, LENGTH - 1),)
    read_all(session.propagate(0, "forward", 10))
    assert session.frame(9).answers[0].prompted


def test_a_correction_keeps_what_lies_before_and_another_first_prompt_nothing(
    session: WebSession,
) -> None:
    session.set_box(4, 1, corners("red", 4))
    read_all(session.propagate())
    session.set_box(9, 1, corners("green", 9))
    assert session.view().objects[0].done == ((0, 8),)
    session.clear_frame(9, 1)
    assert [each.frame for each in session.view().objects[0].prompts] == [4]
    session.set_box(4, 1, corners("blue", 4))
    assert session.view().objects[0].done == ()
    assert session.view().objects[0].stale == ((0, LENGTH - 1),)


def test_the_first_prompt_can_be_taken_back_where_another_one_is_left(session: WebSession) -> None:
    session.set_box(4, 1, corners("red", 4))
    session.set_points(9, 1, [middle("red", 9)], [0])
    with pytest.raises(RegionError):
        session.clear_frame(4, 1)
    assert [each.frame for each in session.view().objects[0].prompts] == [4, 9]
    session.set_box(12, 1, corners("red", 12))
    session.clear_frame(4, 1)
    assert [each.frame for each in session.view().objects[0].prompts] == [9, 12]
    assert len(read_all(session.propagate(9, "both", 4))) == 7
    session.clear_frame(9, 1)
    session.clear_frame(12, 1)
    (left,) = session.view().objects
    assert (left.prompts, left.done, left.stale) == ((), (), ())
    with pytest.raises(Conflict):
        session.propagate()
    session.set_box(2, 1, corners("blue", 2))
    read_all(session.propagate(2, "both", 2))


def test_names_and_colors_stay_with_the_number(session: WebSession) -> None:
    session.set_box(4, 1, corners("red", 4))
    first = session.view().objects[0]
    assert first.name
    assert len(first.color) == 7
    assert session.rename(1, name="dog").color == first.color
    session.rename(1, color="#102030")
    session.clear_frame(4, 1)
    session.set_box(5, 1, corners("red", 5))
    again = session.view().objects[0]
    assert (again.name, again.color) == ("dog", "#102030")
    session.remove(1)
    session.set_box(5, 1, corners("red", 5))
    assert session.view().objects[0].name == first.name


def test_a_number_comes_back_as_another_object(session: WebSession) -> None:
    session.set_box(0, 1, corners("red", 0))
    session.set_box(0, 2, corners("blue", 0))
    read_all(session.propagate(0, "forward", 8))
    blue = session.frame(7).answers[1]
    assert session.remove(1) == list(range(8))
    assert session.remove(2) == list(range(8))
    session.set_box(0, 1, corners("blue", 0))
    read_all(session.propagate(0, "forward", 8))
    np.testing.assert_array_equal(session.frame(7).answers[0].mask, blue.mask)
    session.clear_all()
    assert not session.view().objects
    assert not list(session.results())


def test_a_change_that_fails_half_way_is_taken_back(
    session: WebSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from samurai.errors import StorageError
    from samurai.jobs.record import JobRecord

    session.set_mask(4, 1, square("red", 4))
    session.set_box(9, 1, corners("red", 9))
    before, write, left = session.view(), JobRecord.write, [0]

    def full(record: JobRecord, folder: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise StorageError("no space")
        write(record, folder)

    monkeypatch.setattr(JobRecord, "write", full)
    for left[0] in (1, 2, 3):
        with pytest.raises(StorageError):
            session.set_mask(4, 1, square("blue", 4))
        assert session.view() == before
    left[0] = 0
    read_all(session.propagate(4, "forward", 2))
    x, y = map(int, middle("red", 4))
    assert session.frame(4).answers[0].mask[y, x]


def test_a_closed_session_answers_nothing(engine: Engine, session: WebSession) -> None:
    session.set_box(4, 1, corners("red", 4))
    results = session.results()
    engine.close_session(session.session_id)
    for call in (
        session.view,
        session.propagate,
        session.cancel,
        lambda: session.frame(4),
        lambda: session.set_box(4, 1, corners("red", 4)),
        lambda: session.preview(4, box=corners("red", 4)),
        lambda: session.timeline(),
        lambda: list(results),
    ):
        with pytest.raises(NotFound):
            call()


def test_regions_are_kept_as_given(session: WebSession) -> None:
    session.set_mask(4, 1, square("red", 4))
    (prompt,) = session._parts.job.prompts
    assert isinstance(prompt.region, Mask)
    assert prompt.frame_index == 4
