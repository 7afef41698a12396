"""A job that others track, as a session that shows it: `samurai track --show`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from samurai.errors import PromptError
from samurai.jobs import Job
from samurai.regions import ObjectId
from samurai.runtime.turns import Turns
from samurai.tracker import Tracker
from samurai.video.sources.base import Source
from samurai.video.tracked import TrackedFrame
from samurai.web.engine.client_job import ClientJob
from samurai.web.engine.looking import Looking
from samurai.web.engine.previews import Previews
from samurai.web.engine.prompted import Parts
from samurai.web.engine.prompts import prompts_of
from samurai.web.engine.session import WebSession


@dataclass(frozen=True)
class Shown:
    """What is shown.

    Attributes:
        job: is read while another thread runs it; it stays its owner's.
        source: of the job.
        tracker: of the job.
        labels: names of objects, by identity.
    """

    job: Job
    source: Source
    tracker: Tracker
    labels: Mapping[ObjectId, str]


class ShownSession(WebSession):
    """Answers and prompts of a job, by numbers in the order of its objects. It is read only: made
    for a server that lets nothing else through.

    Args:
        session_id, video_id, created_at: as in `SessionState`.
        shown: the job.
        num_frames: of the video.
        open_source: opens the video once more.
    """

    def __init__(
        self,
        session_id: str,
        video_id: str,
        created_at: str,
        shown: Shown,
        num_frames: int,
        open_source: Callable[[], Source],
    ) -> None:
        turns, ids = Turns(), dict(enumerate(shown.job.objects))
        parts = Parts(
            session_id=session_id,
            video_id=video_id,
            created_at=created_at,
            source=shown.source,
            open_source=open_source,
            job=shown.job,
            client_job=_ShownJob(shown.job, turns, ids),
            previews=Previews(shown.tracker, turns, shown.source),
            turns=turns,
            looking=Looking(shown.tracker, turns, None),
            most_objects=0,
            touched=lambda: None,
        )
        super().__init__(parts)
        self.num_frames = num_frames
        self.tracking = True
        names = {number: shown.labels.get(name) or str(name) for number, name in ids.items()}
        self._looks = {number: (name, None) for number, name in names.items()}

    @property
    def running(self) -> bool:
        """Whether frames are being tracked; the tracking thread sets `tracking`."""
        return self.tracking

    def frame(self, frame: int) -> TrackedFrame:
        """What is tracked in a frame."""
        return self._client_job.result(frame)

    def close(self) -> None:
        """Show nothing any more; the job goes on."""
        self._client_job.close()


class _ShownJob(ClientJob):
    """Frames that the job leaves out have no answers.

    Args:
        job: that is shown.
        turns: of nobody.
        ids: identities by number.
    """

    def __init__(self, job: Job, turns: Turns, ids: Mapping[int, ObjectId]) -> None:
        wanted = {number: prompts_of(job, name) for number, name in ids.items()}
        super().__init__(job, turns, ids, lambda: None, wanted)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """See `ClientJob.in_use`; objects that were found since the last call are there."""
        with super().in_use():
            self.adopt_found()
            yield

    def result(self, frame: int) -> TrackedFrame:
        """See `ClientJob.result`."""
        try:
            return super().result(frame)
        except PromptError:
            return TrackedFrame(frame, (), None, None)

    def scores(self, number: int, frames: range) -> list[tuple[float, bool] | None]:
        """See `ClientJob.scores`."""
        found: list[tuple[float, bool] | None] = [None] * len(frames)
        for part in self.spans()[number].done:
            inside = [frame for frame in part if frame in frames]
            if inside:
                asked = range(inside[0], inside[-1] + 1, part.step)
                for frame, score in zip(asked, super().scores(number, asked), strict=True):
                    found[frames.index(frame)] = score
        return found
