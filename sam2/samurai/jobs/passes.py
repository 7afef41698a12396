"""One pass over frames with a session, from the newest snapshot on, to its end or until stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import torch

from samurai.core.session import Session
from samurai.errors import DeviceError
from samurai.jobs.carrying import carried_over
from samurai.jobs.changes import Changes
from samurai.jobs.events import SessionEvents
from samurai.jobs.plan import step_of
from samurai.jobs.record import PassRecord
from samurai.jobs.search import Search
from samurai.jobs.snapshots import SavedSnapshot
from samurai.jobs.state import JobState
from samurai.jobs.store import packed_answer, packed_frame, without_pixels_of
from samurai.jobs.ways import Turn, Work
from samurai.regions import Answer, ObjectId, Region
from samurai.video.sources.base import VideoFrame
from samurai.video.tracked import TrackedFrame

OnFrame = Callable[[VideoFrame, TrackedFrame], None]

LIKE = "like.snapshot"
"""The snapshot of another video, whose objects are looked for."""


class PassRun:
    """A pass at work.

    Args:
        state: of the job.
        record: of the pass.
        on_frame: is called after each frame that was answered now, and not before.

    Attributes:
        search: looks for objects in each frame of a run; None where nobody does.
    """

    def __init__(self, state: JobState, record: PassRecord, on_frame: OnFrame | None) -> None:
        self._state, self._record, self.on_frame = state, record, on_frame
        self.search: Search | None = None
        self._direction = record.direction
        self._events = SessionEvents(state, record, self._empty_session(), self._frame_of)
        self._frames: Iterator[VideoFrame] | None = None
        self._held: VideoFrame | None = None  # read, but its turn was refused
        self._newest: VideoFrame | None = None
        self._carried: dict[ObjectId, Region] = {}
        self._stored: dict[ObjectId, Answer] = {}  # of the newest frame, as on the disk
        self._size: tuple[int, int] | None = None

    @property
    def session(self) -> Session:
        """The pass's session."""
        return self._events.session

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the newest frame."""
        return self._size

    def close(self) -> None:
        """Free the session's memory."""
        self._record.flight = None
        self._events.session.close()

    def run(self, work: Work, stop: threading.Event | None) -> bool:
        """Go on to the end, or until stopped; whether the end was reached.

        Raises:
            DeviceError: the device has too little memory.
            SourceError, StorageError, SamuraiError: what else went wrong.
                Answers so far are stored in any case.
        """
        try:
            return self._run(work, stop)
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise DeviceError(
                f"{self._state.tracker.network.device} has too little memory for these objects: "
                "free some, track fewer at once, or choose a smaller model or device cpu"
            ) from error

    def _run(self, work: Work, stop: threading.Event | None) -> bool:
        if self._events.step < self._events.base and self._record.position >= self._events.base:
            self._restore()
        while True:
            given = self._between(work.turn)
            with self._state.lock:
                over = self._is_over(work)
                if given and not over and not (stop and stop.is_set()):
                    self._record.flight = self._events.step + 1
            if self._record.flight is None:
                self._leave_off()
                return over
            self._save_snapshot()
            frame = self._next_frame()
            if frame is None:
                self._end()
            elif not self._advance(frame, work.turn):
                self._held, self._record.flight = frame, None
                self._leave_off()
                return False
            self._record.flight = None

    # --- frames

    def _next_frame(self) -> VideoFrame | None:
        if self._held is not None:
            frame, self._held = self._held, None
            return frame
        if self._frames is None:
            span, begin = self._state.record.span, self._events.step + 1
            if self._direction == "forward":
                self._frames = iter(
                    self._state.source.frames(span.frame(begin), span.stop, span.stride)
                )
            else:
                stop = span.start - 1 if span.start else None
                self._frames = iter(
                    self._state.source.frames(span.frame(-begin), stop, -span.stride)
                )
        return next(self._frames, None)

    def _frame_of(self, place: int) -> VideoFrame:
        """A single frame; the iterator is made anew after it."""
        self._frames = None
        return self._state.source.frame(self._state.record.span.frame(place))

    def _end(self) -> None:
        """Take note that the frames have ended, sooner than expected perhaps."""
        with self._state.lock:
            place = step_of(self._events.step, self._direction)
            if self._direction == "forward":
                self._state.record.length = self._state.record.span.frame(place) + 1
            else:
                self._record.position = self._events.step = 0

    # --- where it begins

    def _empty_session(self) -> Session:
        tracker = self._state.tracker
        members = self._state.living(self._record)
        batched = not self._state.joint
        if not any(each.primed for each in members):
            return tracker.session(batched=batched)
        like = tracker.load_snapshot(self._state.folder / LIKE)
        session = tracker.session(batched=batched, like=like)
        like.close()
        self._drop_others(session)
        return session

    def _drop_others(self, session: Session) -> None:
        """Remove what this pass didn't begin with from another one's state."""
        if self._record.founders is not None:
            for object_id in session.object_ids:
                if object_id not in self._record.founders:
                    session.remove(object_id)

    def _restore(self) -> None:
        """Go on from the newest snapshot that is whole; from the beginning without one."""
        with self._state.lock:
            saved = self._state.snapshots(self._record.number).saved()
            for each in saved:
                if self._fits(each) and self._restored(each):
                    return
            if self._record.founders is not None:
                Changes(self._state).restart(self._record)

    def _fits(self, saved: SavedSnapshot) -> bool:
        """Whether a snapshot isn't newer than job.json, and no correction needs its frame where
        that can't be had."""
        step, events = self._events.base + saved.frame, self._record.events
        if step > self._record.position or saved.applied > len(events):
            return False
        if self._state.seekable:
            return True
        due = any(each.step == step for each in events[saved.applied :])
        return not due and not (step == self._record.position and self._events.untaken_at(step))

    def _restored(self, saved: SavedSnapshot) -> bool:
        snapshot = saved.load(self._state.tracker)
        if snapshot is None:
            return False
        step, pixels = self._events.base + saved.frame, None
        if self._state.seekable:
            self._newest = self._frame_of(step_of(step, self._direction))
            pixels = self._newest.pixels
            self._size = (pixels.shape[0], pixels.shape[1])
        try:
            self._events.session.restore(snapshot, pixels)
        finally:
            snapshot.close()
        if saved.applied == 0:
            self._drop_others(self._events.session)
        self._events.step, self._events.applied = step, saved.applied
        return True

    # --- one frame

    def _advance(self, frame: VideoFrame, turn: Turn) -> bool:
        """Track into the next frame, and store what is answered there; False without a turn."""
        step = self._events.step + 1
        fresh = step > self._record.position
        with turn() as given:
            if given is False:
                return False
            self._newest, size = frame, (frame.pixels.shape[0], frame.pixels.shape[1])
            if self._size not in (None, size):
                self._begin_anew(frame)
            self._size = size
            with self._events.all_or_nothing():
                self._answer(frame, step, fresh)
            self._look(frame, step)
            self._events.session.update_memory_async()
        if fresh:
            self._report(frame)
        return True

    def _begin_anew(self, frame: VideoFrame) -> None:
        """With another session, since frames have another size from now on."""
        state, events = self._state, self._events
        self._carried = carried_over(state, self._record, events.session, events.step, frame)
        events.session.close()
        events.session = state.tracker.session(batched=not state.joint)
        events.base = events.step + 1

    def _look(self, frame: VideoFrame, step: int) -> None:
        """Let the search look at a frame, if that is still to be done."""
        if self.search is None or not self.search.is_due(step):
            return
        with self._state.lock:
            answered = self._state.result(step_of(step, self._direction), at_hand=self._stored)
        findings = self.search.look(frame, answered, self._events.session)
        with self._state.lock, self._events.all_or_nothing():
            changed, answers = self.search.take(findings, self._events, self._record)
            if answers is not None:
                self._store(frame, answers)
            if changed:
                self._state.save()

    def _answer(self, frame: VideoFrame, step: int, fresh: bool) -> None:
        with self._state.lock:
            new = self._events.introduced(step)
        begun = self._events.session.frame_index >= 0 or self._events.session.object_ids
        advance = self._events.session.step if begun else self._events.session.start
        answers = advance(frame.pixels, {**self._carried, **new})
        answers = [
            replace(each, prompted=False) if each.object_id in self._carried else each
            for each in answers
        ]
        self._carried = {}
        with self._state.lock:
            self._events.step, events = step, len(self._record.events)
            answers = self._events.apply_due() or answers
            if fresh:
                answers = self._events.take(answers, set(new)) or answers
            self._store(frame, answers)
            self._record.position = max(self._record.position, step)
            here = step_of(step, self._direction)
            prompted = any(each.prompts_at(here) for each in self._state.living(self._record))
            if prompted or len(self._record.events) > events:
                self._state.save()

    def _between(self, turn: Turn) -> bool:
        """Take what came in since the newest frame was answered; False without a turn for it."""
        fresh = self._newest is not None and self._events.step >= self._record.position
        with self._state.lock:
            if not self._events.pending(fresh):
                return True
        with turn() as given:
            if given is False:
                return False
            changed = self._take_changes(fresh)
        if changed and self._newest is not None:
            self._report(self._newest)
        return True

    def _take_changes(self, fresh: bool) -> bool:
        """Give the session what it doesn't know yet; whether a stored answer changed.

        Args:
            fresh: prompts that no pass has taken are due, not only what was noted.
        """
        with self._state.lock, self._events.all_or_nothing():
            before = len(self._record.events)
            answers = self._events.apply_due()
            if fresh:
                answers = self._events.take(None, set()) or answers
            changed = False
            if answers is not None and self._newest is not None:
                changed = self._store(self._newest, answers)
            if len(self._record.events) > before:
                self._state.save()
        return changed

    # --- results

    def _store(self, frame: VideoFrame, answers: Iterable[Answer]) -> bool:
        """Store the answers that are this pass's; whether anything changed."""
        state, place = self._state, step_of(self._events.step, self._direction)
        state.frames.write(place, 0, packed_frame(frame.seconds, frame.name))
        keep, self._stored = self._events.kept(), {}
        known = {each.object_id: each for each in state.objects()}
        changed = False
        if not state.tracker.overlap:
            stored = [
                state.answers(obj).read(place)
                for name, obj in known.items()
                if keep.get(name) and state.answers_for(self._record, obj, self._events.step)
            ]
            answers = [without_pixels_of(each, stored) for each in answers]
        for answer in answers:
            obj = known.get(answer.object_id)
            if obj is None:
                continue
            mine = state.answers_for(self._record, obj, self._events.step)
            if mine and not keep.get(answer.object_id, False):
                payload = packed_answer(answer)
                changed |= state.answers(obj).write(place, self._record.number, payload)
                self._stored[answer.object_id] = answer
                for prompt in obj.prompts_at(place):
                    prompt.answered |= self._direction in prompt.taken
        return changed

    def _report(self, frame: VideoFrame) -> None:
        place, pass_ = step_of(self._events.step, self._direction), self._record
        with self._state.lock:
            mine = any(
                self._state.answers_for(pass_, each, self._events.step)
                for each in self._state.objects()
            )
            if self.on_frame is None or not (mine or self.search):
                return
            result = self._state.result(place, at_hand=self._stored)
        self.on_frame(frame, result)

    def _save_snapshot(self) -> None:
        """Save a snapshot where it is time for one, before the next frame."""
        pass_ = self._record
        number = self._events.step - self._events.base
        spaced = number % pass_.interval == 0 and not self._state.source.info.live
        behind = self._events.base != pass_.base or self._events.step < pass_.position
        if number < 0 or not spaced or behind:
            return
        with self._state.lock:
            self._sync()
            pass_.interval = self._state.snapshots(pass_.number).save(
                self._events.session, self._events.applied, pass_.interval
            )
            self._state.save()

    def _leave_off(self) -> None:
        """Save where the pass stops."""
        pass_ = self._record
        with self._state.lock:
            self._sync()
            at_work = (
                self._events.step >= self._events.base == pass_.base
                and self._events.step == pass_.position
            )
            worth = self._events.session.object_ids or self.search
            if at_work and not self._state.source.info.live and worth:
                self._state.snapshots(pass_.number).save_last(
                    self._events.session, self._events.applied
                )
            self._state.save()

    def _sync(self) -> None:
        self._state.frames.sync()
        for each in self._state.living(self._record):
            self._state.answers(each).sync()

    def _is_over(self, work: Work) -> bool:
        """Whether nothing is left to be done by this pass in a run."""
        last = self._state.end_of(self._direction, work)
        if not self._state.living(self._record) and self.search is None:
            return True
        return (
            last is not None
            and self._events.step >= last
            and not self._events.untaken_at(self._events.step)
        )
