"""Sessions whose memories are checked before they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samurai.policies import POLICIES
from samurai.policies.memory_check import CheckedPolicy
from samurai.regions import Box, Points
from samurai.tracker import Tracker


@pytest.mark.parametrize("window", ["whole", 2.5])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_every_policy_can_be_checked(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], policy: str, window: Any
) -> None:
    tracker = make_tracker(policy, window=window, memory_check=True)
    session = tracker.session()
    session.start(video[0], {1: Box(30, 34, 30, 26)})
    for frame in video[1:6]:
        session.step(frame)
    session.correct(1, Points([[46.0, 47.5]], [1]))
    snapshot = session.snapshot()
    first = [session.step(frame)[0].mask for frame in video[6:12]]
    session.restore(snapshot)
    again = [session.step(frame)[0].mask for frame in video[6:12]]
    np.testing.assert_array_equal(first, again)


def test_the_check_changes_nothing_until_a_mask_fails_it(
    make_tracker: Callable[..., Tracker],
    video: list[NDArray[np.uint8]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CheckedPolicy, "_passes", lambda *_: True)
    runs = []
    for checked in (False, True):
        session = make_tracker("samurai", memory_check=checked).session()
        session.start(video[0], [Box(30, 34, 30, 26)])
        logits = [session.logits]
        for frame in video[1:12]:
            session.step(frame)
            logits.append(session.logits)
        runs.append(logits)
    without, with_check = runs
    np.testing.assert_array_equal(with_check, without)
