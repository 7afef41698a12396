"""What prompts, corrections and removals change: which pass answers for an object from where on."""

from __future__ import annotations

from collections.abc import Sequence

from samurai.errors import JobError
from samurai.jobs.plan import FAR, Direction, Segment, handed_over, step_of
from samurai.jobs.record import Event, ObjectRecord, PassRecord, PromptRecord, SearchRecord
from samurai.jobs.snapshots import SavedSnapshot
from samurai.jobs.state import JobState


class Changes:
    """Changes a job's books. Hold the job's lock for every call.

    Args:
        state: of the job.
    """

    def __init__(self, state: JobState) -> None:
        self._state = state

    def add(self, obj: ObjectRecord, joined: PassRecord | None = None) -> None:
        """Let a new object be tracked: by a pass that hasn't come to it, else by one of its own.

        Args:
            joined: a pass that is at the object's first frame, and has it in its session.
        """
        self._state.record.objects.append(obj)
        for direction in self._state.record.span.directions:
            begin = step_of(obj.anchor, direction)
            if joined is not None and joined.direction == direction:
                obj.segments[direction] = [(joined.number, begin)]
                continue
            taker = self._pass_before(direction, begin)
            if taker is None and self._state.joint:
                taker = self._everybody_leaves(direction, begin)
            if taker is None:
                taker = self._new_pass(direction, begin, begin - 1)
            obj.segments[direction] = [(taker.number, begin)]

    def prompted(self, obj: ObjectRecord, prompt: PromptRecord) -> None:
        """Let a further prompt of an object count."""
        obj.prompts.append(prompt)
        for direction in self._state.directions(obj, prompt.place):
            step = step_of(prompt.place, direction)
            if direction == "forward" and obj.retired is not None:
                self._called_back(obj, step)
                continue
            segments = obj.segments[direction]
            tail = self._state.record.passes[segments[-1][0]]
            if step < segments[0][1]:
                obj.anchor = prompt.place
                self._move(obj, tail, step, strict=True)
            elif step < max(tail.now, segments[-1][1]) or self._left_behind(tail, step):
                self._move(obj, tail, step, strict=not self._state.seekable)

    def _called_back(self, obj: ObjectRecord, step: int) -> None:
        """Track a retired object again, from a prompt on; from the last frame that knew it, if the
        prompt comes later."""
        retired, obj.retired = obj.retired, None
        assert retired is not None
        tail = self._state.record.passes[obj.segments["forward"][-1][0]]
        if step < obj.segments["forward"][0][1]:
            obj.anchor = step
        self._leave([obj], tail, step, strict=True, known_until=retired)

    def cleared(self, obj: ObjectRecord, place: int) -> None:
        """Let the prompts of a frame count no more."""
        ways = self._state.directions(obj, place)
        obj.prompts = [each for each in obj.prompts if each.place != place]
        obj.cleared = sorted({*obj.cleared, place})
        for direction in ways:
            step = step_of(place, direction)
            number, begin = obj.segments[direction][-1]
            tail = self._state.record.passes[number]
            if step <= tail.now or step < begin:
                self._move(obj, tail, step, strict=True)
            else:
                tail.events.append(Event(tail.now, "clear", obj.object_id, place))

    def removed(self, obj: ObjectRecord) -> None:
        """Track an object no more."""
        obj.removed = True
        for segments in obj.segments.values():
            tail = self._state.record.passes[segments[-1][0]]
            tail.events.append(Event(tail.now, "remove", obj.object_id))
        self._state.forget_answers(obj)

    def search(self, what: str) -> SearchRecord:
        """Let objects be looked for, from the span's first frame on: with the session of a pass
        that hasn't begun, or one of its own. Of a live source, and where objects are tracked
        together, with that of the only pass, from where it is.

        Args:
            what: is looked for, in words.

        Raises:
            JobError: something else was looked for before.
        """
        search = self._state.record.search
        if search is None:
            pass_ = self._searching_pass()
            search = SearchRecord(pass_.number, what, pass_.position)
            self._state.record.search = search
        if search.what != what:
            raise JobError(
                f"this job looked for {search.what}, and now for {what}: create another job"
            )
        return search

    def _searching_pass(self) -> PassRecord:
        single = self._state.joint or self._state.source.info.live
        for pass_ in self._state.record.passes.values():
            if pass_.direction != "forward":
                continue
            if pass_.now < pass_.base:  # it hasn't begun
                pass_.base, pass_.position = min(pass_.base, 0), min(pass_.base, 0) - 1
                return pass_
            if single and not self._state.finished(pass_):
                return pass_
        if single and self._state.record.passes:
            raise JobError(
                "objects that are tracked together can't be joined once that is over: create "
                "another job, and look for objects from its first run on"
            )
        return self._new_pass("forward", 0, -1)

    def forget_passes(self) -> None:
        """Drop the passes that answer for nothing any more, and their snapshots."""
        named = {
            number
            for each in self._state.objects()
            for segments in each.segments.values()
            for number, _ in segments
        }
        search = self._state.record.search
        named |= set() if search is None else {search.pass_number}
        for number in [each for each in self._state.record.passes if each not in named]:
            if number != self._state.running:
                del self._state.record.passes[number]
                self._state.snapshots(number).delete()

    def restart(self, pass_: PassRecord) -> None:
        """Let a pass whose snapshots are all damaged begin where its session's frames do."""
        pass_.position, pass_.events = pass_.base - 1, []
        for each in self._state.living(pass_):
            for prompt in each.prompts:
                if not prompt.answered:
                    prompt.taken.discard(pass_.direction)

    def _left_behind(self, pass_: PassRecord, step: int) -> bool:
        """Whether a pass won't, or can't, come back to its newest frame."""
        at_rest = self._state.running != pass_.number and step == pass_.position
        return at_rest and (self._state.finished(pass_) or not self._state.seekable)

    def _pass_before(self, direction: Direction, begin: int) -> PassRecord | None:
        """A pass that a new object can join in a step."""
        for pass_ in self._state.record.passes.values():
            if pass_.direction != direction or not (
                self._state.living(pass_)
                or pass_.number == self._state.running
                or self._state.searches(pass_)
            ):
                continue
            if pass_.now < pass_.base:  # it hasn't begun
                pass_.base = min(pass_.base, begin)
                pass_.position = pass_.base - 1
                return pass_
            if pass_.now < begin and not self._state.finished(pass_) and pass_.founders is None:
                return pass_
            if pass_.now < begin and self._state.joint:
                return pass_
        return None

    def _everybody_leaves(self, direction: Direction, step: int) -> PassRecord | None:
        """A new pass for all objects, from before a step; None where there are none."""
        for pass_ in self._state.record.passes.values():
            if pass_.direction == direction and (movers := self._state.living(pass_)):
                return self._leave(movers, pass_, step, strict=True)
        return None

    def _move(self, obj: ObjectRecord, tail: PassRecord, step: int, strict: bool) -> None:
        movers = self._state.living(tail) if self._state.joint else [obj]
        self._leave(movers, tail, step, strict)

    def _leave(
        self,
        movers: Sequence[ObjectRecord],
        tail: PassRecord,
        step: int,
        strict: bool,
        known_until: int = FAR,
    ) -> PassRecord:
        """A new pass that answers for objects from a step on.

        Args:
            tail: the pass that did so far.
            strict: the new pass has to track the frame of that step anew.
            known_until: the last step whose snapshots know the objects.
        """
        direction = tail.direction
        anchors = {each.number: step_of(each.anchor, direction) for each in movers}
        oldest = min(movers, key=lambda each: anchors[each.number])
        latest = min(step - 1 if strict else step, known_until)
        found = self._origin(oldest, direction, latest)
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
        self, obj: ObjectRecord, direction: Direction, latest: int
    ) -> tuple[SavedSnapshot, int] | None:
        """The newest whole snapshot that knows an object as it was, and its session's base.

        Args:
            latest: the last step after which it may have been taken.
        """
        begin, limit = step_of(obj.anchor, direction), latest
        for number, since in reversed(_until(obj.segments[direction], latest)):
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
        pass_ = PassRecord(self._state.new_pass_number(), direction, base, position)
        self._state.record.passes[pass_.number] = pass_
        return pass_


def _until(segments: Sequence[Segment], step: int) -> list[Segment]:
    """Segments that begin at a step or before."""
    return [each for each in segments if each[1] <= step]
