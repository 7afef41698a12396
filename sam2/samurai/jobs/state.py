"""A job's books: which pass answers for which object where, and what a prompt changes in that."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from samurai.errors import PromptError
from samurai.jobs.plan import FAR, Direction, Interval, object_spans, owner, step_of
from samurai.jobs.record import JobRecord, ObjectRecord, PassRecord, PromptRecord
from samurai.jobs.snapshots import PassSnapshots
from samurai.jobs.store import RecordFile, unpacked_answer, unpacked_frame
from samurai.jobs.ways import Work
from samurai.regions import Answer, ObjectId
from samurai.tracker import Tracker
from samurai.video.sources.base import Source
from samurai.video.tracked import TrackedFrame


class JobState:
    """What the parts of a job share. Hold `lock` for every call.

    Attributes:
        folder, source, tracker: of the job.
        record: job.json.
        lock: between the thread that tracks and others.
        running: number of the pass that is at work.
        joint: masks of objects are separated, so that a change of one may change others: they are
            tracked together, by one pass in each direction.
    """

    def __init__(self, folder: Path, source: Source, tracker: Tracker, record: JobRecord) -> None:
        self.folder, self.source, self.tracker, self.record = folder, source, tracker, record
        self.lock = threading.RLock()
        self.running: int | None = None
        self.joint = not (tracker.overlap and tracker.config.memory_overlap)
        self.frames = RecordFile(folder / "frames.records", record.span)
        self._files = {each.number: self._file(each.number) for each in self.objects()}

    # --- what is there

    @property
    def seekable(self) -> bool:
        """Whether single frames, and those before, can be had."""
        return self.source.info.seekable and not self.source.info.live

    @property
    def length(self) -> int | None:
        """Frames of the video, as far as that is known."""
        known = self.record.length
        return self.source.info.frame_count if known is None else known

    @property
    def last_place(self) -> int | None:
        """Of the span's frames; None where it is unknown."""
        places = self.record.span.places(self.length)
        return None if places is None else places - 1

    def last_step(self, direction: Direction) -> int | None:
        """The step with which a pass ends; None where it is unknown."""
        return self.last_place if direction == "forward" else 0

    def objects(self) -> list[ObjectRecord]:
        """Those that are tracked."""
        return [each for each in self.record.objects if not each.removed]

    def find(self, object_id: ObjectId) -> ObjectRecord:
        """An object.

        Raises:
            PromptError: there is none with this identity.
        """
        for each in self.record.objects:
            if each.object_id == object_id and not each.removed:
                return each
        known = ", ".join(repr(each.object_id) for each in self.objects()) or "none"
        raise PromptError(f"object {object_id!r} isn't tracked; tracked are: {known}")

    def answers(self, obj: ObjectRecord) -> RecordFile:
        """The answers of an object on disk."""
        if obj.number not in self._files:
            self._files[obj.number] = self._file(obj.number)
        return self._files[obj.number]

    def forget_answers(self, obj: ObjectRecord) -> None:
        """Delete the answers of an object."""
        self.answers(obj).delete()
        del self._files[obj.number]

    def snapshots(self, number: int) -> PassSnapshots:
        """Of a pass."""
        return PassSnapshots(self.folder / "snapshots" / str(number))

    def living(self, pass_: PassRecord) -> list[ObjectRecord]:
        """The objects that a pass tracks now."""
        return [
            each
            for each in self.objects()
            if (segments := each.segments.get(pass_.direction))
            and segments[-1][0] == pass_.number
            and (each.retired is None or pass_.direction != "forward")
        ]

    def searches(self, pass_: PassRecord) -> bool:
        """Whether a search for objects looks with the session of a pass."""
        search = self.record.search
        return search is not None and search.pass_number == pass_.number

    def finished(self, pass_: PassRecord) -> bool:
        """Whether a pass has come to its end."""
        last = self.last_step(pass_.direction)
        return last is not None and pass_.position >= last

    def answers_for(self, pass_: PassRecord, each: ObjectRecord, step: int) -> bool:
        """Whether an object's answers in a step are those of a pass."""
        return owner(each.segments.get(pass_.direction, ()), step) == pass_.number

    def left(self, work: Work) -> PassRecord | None:
        """The pass that is to go on next; None where nothing of the work is left."""
        for direction in work.directions:
            for pass_ in self.record.passes.values():
                wanted = self.living(pass_) or (work.discoverer and self.searches(pass_))
                if pass_.direction == direction and wanted and self.unfinished(pass_, work):
                    return pass_
        return None

    def end_of(self, direction: Direction, work: Work) -> int | None:
        """The step with which a pass ends in a run; None where it is unknown."""
        ends = [self.last_step(direction), work.last_step(direction)]
        return min((end for end in ends if end is not None), default=None)

    def unfinished(self, pass_: PassRecord, work: Work) -> bool:
        """Whether a pass has frames to track in a run, or prompts to take where it is."""
        end = self.end_of(pass_.direction, work)
        if end is None or pass_.position < end:
            return True
        return pass_.position == end and any(
            step_of(prompt.place, pass_.direction) == pass_.position
            for each in self.living(pass_)
            for prompt in self.untaken(each, pass_.direction)
        )

    # --- prompts

    def directions(self, obj: ObjectRecord, place: int) -> tuple[Direction, ...]:
        """The ways on which a prompt of a frame is met."""
        if self.record.span.direction != "both" or place == obj.anchor:
            return self.record.span.directions
        return ("forward",) if place > obj.anchor else ("backward",)

    def untaken(self, obj: ObjectRecord, direction: Direction) -> list[PromptRecord]:
        """Prompts that no pass of that direction has been given."""
        return [
            each
            for each in obj.prompts
            if direction not in each.taken and direction in self.directions(obj, each.place)
        ]

    def settled(self, obj: ObjectRecord, place: int) -> bool:
        """Whether the stored answer of a frame is that of all prompts there, so that it stays."""
        prompts = obj.prompts_at(place)
        return bool(prompts) and all(each.answered for each in prompts)

    # --- answers

    def reach(self, obj: ObjectRecord) -> Interval:
        """The first and the last place at which an object is tracked."""
        last = self.last_place
        forward, backward = obj.anchor, obj.anchor
        if "forward" in self.record.span.directions:
            forward = FAR if last is None else last
            forward = forward if obj.retired is None else obj.retired
        if "backward" in self.record.span.directions:
            backward = 0
        return backward, forward

    def spans(self, obj: ObjectRecord) -> tuple[list[Interval], list[Interval]]:
        """Places that are done, and those that are stale."""
        prompted = {each.place for each in obj.prompts}
        settled = {place for place in prompted if self.settled(obj, place)}
        unsettled = {each.place for each in obj.prompts if not each.answered}
        positions = {number: each.position for number, each in self.record.passes.items()}
        return object_spans(self.reach(obj), obj.segments, positions, settled, unsettled)

    def result(
        self,
        place: int,
        objects: Sequence[ObjectRecord] | None = None,
        at_hand: Mapping[ObjectId, Answer] = MappingProxyType({}),
    ) -> TrackedFrame:
        """The answers of a frame.

        Args:
            objects: that are done there; None to find out.
            at_hand: stored answers of this frame that needn't be read.
        """
        if objects is None:
            objects = [each for each in self.objects() if self.is_done(each, place)]
        found = []
        for each in objects:
            if each.object_id in at_hand:
                found.append(at_hand[each.object_id])
                continue
            payload = self.answers(each).read(place)
            if payload is not None:
                found.append(unpacked_answer(each.object_id, payload))
        seconds, name = unpacked_frame(self.frames.read(place))
        return TrackedFrame(self.record.span.frame(place), tuple(found), seconds, name)

    def is_done(self, obj: ObjectRecord, place: int) -> bool:
        """Whether `spans` says so, without the spans."""
        first, last = self.reach(obj)
        if not first <= place <= last:
            return False
        if obj.prompts_at(place):
            return self.settled(obj, place)
        for direction, segments in obj.segments.items():
            step = step_of(place, direction)
            number = owner(segments, step)
            if number is not None and self.record.passes[number].position >= step:
                return True
        return False

    # --- writing

    def _file(self, number: int) -> RecordFile:
        return RecordFile(self.folder / "answers" / f"{number}.records", self.record.span)

    def new_pass_number(self) -> int:
        """A number that no pass had yet."""
        self.record.next_pass += 1
        return self.record.next_pass - 1

    def new_prompt_number(self) -> int:
        """A number that no prompt had yet."""
        self.record.next_prompt += 1
        return self.record.next_prompt - 1

    def save(self) -> None:
        """Write job.json.

        Raises:
            StorageError: it can't be written.
        """
        self.record.write(self.folder)

    # --- after a crash

    def recover(self) -> None:
        """Find out how far each pass came after job.json was written."""
        for pass_ in self.record.passes.values():
            last = self.last_step(pass_.direction)
            while (last is None or pass_.position < last) and self._was_answered(pass_):
                pass_.position += 1

    def _was_answered(self, pass_: PassRecord) -> bool:
        """Whether a pass stored its next step; steps with prompts have events, and job.json was
        written after them."""
        step = pass_.position + 1
        place = step_of(step, pass_.direction)
        answered = [
            self.answers(each).pass_of(place) == pass_.number and not each.prompts_at(place)
            for each in self.objects()
            if self.answers_for(pass_, each, step)
        ]
        return self.frames.has(place) and bool(answered) and all(answered)
