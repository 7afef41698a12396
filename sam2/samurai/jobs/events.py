"""Prompts and what else a session is given between frames, noted so that it can be repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

from samurai.core.session import Session
from samurai.errors import SessionError
from samurai.jobs.plan import step_of
from samurai.jobs.record import Event, ObjectRecord, PassRecord, PromptRecord
from samurai.jobs.state import JobState
from samurai.jobs.store import unpacked_answer
from samurai.regions import Answer, Mask, ObjectId, Region, says_where
from samurai.video.sources.base import VideoFrame

log = logging.getLogger(__name__)


class SessionEvents:
    """Gives a session what its pass has noted, and notes what prompts want of it now.

    Hold the job's lock for every call.

    Attributes:
        session: of the pass.
        base: the step of the session's frame 0.
        step: of the newest frame that the session has seen.
        applied: how many of the pass's events the session knows.

    Args:
        state: of the job.
        record: of the pass.
        session: empty.
        frame_of: the frame of a place.
    """

    def __init__(
        self,
        state: JobState,
        record: PassRecord,
        session: Session,
        frame_of: Callable[[int], VideoFrame],
    ) -> None:
        self._state, self._record, self._frame_of = state, record, frame_of
        self._direction = record.direction
        self.session = session
        self.base, self.step, self.applied = record.base, record.base - 1, 0
        self._noted: list[tuple[Event, list[PromptRecord]]] = []

    def introduced(self, step: int) -> dict[ObjectId, Region]:
        """Prompts of the objects that join in a step."""
        pass_, state = self._record, self._state
        due = [
            each
            for each in pass_.events[self.applied :]
            if each.step == step and each.kind == "introduce"
        ]
        known = {*self.session.object_ids, *(each.object_id for each in due)}
        for each in state.living(pass_) if step > pass_.position else ():
            at = step_of(each.anchor, self._direction) == step
            if at and not each.primed and each.object_id not in known:
                keep = self._keeps(each)
                prompt = each.prompts_at(each.anchor)[0]
                event = Event(step, "introduce", each.object_id, prompt.number, keep)
                place = next(
                    (n for n, e in enumerate(pass_.events) if n >= self.applied and e.step >= step),
                    len(pass_.events),
                )
                pass_.events.insert(place, event)
                self._note(event)
                due.append(event)
        self.applied += len(due)
        found = {}
        for event in due:
            for prompt in self._prompts(event):
                found[event.object_id] = prompt.region
        return found

    def _keeps(self, obj: ObjectRecord) -> bool:
        """Whether the answer of an object's first frame is there, and stays."""
        return self._state.settled(obj, obj.anchor)

    def apply_due(self) -> list[Answer] | None:
        """Do to the session what was noted for this step; the answers where they changed."""
        answers, events = None, self._record.events
        while self.applied < len(events) and events[self.applied].step <= self.step:
            answers = self._apply(events[self.applied]) or answers
            self.applied += 1
        return answers

    def pending(self, fresh: bool) -> bool:
        """Whether there is anything to be done to the session between two frames.

        Args:
            fresh: `take` comes after `apply_due`.
        """
        events = self._record.events
        due = self.applied < len(events) and events[self.applied].step <= self.step
        return due or (fresh and any(self._wanted(None, set())))

    def _wanted(self, answers: list[Answer] | None, new: set[ObjectId]) -> Iterator[Event]:
        """What `take` does."""
        for each in self._state.living(self._record):
            if each.object_id in self.session.object_ids:
                yield from chain(self._here(each, answers, new), self._ahead(each))

    def take(self, answers: list[Answer] | None, new: set[ObjectId]) -> list[Answer] | None:
        """Give the session the prompts that no pass has taken, and the answers that stay.

        Args:
            answers: of the frame, where it was shown only now.
            new: objects that were introduced in it.
        """
        changed = None
        for event in list(self._wanted(answers, new)):
            changed = self._do(event) or changed
        return changed

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Forget what was noted in the block where an error ends it: the answers aren't stored."""
        self._noted, position = [], self._record.position
        try:
            yield
        except BaseException:
            with self._state.lock:
                self._record.position = position
                for event, prompts in self._noted:
                    self._record.events.remove(event)
                    for prompt in prompts:
                        prompt.taken.discard(self._direction)
                        prompt.answered = False
            raise

    def _note(self, event: Event) -> None:
        prompts = [each for each in self._prompts(event) if self._direction not in each.taken]
        self._noted.append((event, prompts))
        for prompt in prompts:
            prompt.taken.add(self._direction)

    def _here(
        self, obj: ObjectRecord, answers: list[Answer] | None, new: set[ObjectId]
    ) -> Iterator[Event]:
        """Events for the prompts of this frame."""
        place = step_of(self.step, self._direction)
        prompts = obj.prompts_at(place)
        if self._direction not in self._state.directions(obj, place) or not prompts:
            return
        untaken = [each for each in prompts if self._direction not in each.taken]
        keep = False
        if answers is None:
            prompts = untaken
        elif obj.object_id in new:
            prompts, keep = prompts[1:], self._keeps(obj)
        elif any(each.object_id == obj.object_id and each.prompted for each in answers):
            prompts = untaken  # the others were given ahead
        elif self._state.settled(obj, place):
            yield Event(self.step, "mask", obj.object_id, prompts[0].number, keep=True)
            return
        for each in prompts:
            yield Event(self.step, "correct", obj.object_id, each.number, keep)

    def _ahead(self, obj: ObjectRecord) -> Iterator[Event]:
        """Events for prompts of frames to come, as many as the memory holds, the nearest first.
        One that doesn't say by itself where the object is counts in its frame alone."""
        if not self._state.seekable:
            return
        steps = [
            (step_of(each.place, self._direction), each.number, each)
            for each in obj.prompts
            if self._direction in self._state.directions(obj, each.place)
            and len(obj.prompts_at(each.place)) == 1
            and says_where(each.region)
        ]
        coming = sorted(each for each in steps if each[0] > self.step)
        room = self._state.tracker.config.conditioning_frames - 1
        for _, number, prompt in coming[:room]:
            if self._direction not in prompt.taken:
                yield Event(self.step, "condition", obj.object_id, number)

    def _prompts(self, event: Event) -> list[PromptRecord]:
        """The prompt that an event is about, where it still counts."""
        if event.kind not in ("introduce", "join", "condition", "correct"):
            return []
        return [
            prompt
            for each in self._state.record.objects
            if each.object_id == event.object_id
            for prompt in each.prompts
            if prompt.number == event.prompt
        ]

    def _apply(self, event: Event) -> list[Answer] | None:
        """Do one thing to the session; the answers where they may have changed."""
        session, name = self.session, event.object_id
        if event.kind == "join":
            return self._join(event)
        if name not in session.object_ids:
            return None
        if event.kind == "remove":
            session.remove(name)
        elif event.kind == "clear":
            self._clear(name, step_of(event.prompt, self._direction) - self.base)
        elif event.kind == "mask":
            return self._correct_by_stored(name)
        elif event.kind == "correct":
            answers = None
            for prompt in self._prompts(event):
                answers = session.correct(name, prompt.region)
            return answers
        else:
            for prompt in self._prompts(event):
                number = step_of(prompt.place, self._direction) - self.base
                pixels = self._frame_of(prompt.place).pixels
                session.condition(pixels, number, {name: prompt.region})
        return None

    def _join(self, event: Event) -> list[Answer] | None:
        answers = None
        for prompt in self._prompts(event):
            answers = self.session.add({event.object_id: prompt.region})
        return answers

    def do(self, kind: str, object_id: ObjectId, prompt: int = -1) -> list[Answer] | None:
        """Do one thing to the session after the newest frame, and note it."""
        return self._do(Event(self.step, kind, object_id, prompt))

    def _do(self, event: Event) -> list[Answer] | None:
        answers = self._apply(event)
        self._record.events.append(event)
        self.applied += 1
        self._note(event)
        return answers

    def _clear(self, name: ObjectId, number: int) -> None:
        try:
            self.session.clear_prompts(name, number)
        except SessionError:  # the session didn't know the prompt, or has dropped it for others
            log.debug("object %r has no prompt in frame %d to be cleared", name, number)

    def _correct_by_stored(self, name: ObjectId) -> list[Answer] | None:
        """Let the session know the answer that stays."""
        place = step_of(self.step, self._direction)
        obj = next(each for each in self._state.record.objects if each.object_id == name)
        if obj.removed:
            return None
        payload = self._state.answers(obj).read(place)
        mask = None if payload is None else unpacked_answer(name, payload).mask
        if mask is not None and mask.any():
            return self.session.correct(name, Mask(mask))
        answers = None
        for prompt in obj.prompts_at(place):
            answers = self.session.correct(name, prompt.region)
        return answers

    def kept(self) -> dict[ObjectId, bool]:
        """Whether the stored answers of this frame stay, for objects with prompts in it."""
        keep = dict[ObjectId, bool]()
        for event in reversed(self._record.events[: self.applied]):
            if event.step < self.step:
                break
            if event.kind in ("introduce", "correct", "mask"):
                keep.setdefault(event.object_id, event.keep)
        return keep

    def untaken_at(self, step: int) -> bool:
        """Whether a prompt of that step hasn't been given to the session."""
        return any(
            step_of(prompt.place, self._direction) == step
            for each in self._state.living(self._record)
            for prompt in self._state.untaken(each, self._direction)
        )
