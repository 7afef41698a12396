"""What is found in a world of colored shapes, when, and for what reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.blobs import Blob, BlobSession, frame_of

from samurai.discovery import Discoverer, DiscoverySettings
from samurai.discovery.detectors.base import Detection
from samurai.discovery.detectors.words import Words
from samurai.errors import ConfigurationError, DetectorError
from samurai.regions import Answer, Box, Mask

QUICK: dict[str, Any] = {"gap": 5, "points_per_side": 8, "min_area": 20}
LEFT, RIGHT = Blob(90, (4, 4, 16, 16)), Blob(120, (50, 30, 20, 20))
LATE = Blob(150, (0, 40, 14, 14), move=(1, 0), first=7)


def discovered(
    blobs: Sequence[Blob], length: int, session: BlobSession, finder: Discoverer
) -> Iterator[list[Answer]]:
    """The answers of each frame."""
    for index in range(length):
        frame = frame_of(blobs, index)
        answers = session.step(frame)
        yield finder.update(session, frame, answers)  # type: ignore[arg-type]


def ids(answers: Sequence[Answer]) -> list[Any]:
    return [each.object_id for each in answers]


def finder_of(**values: Any) -> Discoverer:
    return Discoverer(DiscoverySettings(**{**QUICK, **values}))


def test_what_is_there_is_found_at_once_and_what_enters_in_the_next_pass() -> None:
    session, finder = BlobSession(), finder_of()
    run = list(discovered([LEFT, RIGHT, LATE], 12, session, finder))
    assert ids(run[0]) == ids(run[9]) == [0, 1]
    assert ids(run[10]) == ids(run[11]) == [0, 1, 2]
    assert finder.reasons == {
        0: "grid at frame 0",
        1: "grid at frame 0",
        2: "grid at frame 10",
    }
    np.testing.assert_array_equal(run[10][2].mask, frame_of([LATE], 10)[..., 0] > 0)


def test_clicks_on_tracked_objects_are_left_out_and_nothing_free_means_no_pass() -> None:
    session, finder = BlobSession(), finder_of()
    list(discovered([LEFT, RIGHT], 6, session, finder))
    assert session.clicks[0] == 64 > session.clicks[1]
    session, finder = BlobSession(), finder_of(largest=1.0)
    list(discovered([Blob(90, (0, 0, 80, 60))], 11, session, finder))
    assert session.clicks == [64]


def test_a_candidate_that_is_tracked_is_no_new_object() -> None:
    session, finder = BlobSession(), finder_of(min_new=0.01)
    session.step(frame_of([RIGHT], 0), {0: Mask(frame_of([RIGHT], 0)[..., 0] > 0)})
    for index in range(1, 11):
        frame = frame_of([RIGHT], index)
        assert ids(finder.update(session, frame, session.step(frame))) == [0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keep", "areas"), [("wholes", [400]), ("parts", [36, 364])], ids=["wholes", "parts"]
)
def test_wholes_and_parts_by_the_stated_rule(keep: Any, areas: list[int]) -> None:
    part = Blob(200, (54, 34, 6, 6))
    session, finder = BlobSession(parts={200: 120}), finder_of(keep=keep, points_per_side=16)
    frame = frame_of([RIGHT, part], 0)
    found = finder.look(session, frame, 0, session.step(frame)).new  # type: ignore[arg-type]
    assert sorted(np.count_nonzero(each.mask.array) for each in found) == areas


@pytest.mark.parametrize("stride", [1, 3, 7, 12])
def test_frames_that_are_skipped_do_not_keep_passes_from_beginning(stride: int) -> None:
    session, finder = BlobSession(), finder_of()
    began = []
    for index in range(2, 60, stride):
        before = len(session.clicks)
        frame = frame_of([LEFT], index)
        finder.update(session, frame, session.step(frame), index)  # type: ignore[arg-type]
        if len(session.clicks) > before:
            began.append(index)
    firsts = {index // 5: index for index in reversed(range(2, 60, stride))}
    assert began == sorted(firsts.values())


def test_small_and_large_candidates_are_none() -> None:
    session, finder = BlobSession(), finder_of(min_area=300, largest=0.1)
    found = next(discovered([LEFT, RIGHT, Blob(30, (20, 0, 30, 30))], 1, session, finder))
    assert [np.count_nonzero(each.mask) for each in found] == [400]


def test_the_most_objects_are_those_that_live() -> None:
    session, finder = BlobSession(), finder_of(max_objects=2, retire_after=2)
    blobs = [Blob(60 + 10 * n, (n * 13, 10, 10, 12), last=5 if n == 0 else 99) for n in range(6)]
    run = [ids(each) for each in discovered(blobs, 12, session, finder)]
    assert all(len(each) == 2 for each in run[:7])
    assert len(run[7]) == 1
    assert max(run[-1]) == 2  # the identity of the one that went isn't used again
    assert len(run[-1]) == 2


def test_absent_objects_are_retired_but_never_those_that_were_prompted() -> None:
    session, finder = BlobSession(), finder_of(retire_after=3, gap=4)
    gone = [Blob(90, (4, 4, 16, 16), last=5), Blob(120, (50, 30, 20, 20), last=5)]
    first = frame_of(gone, 0)
    session.step(first, {7: Mask(first[..., 0] == 90)})
    run = []
    for index in range(1, 12):
        frame = frame_of(gone, index)
        run.append(ids(finder.update(session, frame, session.step(frame))))  # type: ignore[arg-type]
    assert run[3] == run[6] == [7, 8]
    assert run[7:] == [[7]] * 4


def test_a_candidate_must_persist_where_that_is_asked() -> None:
    flash = Blob(200, (30, 8, 12, 12), first=5, last=6)
    session, finder = BlobSession(), finder_of(persist=3)
    run = [ids(each) for each in discovered([LEFT, flash], 12, session, finder)]
    assert run[2] == []
    assert run[3] == run[-1] == [0]


def test_it_goes_on_as_if_it_had_never_been_interrupted() -> None:
    blobs = [LEFT, RIGHT, LATE, Blob(200, (30, 8, 12, 12), last=8)]
    values: dict[str, Any] = {"persist": 3, "retire_after": 2}
    whole = [ids(a) for a in discovered(blobs, 20, BlobSession(), finder_of(**values))]
    session, finder = BlobSession(), finder_of(**values)
    parts = []
    for index in range(20):
        state = json.loads(json.dumps(finder.state()))
        finder.close()
        finder = finder_of(**values)
        finder.restore(state)
        frame = frame_of(blobs, index)
        parts.append(ids(finder.update(session, frame, session.step(frame))))  # type: ignore[arg-type]
    assert parts == whole


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class SlowSession(BlobSession):
    """A click takes a millisecond, a frame 40."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock, self.looked = clock, 0.0

    def step(self, frame: Any, new: Any = None) -> list[Answer]:
        self._clock.now += 0.04
        return super().step(frame, new)

    def propose_at(self, points: Any, settings: Any) -> Any:
        self._clock.now += 0.001 * len(points)
        self.looked += 0.001 * len(points)
        return super().propose_at(points, settings)


def test_looking_keeps_to_its_budget_and_finds_things_where_they_are_by_then() -> None:
    clock = Clock()
    session = SlowSession(clock)
    finder = Discoverer(DiscoverySettings(**{**QUICK, "gap": 40, "budget": 0.1}), clock=clock)
    length, mover = 120, Blob(120, (20, 10, 20, 24), move=(1, 0), last=60)
    frames = 0
    for index, answers in enumerate(discovered([mover], length, session, finder)):
        tracking = 0.04 * (index + 1)
        assert session.looked <= 0.1 * tracking + 0.016 + 1e-9  # a step more, at first
        if answers and not frames:
            frames = index
            np.testing.assert_array_equal(answers[0].mask, frame_of([mover], index)[..., 0] > 0)
    assert 10 < frames < 40
    assert max(session.clicks) == 16


class Scripted:
    """A detector that answers what it is told, by frame."""

    def __init__(self, *answers: list[Detection] | Exception) -> None:
        self.answers, self.asked = list(answers), 0

    def detect(self, frame: Any, words: Words) -> list[Detection]:
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer


def seen(label: str, score: float, *box: float) -> Detection:
    return Detection(label, score, Box(*box))


def test_words_name_what_is_tracked_before_anything_new_is_made_of_it() -> None:
    cat, dog = seen("cat", 0.9, 4, 4, 16, 16), seen("dog", 0.61, 49, 29, 22, 22)
    detector = Scripted([cat], [], [dog, cat, seen("dog", 0.5, 48, 28, 23, 23)])
    finder = Discoverer(DiscoverySettings(**QUICK), words="dog, cat", detector=detector)
    session = BlobSession()
    first = frame_of([LEFT, RIGHT], 0)
    session.step(first, {3: Mask(first[..., 0] == 90)})
    for index in range(1, 11):
        frame = frame_of([LEFT, RIGHT], index)
        answers = finder.update(session, frame, session.step(frame))  # type: ignore[arg-type]
    assert ids(answers) == [3, 4]
    assert finder.labels == {3: "cat", 4: "dog"}
    assert finder.reasons == {4: 'word "dog" 0.61'}
    assert detector.asked == 3  # in frames 1, 5 and 10
    assert not session.clicks  # only words were asked for


def test_a_detector_that_fails_is_told_in_one_line_and_tracking_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    detector = Scripted(DetectorError("it broke"), [seen("dog", 0.7, 50, 30, 20, 20)])
    finder = Discoverer(DiscoverySettings(**QUICK), words="dog", detector=detector, looking=True)
    run = [ids(a) for a in discovered([LEFT, RIGHT], 6, BlobSession(), finder)]
    assert run[0] == [0, 1]
    assert [record.getMessage() for record in caplog.records] == ["it broke"]


@pytest.mark.parametrize(
    "arguments",
    [{"words": "dog"}, {"detector": Scripted()}, {"looking": False}],
    ids=["no detector", "no words", "nothing"],
)
def test_nothing_to_look_for_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Discoverer(**arguments)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap": 0},
        {"min_new": 0.0},
        {"largest": 1.5},
        {"keep": "all"},
        {"budget": 0.0},
        {"budget": float("nan")},
        {"points_per_side": 0},
        {"retire_after": 0},
        {"persist": -1},
        {"max_objects": True},
        {"min_stability": 2.0},
        {"sam_gap": 3, "gap": 4},
        {"gapp": 4},
    ],
    ids=str,
)
def test_settings_that_are_not_allowed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        DiscoverySettings.of(**wrong)


def test_sam_tracks_names_are_understood() -> None:
    given = DiscoverySettings.of(sam_gap=30, max_obj_num=50, min_new_obj_iou=0.5, min_area=9)
    assert given == DiscoverySettings(gap=30, max_objects=50, min_new=0.5, min_area=9)


BLOBS = st.lists(
    st.builds(
        lambda x, y, w, h, dx, first, length: ((x, y, w, h), (dx, 0), first, first + length),
        *(st.integers(0, 70), st.integers(0, 50), st.integers(3, 20), st.integers(3, 20)),
        *(st.integers(-3, 3), st.integers(0, 30), st.integers(0, 40)),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(worlds=BLOBS, keep=st.sampled_from(["wholes", "parts"]), persist=st.integers(0, 2))
def test_identities_are_never_used_again_and_the_living_never_exceed_the_most(
    worlds: list[Any], keep: Any, persist: int
) -> None:
    blobs = [Blob(40 + 20 * n, *each) for n, each in enumerate(worlds)]
    session = BlobSession()
    finder = finder_of(gap=3, keep=keep, persist=persist, max_objects=4, retire_after=2)
    before, ever = set[int](), set[int]()
    for answers in discovered(blobs, 40, session, finder):
        now = set(ids(answers))
        assert len(now) == len(answers) <= 4
        assert not (now - before) & ever
        assert ids(answers) == session.object_ids
        before, ever = now, ever | now
