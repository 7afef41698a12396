"""What every policy owes its users, whatever its opinions: the same tests over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.agreement import assert_overlap
from oracles.inputs import sam2_network

from samurai.config import TrackerConfig
from samurai.core.session import Session
from samurai.policies import POLICIES
from samurai.regions import Answer, Box, Mask
from samurai.tracker import Tracker

Frames = list[NDArray[np.uint8]]
BOX, OTHER = Box(30.0, 33.0, 32.0, 27.0), Box(60.0, 40.0, 30.0, 30.0)
LENGTH = 26
"""Frames: enough for anchors, gaps and a filter that has its say."""


@pytest.fixture(scope="module", params=sorted(POLICIES))
def tracker(request: pytest.FixtureRequest, build_predictor: Callable[..., Any]) -> Tracker:
    model = build_predictor(64, seed=2, small=True, object_bias=1.0)
    return Tracker(
        model,
        TrackerConfig(policy=request.param, device="cpu", dtype="float32", motion_weight=0.25),
    )


def run(session: Session, frames: Frames, boxes: list[Box]) -> list[list[Answer]]:
    return [session.start(frames[0], boxes), *(session.step(frame) for frame in frames[1:])]


def same(a: list[Answer], b: list[Answer]) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(x.mask, y.mask) and x.confidence == y.confidence and x.box == y.box
        for x, y in zip(a, b, strict=True)
    )


@pytest.fixture(scope="module")
def alone(tracker: Tracker, video: Frames) -> list[list[Answer]]:
    """One object over the video, in a session of its own."""
    return run(tracker.session(), video[:LENGTH], [BOX])


def test_deterministic_and_restartable(
    tracker: Tracker, video: Frames, alone: list[list[Answer]]
) -> None:
    """Again, after another video in the same session, with memory written early: the same."""
    session = tracker.session()
    run(session, video[20:26], [OTHER, BOX])
    again = [session.start(video[0], [BOX])]
    for frame in video[1:LENGTH]:
        session.update_memory()
        again.append(session.step(frame))
    assert all(same(a, b) for a, b in zip(alone, again, strict=True))


def test_bounded(tracker: Tracker, video: Frames) -> None:
    """Not more rows than declared, and no more after many frames than after some."""
    session, requirements = tracker.session(), tracker.new_policy().requirements
    run(session, video[:8], [BOX])
    session.step(video[8], [OTHER])
    for frame_index in range(60):
        session.step(video[frame_index % len(video)])
    session.update_memory()
    memory = session._bank
    assert memory.maps.capacity == 2 * requirements.maps
    assert memory.pointers.capacity == 2 * requirements.pointers
    assert 0 < memory.maps.used <= 2 * requirements.maps
    session.close()
    assert session._bank.maps.used == 0


def test_several_objects_are_as_many_single_runs(
    tracker: Tracker,
    video: Frames,
    float32_maps: None,
) -> None:
    """One of them starts late. Batches differ from single runs in the last bits."""
    single = run(tracker.session(), video[:LENGTH], [BOX])
    late = run(tracker.session(), video[7:LENGTH], [OTHER])
    session = tracker.session()
    together = run(session, video[:7], [BOX])
    together.append(session.step(video[7], [OTHER]))
    together += [session.step(frame) for frame in video[8:LENGTH]]
    for frame_index, answers in enumerate(together):
        expected = [
            single[frame_index][0],
            *([late[frame_index - 7][0]] if frame_index >= 7 else []),
        ]
        for answer, one in zip(answers, expected, strict=True):
            assert_overlap(answer.mask, one.mask, 0.98, frame_index)  # seen: 0.0005 less than 1


def test_a_prompt_in_a_later_frame_is_a_start_there(tracker: Tracker, video: Frames) -> None:
    """With another object before it, an object's own numbers begin at its own prompt."""
    session = tracker.session()
    session.start(video[0], [OTHER])
    for frame in video[1:5]:
        session.step(frame)
    late = session.step(video[5], [BOX])[1]
    fresh = tracker.session()
    first = fresh.start(video[5], [BOX])[0]
    assert_overlap(late.mask, first.mask, 0.98)


def test_a_video_of_one_frame(tracker: Tracker, video: Frames) -> None:
    with tracker.session() as session:
        assert len(session.start(video[0], [BOX])) == 1
        session.update_memory()


def test_an_object_that_is_never_seen_again(tracker: Tracker, video: Frames) -> None:
    """The head says "absent" in every frame: empty answers, no error, and a return is possible."""
    bias = sam2_network(tracker).model.sam_mask_decoder.pred_obj_score_head.layers[2].bias
    normal = bias.detach().clone()
    session = tracker.session()
    try:
        session.start(video[0], [BOX])
        bias.data.copy_(normal - 40)
        for frame in video[1:20]:
            [answer] = session.step(frame)
            assert answer.absent and answer.box is None and answer.confidence == 0.0
        bias.data.copy_(normal + 40)
        [answer] = session.step(video[20])
        assert answer.mask.shape == video[0].shape[:2]
    finally:
        bias.data.copy_(normal)


def test_windows_and_masks_as_prompts(
    build_predictor: Callable[..., Any], tracker: Tracker, video: Frames, prompt_mask: Mask
) -> None:
    """A model with a window, prompted by a mask: pictures and hints are in the frame's pixels."""
    model = build_predictor(64, seed=2, small=True, object_bias=1.0)
    name = tracker.config.policy
    session = Tracker(
        model, TrackerConfig(policy=name, device="cpu", dtype="float32", window=3.0)
    ).session()
    answers = session.start(video[0], [prompt_mask])
    assert answers[0].mask.any()
    for frame in video[1:12]:
        answers = session.step(frame)
        assert answers[0].mask.shape == frame.shape[:2]


def test_offline_ends_with_what_was_best(
    tracker: Tracker, video: Frames, alone: list[list[Answer]]
) -> None:
    """The last frame is answered as in a stream; a policy of one line says the same throughout."""
    name = tracker.config.policy
    offline = Tracker(
        sam2_network(tracker).model,
        TrackerConfig(policy=name, device="cpu", dtype="float32", offline=True),
    )
    session = offline.session()
    assert session.start(video[0], [BOX]) == []
    for frame in video[1:LENGTH]:
        assert session.step(frame) == []
    frames = session.finish()  # type: ignore[attr-defined]
    assert [len(answers) for answers in frames] == [1] * LENGTH
    assert same(frames[-1], alone[-1]) and same(frames[0], alone[0])
    if name != "sam2long":
        assert all(same(a, b) for a, b in zip(frames, alone, strict=True))
