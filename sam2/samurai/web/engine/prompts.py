"""What a client wants of each object, per frame, and how a job is brought to it.

The model is immutable and doesn't know how it came about: whichever way a client took to the same
prompts, the job is asked for the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from samurai.errors import RegionError
from samurai.jobs import Job
from samurai.jobs.plan import FAR, Interval
from samurai.regions import Box, Mask, ObjectId, Points, Region, same_region, says_where
from samurai.video.prompts.base import ObjectPrompt
from samurai.web.engine.views import PromptState
from samurai.web.problems import Unprocessable

MOST_CLICKS_OF_A_FRAME = 1024
"""Of one object, added up over all requests."""


@dataclass(frozen=True, eq=False)
class FramePrompt:
    """The prompts of an object in a frame: a box, a mask or neither, and clicks.

    Attributes:
        base: what clicks refine.
        clicks: without a box.
        regions: what a job is given for it, in this order; the same ones as long as this lives.
    """

    base: Box | Mask | None = None
    clicks: Points | None = None
    regions: tuple[Region, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.clicks is None:
            found: tuple[Region, ...] = () if self.base is None else (self.base,)
        elif isinstance(self.base, Box):
            found = (Points(self.clicks.coordinates, self.clicks.labels, self.base),)
        else:
            found = (self.clicks,) if self.base is None else (self.base, self.clicks)
        object.__setattr__(self, "regions", found)

    @property
    def introduces(self) -> bool:
        """Whether it says by itself where an object is."""
        return any(map(says_where, self.regions))

    @property
    def as_one(self) -> Region:
        """All of it as a single prompt, for a preview."""
        if isinstance(self.base, Mask) and self.clicks is not None:
            box = Box.of_mask(self.base.array)
            return Points(self.clicks.coordinates, self.clicks.labels, box)
        return self.regions[0]

    def with_clicks(self, clicks: Points) -> FramePrompt:
        """Further clicks.

        Raises:
            Unprocessable: they are too many.
        """
        if self.clicks is not None:
            clicks = Points(
                np.concatenate([self.clicks.coordinates, clicks.coordinates]),
                np.concatenate([self.clicks.labels, clicks.labels]),
            )
        if len(clicks.labels) > MOST_CLICKS_OF_A_FRAME:
            raise Unprocessable(
                f"an object has {len(clicks.labels)} clicks in one frame, more than "
                f"{MOST_CLICKS_OF_A_FRAME}: clear them, or draw a mask"
            )
        return FramePrompt(self.base, clicks)

    def equals(self, other: FramePrompt | None) -> bool:
        """Whether it says the same."""
        return other is not None and (
            len(self.regions) == len(other.regions)
            and all(map(same_region, self.regions, other.regions))
        )

    def state(self, frame: int) -> PromptState:
        """As plain data."""
        points: tuple[tuple[float, float], ...] = ()
        labels: tuple[int, ...] = ()
        if self.clicks is not None:
            points = tuple((float(x), float(y)) for x, y in self.clicks.coordinates)
            labels = tuple(int(label) for label in self.clicks.labels)
        box = None
        if isinstance(self.base, Box):
            x, y = self.base.x, self.base.y
            box = (x, y, x + self.base.width, y + self.base.height)
        return PromptState(frame, points, labels, box, isinstance(self.base, Mask))


@dataclass(frozen=True)
class ObjectPrompts:
    """What a client wants of one object.

    Attributes:
        frames: prompts by frame, in the order in which the frames were first prompted.
        anchor: the frame that introduces it; None without prompts, and of an object that comes
            from another video.
        primed: it comes from another video.
    """

    frames: Mapping[int, FramePrompt] = field(default_factory=dict)
    anchor: int | None = None
    primed: bool = False

    def changed(self, frame: int, prompt: FramePrompt | None) -> ObjectPrompts:
        """With other prompts in a frame; None takes them away.

        Raises:
            RegionError: nothing is left that says where the object is.
        """
        frames = {**self.frames}
        if prompt is None:
            frames.pop(frame, None)
        elif not prompt.equals(frames.get(frame)):
            frames[frame] = prompt
        return replace(self, frames=frames, anchor=self._anchor(frames))

    def _anchor(self, frames: Mapping[int, FramePrompt]) -> int | None:
        if self.primed or not frames:
            return None
        able = [frame for frame, each in frames.items() if each.introduces]
        if not able:
            raise RegionError(
                "no prompt would be left that says where the object is: give a box, a mask or a "
                "click with label 1, or remove the object"
            )
        return self.anchor if self.anchor in able else able[0]

    @property
    def tracked(self) -> bool:
        """Whether there is anything to be tracked."""
        return self.primed or bool(self.frames)

    def reach(self, directions: tuple[str, ...]) -> list[Interval]:
        """The frames to which tracking in these directions comes from the object."""
        if self.anchor is None:
            return [(0, FAR)] if self.primed and "forward" in directions else []
        ways = {"forward": (self.anchor, FAR), "backward": (0, self.anchor)}
        return [ways[direction] for direction in directions]

    def covers(self, frame: int, directions: tuple[str, ...]) -> bool:
        """Whether tracking in these directions comes from the object to a frame."""
        return any(first <= frame <= last for first, last in self.reach(directions))


Wanted = Mapping[int, ObjectPrompts]
"""What a client wants of all objects, by the client's numbers, in the order of introduction."""


_NAME = "prompt-"
"""What identities in the job begin with; objects that the job finds have numbers."""


class JobPrompts:
    """Brings a job to what a client wants, by as few changes as possible.

    A client's number that is removed and comes back is another object of the job, whose identities
    are never used twice. The job's own record says what it has, so that a call that failed half way
    is made good by the next one.

    Args:
        job: nobody else changes its prompts.
        primed: objects from another video: the job's identities by the client's numbers.
    """

    def __init__(self, job: Job, primed: Mapping[int, ObjectId] | None = None) -> None:
        self._job = job
        self._ids: dict[int, ObjectId] = dict(primed or {})
        used = [each for each in self._ids.values() if isinstance(each, str)]
        numbers = [int(each.removeprefix(_NAME)) for each in used if each.startswith(_NAME)]
        self._next = max(numbers, default=-1) + 1

    @property
    def ids(self) -> dict[int, ObjectId]:
        """The job's identities by the client's numbers."""
        return dict(self._ids)

    def adopt(self, number: int, identity: ObjectId) -> None:
        """Take over an object that the job has found."""
        self._ids[number] = identity

    def bring(self, wanted: Wanted) -> None:
        """Let the job track what is wanted.

        Raises:
            SessionError: the policy can't be corrected.
            StorageError: it can't be written. Some of the changes may have been made in any case.
        """
        have = self._have()
        for number, identity in list(self._ids.items()):
            want = wanted.get(number)
            gone = identity not in self._job.objects
            if not gone and (
                want is None or not want.tracked or self._is_other(want, have[identity])
            ):
                self._job.remove(identity)
                gone = True
            if gone:
                del self._ids[number]
        for number, want in wanted.items():
            if number not in self._ids:
                self._introduce(number, want)
            else:
                self._correct(self._ids[number], want, have[self._ids[number]])

    def _have(self) -> dict[ObjectId, dict[int, list[Region]]]:
        """The job's prompts by object and frame, the introducing frame first."""
        found: dict[ObjectId, dict[int, list[Region]]] = {name: {} for name in self._job.objects}
        for each in self._job.prompts:
            found[each.object_id].setdefault(each.frame_index, []).append(each.region)
        return found

    def _is_other(self, want: ObjectPrompts, have: Mapping[int, list[Region]]) -> bool:
        """Whether an object has to be introduced anew."""
        if want.anchor is None:
            return False
        introduced = next(iter(have), None)
        return introduced != want.anchor or not _same(have[introduced], want.frames[introduced])

    def _introduce(self, number: int, want: ObjectPrompts) -> None:
        if want.anchor is None:
            return
        identity, self._next = f"{_NAME}{self._next}", self._next + 1
        self._give(identity, want.anchor, want.frames[want.anchor], number)
        for frame, prompt in want.frames.items():
            if frame != want.anchor:
                self._give(identity, frame, prompt)

    def _correct(
        self, identity: ObjectId, want: ObjectPrompts, have: Mapping[int, list[Region]]
    ) -> None:
        for frame, regions in have.items():
            if frame not in want.frames or not _same(regions, want.frames[frame]):
                self._job.clear(identity, frame)
        for frame, prompt in want.frames.items():
            if not _same(have.get(frame, ()), prompt):
                self._give(identity, frame, prompt)

    def _give(
        self, identity: ObjectId, frame: int, prompt: FramePrompt, number: int | None = None
    ) -> None:
        for region in prompt.regions:
            self._job.prompt(ObjectPrompt(identity, frame, region))
            if number is not None:
                self._ids[number] = identity


def prompts_of(job: Job, name: ObjectId) -> ObjectPrompts:
    """What a job was asked for; none of an object of another video."""
    frames: dict[int, FramePrompt] = {}
    anchor = None
    for each in job.prompts:
        if each.object_id != name:
            continue
        before = frames.get(each.frame_index, FramePrompt())
        region = each.region
        if isinstance(region, Points):
            base = before if region.box is None else FramePrompt(region.box)
            frames[each.frame_index] = base.with_clicks(Points(region.coordinates, region.labels))
        else:
            assert isinstance(region, Box | Mask)
            frames[each.frame_index] = FramePrompt(region)
        anchor = each.frame_index if anchor is None else anchor
    return ObjectPrompts(frames, anchor, primed=not frames)


def _same(regions: object, prompt: FramePrompt) -> bool:
    """Whether a job has exactly these prompts of a frame."""
    assert isinstance(regions, list | tuple)
    return len(regions) == len(prompt.regions) and all(
        mine is theirs for mine, theirs in zip(regions, prompt.regions, strict=True)
    )
