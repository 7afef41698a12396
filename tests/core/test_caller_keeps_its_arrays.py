"""What the caller handed over, or was given, is the caller's: it may change it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samurai import Answer, Box, Mask, Points, Tracker
from samurai.policies import policy_names
from samurai.runtime import threads as background

Frames = list[NDArray[np.uint8]]
FIRST, LATE = Box(30, 33, 32, 27), Box(60, 40, 30, 30)


def run(
    tracker: Tracker,
    frames: Frames,
    shown: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = np.copy,
    afterwards: Callable[[NDArray[np.uint8], list[Answer]], None] = lambda frame, answers: None,
) -> list[list[NDArray[np.bool_]]]:
    """Masks of a run with a late object, each copied before the caller goes on."""
    masks = []
    with tracker.session() as session:
        for frame_index, frame in enumerate(frames):
            given = shown(frame)
            if frame_index == 0:
                answers = session.start(given, [FIRST])
            else:
                answers = session.step(given, [LATE] if frame_index == 3 else None)
            masks.append([answer.mask.copy() for answer in answers])
            session.update_memory_async()
            afterwards(given, answers)
    return masks


def same(a: list[list[NDArray[np.bool_]]], b: list[list[NDArray[np.bool_]]]) -> bool:
    return all(
        np.array_equal(x, y)
        for xs, ys in zip(a, b, strict=True)
        for x, y in zip(xs, ys, strict=True)
    )


@pytest.fixture(params=policy_names())
def tracker(request: pytest.FixtureRequest, make_tracker: Callable[..., Tracker]) -> Tracker:
    return make_tracker(request.param)


def test_one_buffer_serves_all_frames(
    tracker: Tracker, video: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "usable_cores", lambda: 1 + torch.get_num_threads())
    buffer = np.empty_like(video[0])

    def into_buffer(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        buffer[...] = frame
        return buffer

    assert same(run(tracker, video[:8]), run(tracker, video[:8], into_buffer))


def test_frames_may_be_drawn_into_and_answers_changed(tracker: Tracker, video: Frames) -> None:
    def spoil(frame: NDArray[np.uint8], answers: list[Answer]) -> None:
        frame[...] = 0
        for answer in answers:
            answer.mask[...] = True

    assert same(run(tracker, video[:8]), run(tracker, video[:8], afterwards=spoil))


def test_frames_and_prompts_are_left_as_they_are(tracker: Tracker, video: Frames) -> None:
    frames = [frame.copy() for frame in video[:4]]
    array = np.zeros(frames[0].shape[:2], bool)
    array[34:60, 30:62] = True
    mask, points = Mask(array), Points([[70.0, 50.0]], [1])
    with tracker.session() as session:
        session.start(frames[0], [mask, points])
        for frame in frames[1:]:
            session.step(frame)
    assert all(np.array_equal(a, b) for a, b in zip(frames, video, strict=False))
    assert mask.array.sum() == array.sum() == 26 * 32
    assert points.coordinates.tolist() == [[70.0, 50.0]]


def test_answers_of_two_objects_share_no_memory(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    for settings in ({}, {"overlap": False}, {"window": 3.4}):
        with make_tracker(**settings).session() as session:
            first = session.start(video[0], [FIRST, LATE])
            second = session.step(video[1])
        arrays: list[Any] = [answer.mask for answer in (*first, *second)]
        for number, array in enumerate(arrays):
            assert not any(np.shares_memory(array, other) for other in arrays[number + 1 :])
