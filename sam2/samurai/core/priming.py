"""Objects of one video, looked for in another one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from samurai.core.objects import TrackedObject
from samurai.core.state import SessionState
from samurai.errors import SessionError
from samurai.networks.base import MASK_LOGIT
from samurai.policies.base import Candidate, Decoded, Policy


def primed_from(state: SessionState, other: SessionState, new_policy: Callable[[], Policy]) -> None:
    """Put objects with the conditioning memories of another video into an empty session.

    The first prompt counts as seen in frame -1, corrections in frames before that.

    Raises:
        SessionError: the other session has no objects.
    """
    if not other.objects:
        raise SessionError("the snapshot holds no objects to look for")
    for tracked in other.objects:
        frames = [tracked.prompt, *tracked.conditioning]
        memory = state.bank.new_memory()
        stored = {(kind, index): value for kind, index, value in tracked.memories[0].entries()}
        for place, index in enumerate(frames, start=1):
            memory.put_map(-place, stored["map", index])
            memory.put_pointer(-place, stored["pointer", index])
        policy = new_policy()
        policy.start(_prompt_seen())
        primed = TrackedObject(tracked.object_id, policy, [memory], None, prompt=-1)
        primed.conditioning = [-place for place in range(2, len(frames) + 1)]
        state.objects.append(primed)
    state.identities.take([tracked.object_id for tracked in other.objects])


def _prompt_seen() -> Decoded:
    """A prompt of another video, of which a policy knows nothing but that it was."""
    return Decoded(-1, 10.0, (Candidate(1.0),), _no_logits)


def _no_logits(candidate: int) -> NDArray[np.float32]:
    """The other video's mask says nothing of this one's."""
    return np.full((1, 1), -MASK_LOGIT, dtype=np.float32)
