"""A session's job under the client's numbers, with one lock for its prompts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from samurai.discovery import Discoverer
from samurai.errors import SamuraiError
from samurai.jobs import Job, ObjectSpans
from samurai.jobs.plan import Direction, Interval, union, without
from samurai.regions import ObjectId
from samurai.runtime.turns import Turns
from samurai.video.sources.base import VideoFrame
from samurai.video.tracked import TrackedFrame
from samurai.web.engine.prompts import JobPrompts, ObjectPrompts, Wanted, prompts_of
from samurai.web.engine.propagation import Route
from samurai.web.problems import NotFound


class ClientJob:
    """What is wanted, and what the job has of it.

    Args:
        job: nobody else changes its prompts.
        turns: in which it computes.
        primed: see `JobPrompts`.
        counted: called once for each frame that was tracked.
        wanted: what the job was asked for so far; None: only what is primed.
    """

    def __init__(
        self,
        job: Job,
        turns: Turns,
        primed: Mapping[int, ObjectId],
        counted: Callable[[], None],
        wanted: Wanted | None = None,
    ) -> None:
        self._job, self._turns, self._counted = job, turns, counted
        self._prompts = JobPrompts(job, primed)
        if wanted is None:
            wanted = {number: ObjectPrompts(primed=True) for number in primed}
        self._wanted: dict[int, ObjectPrompts] = dict(wanted)
        self._closed = False
        self._looked_at: int | None = None  # the newest frame that was, where a search goes on
        self.lock = threading.RLock()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """A call of the session's; what fails since it was closed meanwhile is NotFound.

        Raises:
            NotFound: it is closed.
        """
        self._check_open()
        try:
            yield
        except SamuraiError:
            self._check_open()
            raise

    def _check_open(self) -> None:
        if self._closed:
            raise NotFound("the session is closed: create another one")

    def close(self) -> bool:
        """Let no call in any more; False the second time."""
        with self.lock:
            closed, self._closed = self._closed, True
            return not closed

    # --- prompts

    @property
    def wanted(self) -> dict[int, ObjectPrompts]:
        """By the client's numbers, in the order of introduction."""
        with self.lock:
            return dict(self._wanted)

    @property
    def ids(self) -> dict[int, ObjectId]:
        """The job's identities by the client's numbers."""
        with self.lock:
            return self._prompts.ids

    def want(self, wanted: Wanted) -> None:
        """Bring the job to other prompts; after an error they are as before.

        Raises:
            SessionError: the policy can't be corrected.
            StorageError: it can't be written.
        """
        with self.lock:
            self._check_open()
            try:
                self._prompts.bring(wanted)
            except BaseException:
                with suppress(SamuraiError):
                    self._prompts.bring(self._wanted)
                raise
            self._wanted = dict(wanted)

    def adopt_found(self) -> None:
        """Give objects that the job has found numbers of the client's, above all that are there."""
        with self.lock:
            known = set(self._prompts.ids.values())
            for name in self._job.objects:
                if name not in known:
                    number = max(self._wanted, default=0) + 1
                    self._prompts.adopt(number, name)
                    self._wanted[number] = prompts_of(self._job, name)

    @property
    def labels(self) -> dict[int, str]:
        """The words that objects were found by, by the client's numbers."""
        found = self._job.objects
        return {n: label for n, name in self.ids.items() if (label := found.get(name))}

    @property
    def reasons(self) -> dict[int, str]:
        """Why objects are there that are tracked, by the client's numbers."""
        found = self._job.reasons
        return {n: found[name] for n, name in self.ids.items() if name in found}

    def spans(self) -> dict[int, ObjectSpans]:
        """What of each object is done and what is stale."""
        with self.lock:
            found = self._job.spans()
            nothing = ObjectSpans((), ())
            ids = self._prompts.ids
            return {n: found[ids[n]] if n in ids else nothing for n in self._wanted}

    # --- answers

    def result(self, frame: int) -> TrackedFrame:
        """The answers of a frame, of those objects that are done there."""
        with self.in_use(), self.lock:
            found, ids = self._job.result(frame), self._prompts.ids
            answers = {each.object_id: each for each in found.answers}
            mine = [
                replace(answers[ids[number]], object_id=number)
                for number in self._wanted
                if number in ids and ids[number] in answers
            ]
            return replace(found, answers=tuple(mine))

    def is_done(self, frame: int, directions: tuple[Direction, ...]) -> bool:
        """Whether every object that the directions reach is done in a frame, and a search for
        others has looked at it."""
        with self.in_use(), self.lock:
            if self._looked_at is not None and frame > self._looked_at:
                return False
            spans = self.spans()
            return all(
                any(frame in part for part in spans[number].done)
                for number, want in self._wanted.items()
                if want.tracked and want.covers(frame, directions)
            )

    def left(self, parts: Sequence[range], directions: tuple[Direction, ...]) -> int:
        """In how many frames of these ranges `is_done` says no."""
        with self.in_use(), self.lock:
            spans = self.spans()
            stale = union(
                (max(first, part[0]), min(last, part[-1]))
                for number, want in self._wanted.items()
                if want.tracked
                for first, last in want.reach(directions)
                for part in spans[number].stale
            )
        asked = [(min(part), max(part)) for part in parts if part]
        return _count(stale) - _count(without(stale, asked))

    def scores(self, number: int, frames: range) -> list[tuple[float, bool] | None]:
        """Confidence of an object per frame, and whether it is absent; None where it isn't done."""
        identity = self.ids.get(number)
        if identity is None:
            return [None] * len(frames)
        with self.in_use():
            return list(self._job.scores(identity, frames))

    # --- tracking

    def track(
        self,
        route: Route,
        on_frame: Callable[[], None],
        stop: threading.Event,
        discoverer: Discoverer | None = None,
    ) -> bool:
        """Track what a route asks for; False where it was stopped.

        Args:
            discoverer: looks for new objects, which get numbers of the client's.
        """

        def tracked(frame: VideoFrame, _answers: TrackedFrame) -> None:
            self._counted()
            if discoverer is not None:
                self.adopt_found()
                self._looked_at = max(frame.index, self._looked_at or 0)
            on_frame()

        self._looked_at = None if discoverer is None else -1
        return self._job.run(
            tracked,
            stop=stop,
            directions=route.directions,
            within=route.within,
            turn=lambda: self._turns.frame(stop),
            discoverer=discoverer,
        )


def _count(intervals: Iterable[Interval]) -> int:
    return sum(last - first + 1 for first, last in intervals)
