"""What can be tracked of a source, and which part of it a run may touch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from samurai.core.snapshots import Snapshot
from samurai.discovery.discoverer import Discoverer
from samurai.errors import JobError
from samurai.jobs.plan import Direction, Span
from samurai.tracker import Tracker
from samurai.video.sources.base import Source

Turn = Callable[[], AbstractContextManager[object]]
"""Entered around what is computed for a frame. Where entering gives False, the run stops."""


@dataclass(frozen=True)
class Work:
    """What of a job a run is to do.

    Attributes:
        directions: of the passes that go on, in their order.
        first, last: places beyond which no frame is tracked; None is the span's end.
        turn: see `Turn`.
        discoverer: looks for new objects on the way forward; None where nobody does.
    """

    directions: tuple[Direction, ...]
    first: int = 0
    last: int | None = None
    turn: Turn = nullcontext
    discoverer: Discoverer | None = None

    @classmethod
    def of(
        cls,
        span: Span,
        length: int | None,
        directions: Sequence[Direction] | None,
        within: range | None,
        turn: Turn | None,
        discoverer: Discoverer | None = None,
    ) -> Work:
        """What the arguments of `Job.run` mean.

        Args:
            span: of the job.
            length: of its video, if it is known.

        Raises:
            JobError: the span doesn't have these directions, or no frame of the range, or what a
                discoverer looks at isn't tracked forward.
        """
        ways = tuple(span.directions if directions is None else directions)
        if not set(ways) <= set(span.directions):
            raise JobError(
                f"the job tracks {span.direction}, not {' and '.join(ways)}: create one for both"
            )
        if discoverer is not None and "forward" not in ways:
            raise JobError("objects are found on the way forward: track forward, or both ways")
        first, last = 0, None
        if within is not None:
            numbers = within if within.step > 0 else within[::-1]
            places = span.places(length)
            first = max(0, -(-(numbers.start - span.start) // span.stride))
            last = (numbers.stop - 1 - span.start) // span.stride
            if not numbers or last < first or (places is not None and first >= places):
                raise JobError(
                    f"frames {numbers.start} to {numbers.stop - 1} aren't tracked by this job: "
                    "choose some of its span"
                )
        return cls(ways, first, last, turn or nullcontext, discoverer)

    def last_step(self, direction: Direction) -> int | None:
        """The step beyond which a pass doesn't go; None for the span's end."""
        return self.last if direction == "forward" else -self.first


def check_ways(source: Source, tracker: Tracker, span: Span, like: Snapshot | None) -> None:
    """Refuse what can't be tracked.

    Raises:
        JobError: offline answers, a way back that the source doesn't have, or no frames.
    """
    if tracker.offline:
        raise JobError(
            "offline answers come when the video is finished, and a job stores them as they come: "
            "use a tracker without offline"
        )
    info = source.info
    if span.direction != "forward" and (info.live or not info.seekable or like is not None):
        what = "objects of another video" if like is not None else info.name
        raise JobError(f"{what} can only be tracked forward: leave the direction as it is")
    if span.places(info.frame_count) == 0:
        raise JobError(
            f"frames {span.start} to {span.stop or 'the end'} aren't in {info.name}, which has "
            f"{info.frame_count}: choose another span"
        )
