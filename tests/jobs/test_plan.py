"""Ranges against sets, spans against plain lists."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samurai.errors import JobError, PromptError
from samurai.jobs.plan import (
    Interval,
    Segment,
    Span,
    evenly,
    frame_ranges,
    handed_over,
    mirrored,
    object_spans,
    owner,
    reached,
    union,
    without,
)

NUMBERS = st.integers(-20, 20)
INTERVALS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=6)


def numbers(intervals: list[Interval]) -> set[int]:
    return {n for first, last in intervals for n in range(first, last + 1)}


@given(INTERVALS, INTERVALS)
def test_intervals_are_sets(one: list[Interval], other: list[Interval]) -> None:
    for found, wanted in (
        (union(one + other), numbers(one) | numbers(other)),
        (without(one, other), numbers(one) - numbers(other)),
        (union(mirrored(union(one))), {-n for n in numbers(one)}),
    ):
        assert numbers(found) == wanted
        assert found == sorted(found)
        assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(found))


@given(
    st.integers(0, 9),
    st.none() | st.integers(1, 40),
    st.integers(1, 7),
    st.none() | st.integers(1, 40),
    st.integers(0, 50),
)
def test_places_are_those_of_a_range(
    start: int, stop: int | None, stride: int, length: int | None, frame: int
) -> None:
    if stop is not None and stop <= start:
        with pytest.raises(JobError):
            Span(start, stop, stride)
        return
    span = Span(start, stop, stride)
    ends = [end for end in (stop, length) if end is not None]
    frames = list(range(start, min(ends, default=200), stride))
    assert span.places(length) == (len(frames) if ends else None)
    if frame in frames:
        place = span.place(frame, length)
        assert frames.index(frame) == place
        assert span.frame(place) == frame
        assert frame_ranges(span, [(place, place)]) == (range(frame, frame + 1, stride),)
    else:
        with pytest.raises(PromptError):
            span.place(frame, length)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-1, 30)), min_size=1, max_size=6))
def test_answers_are_those_of_the_newest_pass_that_came_there(
    passes: list[tuple[int, int]],
) -> None:
    """Passes take over one after the other, each from a step on, and come so far."""
    begin = passes[0][0]
    segments: list[Segment] = []
    wanted: dict[int, int] = {}
    for number, (step, _) in enumerate(passes):
        step = max(step, begin)
        segments = handed_over(segments, number, step)
        wanted = {s: wanted.get(s, number) if s < step else number for s in range(begin, 31)}
    positions = dict(enumerate(position for _, position in passes))
    assert {s: owner(segments, s) for s in range(begin, 31)} == wanted
    steps = {s for s, number in wanted.items() if s <= positions[number]}
    found = numbers(reached(segments, positions))
    assert {s for s in found if s <= 30} == steps
    settled, untaken = {begin + 1, begin + 2}, {begin + 2, begin + 3}
    reach = (begin, 30)
    done, stale = object_spans(reach, {"forward": segments}, positions, settled, untaken)
    assert numbers(done) == {s for s in (steps | settled) - untaken if s <= 30}
    assert numbers(stale) == set(range(begin, 31)) - numbers(done)


@given(st.integers(1, 400), st.integers(2, 32))
def test_snapshots_stay_few_and_even(length: int, most: int) -> None:
    interval, kept = 8, list[int]()
    for number in range(length):
        if number % interval == 0:
            interval, gone = evenly([*kept, number], interval, most)
            kept = [each for each in [*kept, number] if each not in gone]
        assert len(kept) <= most
        assert kept == list(range(0, number + 1, interval))


@pytest.mark.parametrize("wrong", [{"start": -1}, {"stride": 0}, {"stop": 0}, {"direction": "up"}])
def test_spans_without_frames_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(JobError):
        Span(**wrong)  # type: ignore[arg-type]
