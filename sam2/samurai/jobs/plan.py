"""What of a video is tracked and what is stale: plain numbers, without tensors and files.

The frames of a span have places 0, 1, 2, ... in it. A pass goes over them in steps, which always
grow: forward the step of place p is p, backward it is -p. A pass that reached step s has answered
everything up to s.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from samurai.errors import JobError, PromptError

Direction = Literal["forward", "backward"]

Segment = tuple[int, int]
"""Number of a pass, and the step from which on an object's answers are that pass's."""

Interval = tuple[int, int]
"""First and last place, both included."""

FAR = sys.maxsize
"""Beyond all frames, where the length of a video is unknown."""


@dataclass(frozen=True)
class Span:
    """Which frames are tracked.

    Attributes:
        start: the first frame.
        stop: the frame after the last; None is the video's end.
        stride: 1 takes every frame, 2 every other one, and so on.
        direction: from the first prompt to the end, from the last one to the start, or both: the
            way forward has an object's first prompt then, and the way back what lies before it.

    Raises:
        JobError: no such span.
    """

    start: int = 0
    stop: int | None = None
    stride: int = 1
    direction: Literal["forward", "backward", "both"] = "forward"

    def __post_init__(self) -> None:
        if self.direction not in ("forward", "backward", "both"):
            raise JobError(
                f"a direction is forward, backward or both, not {self.direction!r}: choose one"
            )
        if self.start < 0 or self.stride < 1 or (self.stop is not None and self.stop <= self.start):
            raise JobError(
                f"no frames lie in start {self.start}, stop {self.stop}, stride {self.stride}: "
                "start is at least 0, stop is above it, stride at least 1"
            )

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Of the passes, in their order."""
        if self.direction == "both":
            return "forward", "backward"
        return (self.direction,)

    def places(self, length: int | None) -> int | None:
        """How many frames of a video of that length are tracked; None if that is unknown."""
        stop = self.stop if length is None else min(self.stop or length, length)
        return None if stop is None else len(range(self.start, stop, self.stride))

    def frame(self, place: int) -> int:
        """The frame's number in its source."""
        return self.start + place * self.stride

    def place(self, frame: int, length: int | None) -> int:
        """Where a frame is in the span.

        Raises:
            PromptError: it isn't.
        """
        stop = self.stop if length is None else min(self.stop or length, length)
        if frame < self.start or (stop is not None and frame >= stop):
            end = "the end" if stop is None else str(stop - 1)
            raise PromptError(
                f"frame {frame} isn't tracked: choose one from {self.start} to {end}, or track "
                "other frames"
            )
        place, rest = divmod(frame - self.start, self.stride)
        if rest:
            before = self.frame(place)
            raise PromptError(
                f"frame {frame} isn't tracked with a stride of {self.stride}: choose {before} or "
                f"{before + self.stride}"
            )
        return place


def step_of(place: int, direction: Direction) -> int:
    """Of a place, and a place of a step."""
    return place if direction == "forward" else -place


def owner(segments: Sequence[Segment], step: int) -> int | None:
    """The pass whose answer counts in a step."""
    found = None
    for number, begin in segments:
        if begin <= step:
            found = number
    return found


def handed_over(segments: Sequence[Segment], number: int, begin: int) -> list[Segment]:
    """Segments where from a step on the answers are those of another pass."""
    return [*(each for each in segments if each[1] < begin), (number, begin)]


def reached(segments: Sequence[Segment], positions: Mapping[int, int]) -> list[Interval]:
    """The steps that are answered.

    Args:
        positions: the last step of each pass so far.
    """
    ends = [begin - 1 for _, begin in segments[1:]] + [FAR]
    found = []
    for (number, begin), end in zip(segments, ends, strict=True):
        last = min(end, positions[number])
        if begin <= last:
            found.append((begin, last))
    return found


def mirrored(intervals: Iterable[Interval]) -> list[Interval]:
    """Steps backward as places, and places as steps backward."""
    return [(-last, -first) for first, last in intervals]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted, and as few as possible."""
    merged: list[Interval] = []
    for first, last in sorted(each for each in intervals if each[0] <= each[1]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def without(intervals: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """What of the first lies in none of the others."""
    left = union(intervals)
    for low, high in union(others):
        left = [
            part
            for first, last in left
            for part in ((first, min(last, low - 1)), (max(first, high + 1), last))
            if part[0] <= part[1]
        ]
    return left


@dataclass(frozen=True)
class ObjectSpans:
    """Which frames of an object are answered for good, and which are still to be tracked.

    Attributes:
        done: ranges of frame numbers, ascending.
        stale: likewise. The last one ends at `sys.maxsize` where the length of the video is
            unknown.
    """

    done: tuple[range, ...]
    stale: tuple[range, ...]


def object_spans(
    reach: Interval,
    segments: Mapping[Direction, Sequence[Segment]],
    positions: Mapping[int, int],
    settled: Iterable[int] = (),
    unsettled: Iterable[int] = (),
) -> tuple[list[Interval], list[Interval]]:
    """Places of an object that are done, and those that are stale.

    Args:
        reach: the places in which the object is tracked.
        segments: by direction, whose answers count.
        positions: see `reached`.
        settled: places whose answer a person gave, which stays.
        unsettled: places with a prompt that no pass has taken yet.
    """
    done = list[Interval]()
    for direction, parts in segments.items():
        steps = reached(parts, positions)
        done += steps if direction == "forward" else mirrored(steps)
    done += [(place, place) for place in settled]
    done = without(done, [(place, place) for place in unsettled])
    outside = [(-FAR, reach[0] - 1), (reach[1] + 1, FAR)]
    done = without(done, outside)
    return done, without([reach], done)


def frame_ranges(span: Span, intervals: Iterable[Interval]) -> tuple[range, ...]:
    """Places as ranges of frame numbers."""
    return tuple(
        range(
            span.frame(first),
            FAR if last == FAR else span.frame(last) + 1,
            span.stride,
        )
        for first, last in intervals
    )


def evenly(numbers: Iterable[int], interval: int, most: int) -> tuple[int, list[int]]:
    """How far apart snapshots are from now on, and which of them go, where there are too many.

    Args:
        numbers: of frames that have one.
        interval: so far.
        most: that there may be.
    """
    left, gone = sorted(numbers), list[int]()
    while len(left) > most:
        interval *= 2
        first = left[0]
        away = [number for number in left if number % interval and number != first]
        gone += away
        left = [number for number in left if number not in away]
    return interval, gone
