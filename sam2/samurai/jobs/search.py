"""A search for objects while a pass tracks: what a discoverer finds becomes part of the job."""

from __future__ import annotations

from samurai.discovery.discoverer import Discoverer, Found
from samurai.jobs.changes import Changes
from samurai.jobs.events import SessionEvents
from samurai.jobs.plan import step_of
from samurai.jobs.record import ObjectRecord, PassRecord, PromptRecord, SearchRecord
from samurai.jobs.state import JobState
from samurai.regions import Answer
from samurai.video.sources.base import VideoFrame
from samurai.video.tracked import TrackedFrame


class Search:
    """Lets a discoverer look at the frames that a pass answers, each once, whatever ends a run.

    Hold the job's lock for every call.

    Args:
        state: of the job.
        record: of the search.
        discoverer: looks; goes on where the search is.
    """

    def __init__(self, state: JobState, record: SearchRecord, discoverer: Discoverer) -> None:
        self._state, self._record, self._discoverer = state, record, discoverer
        if record.state:
            discoverer.restore(record.state)

    @classmethod
    def of(cls, state: JobState, discoverer: Discoverer) -> Search:
        """A job's search, a new one if it has none.

        Raises:
            JobError: the job has a search for something else, or can't have one any more.
        """
        return cls(state, Changes(state).search(discoverer.what), discoverer)

    def is_due(self, step: int) -> bool:
        """Whether nobody has looked at the frame of a step yet."""
        return step > self._record.looked

    def look(
        self, frame: VideoFrame, answered: TrackedFrame, events: SessionEvents, pass_: PassRecord
    ) -> tuple[bool, list[Answer] | None]:
        """Look at the newest frame of a pass.

        Args:
            frame: the frame.
            answered: what all objects are in it, of whichever pass.
            events: of the pass, whose session has just answered the frame.
            pass_: the pass.

        Returns:
            Whether the job has changed; the frame's answers anew, if objects joined.
        """
        findings = self._discoverer.look(
            events.session, frame.pixels, frame.index, answered.answers
        )
        place, answers = step_of(events.step, pass_.direction), None
        for name in findings.retired:
            events.do("remove", name)
            self._state.find(name).retired = place
        for name, label in findings.labels.items():
            known = self._state.find(name)
            known.label = known.label or label
        for found in findings.new:
            answers = self._join(found, place, events, pass_)
        self._record.looked, self._record.state = events.step, self._discoverer.state()
        return bool(findings.retired or findings.labels or findings.new), answers

    def _join(
        self, found: Found, place: int, events: SessionEvents, pass_: PassRecord
    ) -> list[Answer] | None:
        state = self._state
        taken = [each.object_id for each in state.record.objects]
        name = 1 + max((each for each in taken if isinstance(each, int)), default=0)
        obj = ObjectRecord(name, len(taken), place, found.label, reason=found.reason)
        prompt = PromptRecord(state.new_prompt_number(), place, found.mask)
        obj.prompts.append(prompt)
        Changes(state).add(obj, joined=pass_)
        try:
            answers = events.do("join", name, prompt.number)
        except BaseException:
            state.record.objects.remove(obj)
            raise
        self._discoverer.joined([name])
        return answers
