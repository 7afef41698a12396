"""What the caller handed over, or was given, is the caller's: it may change it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.runs import Frames, run

from samurai import Box, Mask, Points, Tracker
from samurai.policies import policy_names
from samurai.runtime import threads as background

FIRST, LATE = Box(30, 33, 32, 27), Box(60, 40, 30, 30)


@pytest.mark.parametrize("policy", policy_names())
def test_one_buffer_serves_all_frames_and_answers_may_be_changed(
    make_tracker: Callable[..., Tracker],
    video: Frames,
    policy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also while memory is written in the background. No frame is drawn into."""
    tracker, late = make_tracker(policy), {3: [LATE]}
    expected = run(tracker.session(), video[:8], [FIRST], late)
    monkeypatch.setattr(background, "usable_cores", lambda: 1 + torch.get_num_threads())
    buffer = np.empty_like(video[0])
    with tracker.session() as session:
        for frame_index, frame in enumerate(video[:8]):
            buffer[...] = frame
            if frame_index:
                answers = session.step(buffer, late.get(frame_index))
            else:
                answers = session.start(buffer, [FIRST])
            np.testing.assert_array_equal(buffer, frame)
            for answer, other in zip(answers, expected[frame_index], strict=True):
                np.testing.assert_array_equal(answer.mask, other.mask)
            session.update_memory_async()
            for answer in answers:
                answer.mask[...] = True


def test_prompts_are_left_as_they_are(
    make_tracker: Callable[..., Tracker], video: Frames, prompt_mask: Mask
) -> None:
    before, points = prompt_mask.array.copy(), Points([[70.0, 50.0]], [1])
    with make_tracker().session() as session:
        run(session, video[:4], [prompt_mask, points])
    np.testing.assert_array_equal(prompt_mask.array, before)
    assert points.coordinates.tolist() == [[70.0, 50.0]]


def test_answers_of_two_objects_share_no_memory(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    settings: list[dict[str, Any]] = [{}, {"overlap": False}, {"window": 3.4}]
    for each in settings:
        answers = run(make_tracker(**each).session(), video[:2], [FIRST, LATE])
        arrays: list[NDArray[np.bool_]] = [a.mask for frame in answers for a in frame]
        for number, array in enumerate(arrays):
            assert not any(np.shares_memory(array, other) for other in arrays[number + 1 :])
