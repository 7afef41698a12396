"""Objects on the other side of a change of the frames' size."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from samurai.core.session import Session
from samurai.jobs.plan import step_of
from samurai.jobs.record import PassRecord
from samurai.jobs.state import JobState
from samurai.jobs.store import unpacked_answer
from samurai.masks import resized
from samurai.regions import Mask, ObjectId, Region
from samurai.video.sources.base import VideoFrame

log = logging.getLogger(__name__)


def carried_over(
    state: JobState, record: PassRecord, session: Session, step: int, frame: VideoFrame
) -> dict[ObjectId, Region]:
    """Prompts for a new session where the size of frames changes: the objects of the one before as
    they were last seen.

    Args:
        state, record: of the job and the pass.
        session: that ends.
        step: the last one that it answered.
        frame: the first of another size.
    """
    height, width = frame.pixels.shape[:2]
    log.warning(
        "frame %d is %dx%d, another size than before: objects go on from their last masks",
        *(frame.index, width, height),
    )
    carried = dict[ObjectId, Region]()
    for name in session.object_ids:
        with state.lock:
            mask = _last_seen(state, record, step, name)
        if mask is None:
            continue
        scaled = resized(mask, (height, width))
        if scaled.any():
            carried[name] = Mask(scaled)
    return carried


def _last_seen(
    state: JobState, record: PassRecord, newest: int, name: ObjectId
) -> NDArray[np.bool_] | None:
    """The newest mask of an object in a pass that isn't empty."""
    own = state.find(name)
    for step in range(newest, record.base - 1, -1):
        payload = state.answers(own).read(step_of(step, record.direction))
        if payload is not None:
            mask = unpacked_answer(name, payload).mask
            if mask.any():
                return mask
    return None
