"""What prompts, corrections and removals change: which pass answers for an object from where on."""

from __future__ import annotations

from collections.abc import Sequence

from samurai.jobs.plan import Direction, Segment, handed_over, step_of
from samurai.jobs.record import Event, ObjectRecord, PassRecord, PromptRecord
from samurai.jobs.snapshots import SavedSnapshot
from samurai.jobs.state import JobState


class Changes:
    """Changes a job's books. Hold the job's lock for every call.

    Args:
        state: of the job.
    """

    def __init__(self, state: JobState) -> None:
        self._state = state

    def add(self, own: ObjectRecord) -> None:
        """Let a new object be tracked: by a pass that hasn't come to it, else by one of its own."""
        self._state.record.objects.append(own)
        for direction in self._state.record.span.directions:
            begin = step_of(own.anchor, direction)
            taker = self._pass_before(direction, begin)
            if taker is None and self._state.joint:
                taker = self._everybody_leaves(direction, begin)
            if taker is None:
                taker = self._new_pass(direction, begin, begin - 1)
            own.segments[direction] = [(taker.number, begin)]

    def prompted(self, own: ObjectRecord, prompt: PromptRecord) -> None:
        """Let a further prompt of an object count."""
        own.prompts.append(prompt)
        for direction in self._state.directions(own, prompt.place):
            step = self._state.step(direction, prompt)
            segments = own.segments[direction]
            tail = self._state.record.passes[segments[-1][0]]
            if step < segments[0][1]:
                own.anchor = prompt.place
                self._move(own, tail, step, strict=True)
            elif step < max(tail.now, segments[-1][1]) or self._left_behind(tail, step):
                self._move(own, tail, step, strict=not self._state.seekable)

    def cleared(self, own: ObjectRecord, place: int) -> None:
        """Let the prompts of a frame count no more."""
        ways = self._state.directions(own, place)
        own.prompts = [each for each in own.prompts if each.place != place]
        own.cleared = sorted({*own.cleared, place})
        for direction in ways:
            step = step_of(place, direction)
            number, begin = own.segments[direction][-1]
            tail = self._state.record.passes[number]
            if step <= tail.now or step < begin:
                self._move(own, tail, step, strict=True)
            else:
                tail.events.append(Event(tail.now, "clear", own.object_id, place))

    def removed(self, own: ObjectRecord) -> None:
        """Track an object no more."""
        own.removed = True
        for segments in own.segments.values():
            tail = self._state.record.passes[segments[-1][0]]
            tail.events.append(Event(tail.now, "remove", own.object_id))
        self._state.forget_answers(own)

    def forget_passes(self) -> None:
        """Drop the passes that answer for nothing any more, and their snapshots."""
        named = {
            number
            for each in self._state.objects()
            for segments in each.segments.values()
            for number, _ in segments
        }
        for number in [each for each in self._state.record.passes if each not in named]:
            if number != self._state.running:
                del self._state.record.passes[number]
                self._state.snapshots(number).delete()

    def restart(self, own: PassRecord) -> None:
        """Let a pass whose snapshots are all damaged begin where its session's frames do."""
        own.position, own.events = own.base - 1, []
        for each in self._state.living(own):
            for prompt in each.prompts:
                if not prompt.answered:
                    prompt.taken.discard(own.direction)

    def _left_behind(self, own: PassRecord, step: int) -> bool:
        """Whether a pass won't, or can't, come back to its newest frame."""
        at_rest = self._state.running != own.number and step == own.position
        return at_rest and (self._state.finished(own) or not self._state.seekable)

    def _pass_before(self, direction: Direction, begin: int) -> PassRecord | None:
        """A pass that a new object can join in a step."""
        for own in self._state.record.passes.values():
            if own.direction != direction or not (
                self._state.living(own) or own.number == self._state.running
            ):
                continue
            if own.now < own.base:  # it hasn't begun
                own.base = min(own.base, begin)
                own.position = own.base - 1
                return own
            if own.now < begin and not self._state.finished(own) and own.founders is None:
                return own
            if own.now < begin and self._state.joint:
                return own
        return None

    def _everybody_leaves(self, direction: Direction, step: int) -> PassRecord | None:
        """A new pass for all objects, from before a step; None where there are none."""
        for own in self._state.record.passes.values():
            if own.direction == direction and (movers := self._state.living(own)):
                return self._leave(movers, own, step, strict=True)
        return None

    def _move(self, own: ObjectRecord, tail: PassRecord, step: int, strict: bool) -> None:
        movers = self._state.living(tail) if self._state.joint else [own]
        self._leave(movers, tail, step, strict)

    def _leave(
        self, movers: Sequence[ObjectRecord], tail: PassRecord, step: int, strict: bool
    ) -> PassRecord:
        """A new pass that answers for objects from a step on.

        Args:
            tail: the pass that did so far.
            strict: the new pass has to track the frame of that step anew.
        """
        direction = tail.direction
        anchors = {each.number: step_of(each.anchor, direction) for each in movers}
        oldest = min(movers, key=lambda each: anchors[each.number])
        found = self._origin(oldest, direction, step - 1 if strict else step)
        base = min([step, *anchors.values()])
        if any(each.primed for each in movers):
            base = min(base, 0)
        new = self._new_pass(direction, base, base - 1)
        new.founders = [each.object_id for each in movers]
        if found is not None:
            origin, begun = found
            new.base, new.position = begun, begun + origin.frame
            self._state.snapshots(new.number).begin_with(origin)
        others = len(self._state.living(tail)) > len(movers) or self._state.running == tail.number
        for each in movers:
            begin = max(step, anchors[each.number])
            each.segments[direction] = handed_over(each.segments[direction], new.number, begin)
            for prompt in each.prompts:
                if not prompt.answered:
                    prompt.taken.discard(direction)
            if others:
                tail.events.append(Event(tail.now, "remove", each.object_id))
            for place in each.cleared if found is not None else ():
                if step_of(place, direction) > new.position:
                    new.events.append(Event(new.position, "clear", each.object_id, place))
        return new

    def _origin(
        self, own: ObjectRecord, direction: Direction, latest: int
    ) -> tuple[SavedSnapshot, int] | None:
        """The newest whole snapshot that knows an object as it was, and its session's base.

        Args:
            latest: the last step after which it may have been taken.
        """
        begin, limit = step_of(own.anchor, direction), latest
        for number, since in reversed(_until(own.segments[direction], latest)):
            base = self._state.record.passes[number].base
            for saved in self._state.snapshots(number).saved():
                if begin <= base + saved.frame <= limit:
                    snapshot = saved.load(self._state.tracker)
                    if snapshot is not None:
                        snapshot.close()
                        return saved, base
            limit = min(limit, since - 1)
        return None

    def _new_pass(self, direction: Direction, base: int, position: int) -> PassRecord:
        own = PassRecord(self._state.number(0), direction, base, position)
        self._state.record.passes[own.number] = own
        return own


def _until(segments: Sequence[Segment], step: int) -> list[Segment]:
    """Segments that begin at a step or before."""
    return [each for each in segments if each[1] <= step]
