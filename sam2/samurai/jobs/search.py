"""A search for objects while a pass tracks: what a discoverer finds becomes part of the job."""

from __future__ import annotations

from samurai.core.session import Session
from samurai.discovery.discoverer import Discoverer, Findings, Found
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

    Hold the job's lock for every call but `look`.

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

    def look(self, frame: VideoFrame, answered: TrackedFrame, session: Session) -> Findings:
        """Look at the newest frame of a pass. It may take long, and needs no lock.

        Args:
            answered: what all objects are in it, of whichever pass.
            session: of the pass, which has just answered the frame.
        """
        return self._discoverer.look(session, frame.pixels, frame.index, answered.answers)

    def take(
        self, findings: Findings, events: SessionEvents, pass_: PassRecord
    ) -> tuple[bool, list[Answer] | None]:
        """Make what `look` brought part of the job. Objects that were removed meanwhile stay so.

        Args:
            events: of the pass.
            pass_: the pass.

        Returns:
            Whether the job has changed; the frame's answers anew, if objects joined.
        """
        place, answers = step_of(events.step, pass_.direction), None
        known = {each.object_id: each for each in self._state.objects()}
        for name in (each for each in findings.retired if each in known):
            events.do("remove", name)
            known[name].retired = place
        for name, label in findings.labels.items():
            if name in known:
                known[name].label = known[name].label or label
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
