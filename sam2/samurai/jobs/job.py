"""A video tracked as a whole, with its prompts and answers in a folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from samurai.core.snapshots import Snapshot
from samurai.discovery.discoverer import Discoverer
from samurai.errors import JobError, PromptError
from samurai.jobs.changes import Changes
from samurai.jobs.folder import LOCK, holds_job, taken
from samurai.jobs.identity import check_same, identity_of, settings_of
from samurai.jobs.incoming import Incoming
from samurai.jobs.passes import OnFrame, PassRun
from samurai.jobs.plan import Direction, ObjectSpans, Span, frame_ranges
from samurai.jobs.reading import all_results, object_scores
from samurai.jobs.record import (
    JobRecord,
    PassRecord,
    as_prompt,
    reason_of,
)
from samurai.jobs.search import Search
from samurai.jobs.state import JobState
from samurai.jobs.ways import Turn, Work, check_ways
from samurai.regions import ObjectId
from samurai.runtime.locking import locked
from samurai.runtime.whole_files import storing
from samurai.tracker import Tracker
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import Source
from samurai.video.tracked import TrackedFrame


class Job:
    """Tracks the objects of one video, and keeps prompts, answers and snapshots in a folder.

    Prompts may come, go and be corrected at any time, while `run` is at work in another thread too;
    it takes them between two frames. Only what they make stale is tracked again. What a person
    prompted or corrected is never overwritten by tracking. `Job.create` and `Job.open` make one.
    """

    def __init__(self, state: JobState, held: ExitStack) -> None:
        self._state, self._held = state, held
        self._changes = Changes(state)
        self._incoming = Incoming(state, self._changes)
        self._running = threading.Lock()
        self._live: PassRun | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        source: Source,
        tracker: Tracker,
        prompts: Sequence[ObjectPrompt],
        span: Span = Span(),  # noqa: B008 (frozen)
        *,
        like: Snapshot | None = None,
    ) -> Job:
        """A new job. Nothing is tracked before `run`.

        Args:
            folder: made for it; must hold no job.
            source: the video. It stays the caller's, and open as long as the job.
            tracker: makes the sessions.
            prompts: may be none; others can come later.
            span: which frames are tracked.
            like: of another video, whose objects are looked for in this one from the span's first
                frame on.

        Raises:
            JobError: the folder holds a job, or this source can't be tracked like that.
            PromptError, RegionError: a prompt can't be used.
            SessionError: `like` can't be used, or the policy can't be corrected.
            StorageError: the folder can't be written.
        """
        if holds_job(folder):
            raise JobError(f"{folder} holds a job: open it, or name another folder")
        check_ways(source, tracker, span, like)
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(locked(folder / LOCK, _taken(folder)))
            record = JobRecord(identity_of(source.info), settings_of(tracker), span)
            job = cls(JobState(folder, source, tracker, record), stack)
            if like is not None:
                job._incoming.look_for(like)
            for prompt in prompts:
                job._incoming.add(prompt, None)
            job._state.save()
            job._held = stack.pop_all()
        return job

    @classmethod
    def open(cls, folder: Path, source: Source, tracker: Tracker) -> Job:
        """A job that was created before, to go on where it was.

        Raises:
            JobError: there is none, it is one of another video or of other settings, or another
                process has it open.
        """
        record = JobRecord.read(folder)
        with ExitStack() as stack:
            stack.enter_context(locked(folder / LOCK, _taken(folder)))
            record = JobRecord.read(folder)
            check_ways(source, tracker, record.span, None)
            check_same(record.source, source.info, record.settings, tracker)
            job = cls(JobState(folder, source, tracker, record), stack)
            job._state.recover()
            job._held = stack.pop_all()
        return job

    def __enter__(self) -> Job:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder back; twice is allowed. A run that is at work must have ended."""
        if self._live is not None:
            self._live.close()
            self._live = None
        self._held.close()

    # --- what is there

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self._state.folder

    @property
    def span(self) -> Span:
        """Which frames are tracked."""
        return self._state.record.span

    @property
    def prompts(self) -> tuple[ObjectPrompt, ...]:
        """Of the objects that are tracked, in the order in which they were given."""
        with self._state.lock:
            found = [(obj, each) for obj in self._state.objects() for each in obj.prompts]
            found.sort(key=lambda pair: pair[1].number)
            return tuple(as_prompt(obj, each, self.span) for obj, each in found)

    @property
    def objects(self) -> dict[ObjectId, str | None]:
        """Identities in the order of introduction, with their labels."""
        with self._state.lock:
            return {each.object_id: each.label for each in self._state.objects()}

    @property
    def reasons(self) -> dict[ObjectId, str]:
        """Why each object is there: `box at frame 0`, `grid at frame 40`, `word "dog" 0.61`."""
        with self._state.lock:
            return {each.object_id: reason_of(each, self.span) for each in self._state.objects()}

    def spans(self) -> dict[ObjectId, ObjectSpans]:
        """Which frames of each object are done, and which are stale: not tracked yet, or no longer
        right since a prompt."""
        with self._state.lock:
            found = {}
            for each in self._state.objects():
                done, stale = self._state.spans(each)
                found[each.object_id] = ObjectSpans(
                    frame_ranges(self.span, done), frame_ranges(self.span, stale)
                )
            return found

    def result(self, index: int) -> TrackedFrame:
        """The answers of one frame, of those objects that are done there.

        Raises:
            PromptError: the frame isn't in the span.
            JobError: the stored answers are damaged.
        """
        with self._state.lock:
            return self._state.result(self.span.place(index, self._state.length))

    def results(self) -> Iterator[TrackedFrame]:
        """All frames in which any object is done, by index; each is read when it is asked for.

        Raises:
            JobError: the stored answers are damaged.
        """
        return all_results(self._state)

    def scores(self, object_id: ObjectId, frames: range) -> Iterator[tuple[float, bool] | None]:
        """Confidence of an object in frames of the span, and whether it is absent; None where it
        isn't done. Each is read when it is asked for, without its mask.

        Raises:
            PromptError: no such object or frame.
            JobError: the stored answers are damaged.
        """
        return object_scores(self._state, object_id, frames)

    def snapshot(self) -> Snapshot:
        """The newest state of the most objects, to look for them in another video: `like`.

        Raises:
            JobError: nothing has been tracked yet.
        """
        with self._state.lock:
            if self._live is not None:
                return self._live.session.snapshot()
            passes = list(self._state.record.passes.values())
            passes.sort(key=lambda pass_: -len(self._state.living(pass_)))
            for pass_ in passes if self._state.objects() else ():
                for saved in self._state.snapshots(pass_.number).saved():
                    snapshot = saved.load(self._state.tracker)
                    if snapshot is not None:
                        return snapshot
        raise JobError(f"{self.folder} has no snapshot yet: track a frame first, with run()")

    # --- changes

    def prompt(self, prompt: ObjectPrompt) -> None:
        """A new object, or a correction of one that is there; of any frame of the span.

        Of a live source a frame that is gone can't be had again: the prompt counts for the next one
        then.

        Raises:
            PromptError, RegionError: it can't be used.
            SessionError: the policy can't be corrected. Nothing has changed in any case.
            StorageError: it can't be written.
        """
        with self._state.lock:
            self._incoming.add(prompt, self._live)
            self._state.save()

    def remove(self, object_id: ObjectId) -> None:
        """Track an object no more, and delete its answers. Its identity isn't used again.

        Raises:
            PromptError: no such object.
        """
        with self._state.lock:
            self._changes.removed(self._state.find(object_id))
            self._state.save()

    def clear(self, object_id: ObjectId, frame_index: int) -> None:
        """Take all corrections of an object in a frame back; that frame and those after it, in the
        direction of tracking, are stale then.

        Raises:
            PromptError: there is no correction, or it is the prompt that introduces the object.
        """
        with self._state.lock:
            obj = self._state.find(object_id)
            place = self.span.place(frame_index, self._state.length)
            if not obj.prompts_at(place):
                raise PromptError(
                    f"object {object_id!r} has no correction in frame {frame_index}: its prompts "
                    f"are in {', '.join(str(self.span.frame(e.place)) for e in obj.prompts)}"
                )
            if place == obj.anchor and not obj.primed:
                raise PromptError(
                    f"frame {frame_index} introduces object {object_id!r}, which can't be taken "
                    "back: remove the object, or correct it there"
                )
            self._changes.cleared(obj, place)
            self._state.save()

    # --- tracking

    def run(
        self,
        on_frame: OnFrame | None = None,
        *,
        stop: threading.Event | None = None,
        directions: Sequence[Direction] | None = None,
        within: range | None = None,
        turn: Turn | None = None,
        discoverer: Discoverer | None = None,
    ) -> bool:
        """Track what is stale, and store the answers.

        Args:
            on_frame: called with each frame that was answered, and the answers of all objects that
                are done there; again where a prompt of the newest frame changes them. Frames come
                in the order of tracking, parts that were stale one after the other.
            stop: once it is set, the run ends after the frame at work.
            directions: of the span, in the order in which they are to be tracked; None is all.
            within: frames beyond which nothing is tracked; what lies between them and an object's
                prompts is. The rest stays stale, for another run.
            turn: entered around what is computed for each frame, so that jobs share a device; where
                entering gives False, the run stops.
            discoverer: looks for new objects in every frame of the span on the way forward, each
                frame once. What it finds gets the smallest identity above all numbers so far.

        Returns:
            True if nothing of this is stale, False if it was stopped.

        Raises:
            JobError: a run is at work, a live source has gone on without the job, the span has no
                such directions or frames, or the job looked for something else before.
            SourceError: frames can't be read. What was answered stays, as with every error.
            StorageError: the disk is full, say.
        """
        if not self._running.acquire(blocking=False):
            raise JobError("this job is running in another thread: wait for it, or stop it")
        try:
            with self._state.lock:
                length = self._state.length
            work = Work.of(self.span, length, directions, within, turn, discoverer)
            over = self._run(on_frame, stop, work)
            with self._state.lock:
                self._changes.forget_passes()
                for each in self._state.objects():
                    self._state.answers(each).compact()
                self._state.save()
            return over
        finally:
            self._running.release()

    def _run(self, on_frame: OnFrame | None, stop: threading.Event | None, work: Work) -> bool:
        with self._state.lock:
            search = None if work.discoverer is None else Search.of(self._state, work.discoverer)
        while True:
            with self._state.lock:
                pass_ = self._state.left(work)
                if pass_ is None:
                    return True
                run = self._begin(pass_, on_frame)
                run.search = search if self._state.searches(pass_) else None
                self._state.running = pass_.number
            live = self._state.source.info.live
            try:
                over = run.run(work, stop)
            finally:
                with self._state.lock:
                    self._state.running = pass_.flight = None
                    if not live:
                        run.close()
            if not over:
                return False

    def _begin(self, pass_: PassRecord, on_frame: OnFrame | None) -> PassRun:
        if not self._state.source.info.live:
            return PassRun(self._state, pass_, on_frame)
        if self._live is None:
            if pass_.position >= pass_.base:
                raise JobError(
                    f"{self._state.source.info.name} is live, and has gone on without this job: "
                    "create another one"
                )
            self._live = PassRun(self._state, pass_, on_frame)
        self._live.on_frame = on_frame
        return self._live


def _taken(folder: Path) -> Callable[[str], Exception]:
    return partial(taken, folder)
