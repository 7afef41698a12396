"""What a job has answered, read from the disk frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from samurai.jobs.state import JobState
from samurai.jobs.store import unpacked_score
from samurai.regions import ObjectId
from samurai.video.tracked import TrackedFrame


def all_results(state: JobState) -> Iterator[TrackedFrame]:
    """See `Job.results`."""
    with state.lock:
        done = [(each, state.spans(each)[0]) for each in state.objects()]
    ends = [intervals[-1][1] for _, intervals in done if intervals]
    answered = np.zeros((len(done), max(ends, default=-1) + 1), np.bool_)
    for row, (_, intervals) in zip(answered, done, strict=True):
        for first, last in intervals:
            row[first : last + 1] = True
    for place in np.flatnonzero(answered.any(axis=0)).tolist():
        with state.lock:
            here = [each for row, (each, _) in enumerate(done) if answered[row, place]]
            result = state.result(place, [each for each in here if not each.removed])
        yield result


def object_scores(
    state: JobState, object_id: ObjectId, frames: range
) -> Iterator[tuple[float, bool] | None]:
    """See `Job.scores`."""
    for frame in frames:
        with state.lock:
            place = state.record.span.place(frame, state.length)
            obj = state.find(object_id)
            payload = state.answers(obj).read(place) if state.is_done(obj, place) else None
        yield None if payload is None else unpacked_score(payload)
