"""Prompts from outside become part of a job."""

from __future__ import annotations

from samurai.core.identities import as_object_id
from samurai.core.session_checks import check_correction
from samurai.core.snapshots import Snapshot
from samurai.errors import PromptError, SessionError
from samurai.jobs.changes import Changes
from samurai.jobs.passes import LIKE, PassRun
from samurai.jobs.record import ObjectRecord, PromptRecord
from samurai.jobs.state import JobState
from samurai.regions import as_region
from samurai.runtime.whole_files import storing
from samurai.video.prompts.base import ObjectPrompt


class Incoming:
    """Takes prompts. Hold the job's lock for every call.

    Args:
        state: of the job.
        changes: of its books.
    """

    def __init__(self, state: JobState, changes: Changes) -> None:
        self._state, self._changes = state, changes

    def add(self, prompt: ObjectPrompt, live: PassRun | None) -> None:
        """Take a prompt.

        Args:
            live: the pass over a live source.

        Raises:
            PromptError, RegionError: it can't be used.
            SessionError: the policy can't be corrected.
        """
        state, region = self._state, as_region(prompt.region)
        try:
            name = as_object_id(prompt.object_id)
        except SessionError as error:
            raise PromptError(str(error)) from error
        place = self._place(prompt.frame_index, live)
        size = live.size if live is not None else None
        size = size or (state.source.info.height, state.source.info.width)
        known = {each.object_id: each for each in state.record.objects}
        obj = known.get(name)
        if obj is None:
            region.check(size)
            obj = ObjectRecord(name, len(state.record.objects), place, prompt.label)
            obj.prompts.append(PromptRecord(state.new_prompt_number(), place, region))
            self._changes.add(obj)
            return
        if obj.removed:
            raise PromptError(
                f"object {name!r} was removed, and identities aren't used again: give another one"
            )
        region.check_places(size)
        if self._introduces(obj, place):
            region.check(size)
        check_correction(state.tracker.new_policy())
        obj.label = prompt.label or obj.label
        self._changes.prompted(obj, PromptRecord(state.new_prompt_number(), place, region))

    def look_for(self, like: Snapshot) -> None:
        """Take the objects of another video over."""
        state = self._state
        with state.tracker.session(like=like) as session:
            names = session.object_ids
        with storing(state.folder):
            like.save(state.folder / LIKE)
        for name in names:
            self._changes.add(ObjectRecord(name, len(state.record.objects), 0, primed=True))

    def _introduces(self, obj: ObjectRecord, place: int) -> bool:
        """Whether a further prompt becomes the first one on the way."""
        ways = {"forward": place < obj.anchor, "backward": place > obj.anchor, "both": False}
        return ways[self._state.record.span.direction]

    def _place(self, frame_index: int, live: PassRun | None) -> int:
        """Where a prompt counts."""
        state, span = self._state, self._state.record.span
        if not state.source.info.live:
            return span.place(frame_index, state.length)
        now = max((pass_.now for pass_ in state.record.passes.values()), default=-1)
        if live is None:
            now = -1
        return max(span.place(frame_index, state.length), now + 1)
