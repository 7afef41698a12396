"""Runs of a part of a job: ways, windows, turns at a shared device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from jobs.conftest import Jobs, prompt
from oracles.array_source import ArraySource
from oracles.living import assert_equal

from samurai.errors import JobError
from samurai.jobs import Job, Span
from samurai.regions import Points
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import Pixels

BOTH = Span(direction="both")


def limited(turns: int) -> Callable[[], AbstractContextManager[bool]]:
    """Turns, of which so many are given."""
    left = iter(range(turns))

    @contextmanager
    def turn() -> Iterator[bool]:
        yield next(left, None) is not None

    return turn


def frames_done(job: Job, name: str) -> set[int]:
    return {frame for part in job.spans()[name].done for frame in part}


def same_answers(one: Job, other: Job) -> None:
    for mine, theirs in zip(one.results(), other.results(), strict=True):
        assert mine.index == theirs.index
        assert_equal(list(mine.answers), list(theirs.answers))


@pytest.mark.slow
def test_parts_in_any_order_give_the_bits_of_the_whole(create: Jobs) -> None:
    prompts = [prompt("red", 8), prompt("blue", 15), prompt("green", 12, "red")]
    whole, parts = create(prompts, BOTH), create(prompts, BOTH)
    assert whole.run()
    seen: list[int] = []
    for directions, within in (
        (["backward"], range(6, 11)),
        (["forward"], range(13)),
        (["backward", "forward"], range(3, 17)),
    ):
        seen.clear()
        assert parts.run(
            lambda frame, _: seen.append(frame.index),
            directions=directions,  # type: ignore[arg-type]
            within=within,
        )
        assert seen
    assert frames_done(parts, "red") == set(range(3, 17))
    assert frames_done(parts, "blue") == set(range(3, 17))
    assert parts.run(within=range(24))
    same_answers(whole, parts)


def test_a_window_is_tracked_to_from_the_prompts_and_not_beyond(
    create: Jobs, source: ArraySource
) -> None:
    job = create([prompt("red", 4), prompt("blue", 20)], BOTH)
    assert job.run(directions=["forward"], within=range(8, 11))
    assert frames_done(job, "red") == set(range(4, 11))
    assert not frames_done(job, "blue")
    source.given.clear()
    assert job.run(directions=["forward"], within=range(8, 11))
    assert not source.given  # nothing is stale there
    job.prompt(prompt("red", 10))
    assert job.run(directions=["forward"], within=range(6))
    assert 10 not in frames_done(job, "red")
    assert job.run(directions=["forward"], within=range(10, 11))
    assert frames_done(job, "red") == set(range(4, 11))


def test_the_way_back_alone_answers_the_first_frame_for_good(create: Jobs) -> None:
    job = create([prompt("red", 9)], BOTH)
    assert job.run(directions=["backward"])
    assert frames_done(job, "red") == set(range(10))
    before = job.result(9).answers
    assert before[0].prompted
    assert job.run()
    assert_equal(list(job.result(9).answers), list(before))


def test_what_the_job_does_not_track_is_refused(create: Jobs) -> None:
    job = create([prompt("red", 4)], Span(4, 20, 2))
    with pytest.raises(JobError):
        job.run(directions=["backward"])
    for wrong in (range(3), range(24, 30), range(5, 5), range(5, 6)):
        with pytest.raises(JobError):
            job.run(within=wrong)
    assert job.run(within=range(12, 5, -1))
    assert frames_done(job, "red") == {4, 6, 8, 10, 12}


def test_each_frame_has_one_turn_and_nothing_is_decoded_in_it(
    create: Jobs, source: ArraySource
) -> None:
    trace: list[str] = []

    @contextmanager
    def turn() -> Iterator[None]:
        trace.append("(")
        yield
        trace.append(")")

    source.before = lambda index: trace.append(f"decode {index}")
    job = create([prompt("red", 0), prompt("blue", 2)])
    assert job.run(lambda frame, _: trace.append(f"tell {frame.index}"), turn=turn)
    assert trace == [
        step for index in range(24) for step in (f"decode {index}", "(", ")", f"tell {index}")
    ]


@pytest.mark.parametrize("live", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_refused_turn_ends_the_run_and_loses_nothing(
    create: Jobs, video: list[Pixels], live: bool
) -> None:
    whole = create([prompt("red", 0)], source=ArraySource(video, live=live))
    assert whole.run()
    job = create([prompt("red", 0)], source=ArraySource(video, live=live))
    for turns in (1, 5, 12):
        assert not job.run(turn=limited(turns))
    assert frames_done(job, "red") == set(range(18))
    job.prompt(prompt("red", 17))
    assert not job.run(turn=limited(0))
    assert job.run()
    assert frames_done(job, "red") == set(range(24))
    if not live:
        whole.prompt(prompt("red", 17))
        assert whole.run()
        same_answers(whole, job)


def test_scores_are_those_of_the_answers(create: Jobs) -> None:
    job = create([prompt("red", 3), prompt("blue", 5)])
    assert not job.run(stop=_set())
    assert list(job.scores("red", range(5))) == [None] * 5
    assert job.run(within=range(12))
    found = list(job.scores("blue", range(24)))
    assert [each is None for each in found] == [not 5 <= index < 12 for index in range(24)]
    for index in range(5, 12):
        answer = {each.object_id: each for each in job.result(index).answers}["blue"]
        assert found[index] == (answer.confidence, answer.absent)


def _set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_a_click_beside_the_object_counts_in_its_frame(create: Jobs) -> None:
    """It says nothing of where the object is, so that it can't be given ahead."""
    beside = ObjectPrompt("red", 9, Points([[62.0, 2.0]], [0]))
    for span in (Span(), BOTH):
        job = create([prompt("red", 3), beside], span)
        assert job.run()
        assert [job.result(index).answers[0].prompted for index in (3, 8, 9, 10)] == [
            *(True, False, True, False)
        ]
