"""What every policy owes its users, whatever its opinions: the same tests over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from oracles.agreement import assert_overlap
from oracles.inputs import sam2_network
from oracles.runs import Frames, run, same

from samurai.config import TrackerConfig
from samurai.core.offline import OfflineSession
from samurai.policies import POLICIES
from samurai.regions import Answer, Box
from samurai.tracker import Tracker

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


@pytest.fixture(scope="module")
def alone(tracker: Tracker, video: Frames) -> list[list[Answer]]:
    """One object over the video, in a session of its own."""
    return run(tracker.session(), video[:LENGTH], [BOX])


def test_deterministic_and_restartable(
    tracker: Tracker, video: Frames, alone: list[list[Answer]]
) -> None:
    """Again, after a video of another size in the same session, with memory written early."""
    session = tracker.session()
    run(session, [frame[:80, :100] for frame in video[20:26]], [OTHER, BOX])
    again = [session.start(video[0], [BOX])]
    for frame in video[1:LENGTH]:
        session.update_memory()
        again.append(session.step(frame))
    assert same(alone, again)


def test_bounded(tracker: Tracker, video: Frames) -> None:
    """Not more rows than declared, and no more after many frames than after some."""
    session, requirements = tracker.session(), tracker.new_policy().requirements
    run(session, video[:8], [BOX])
    memory = session._state.bank
    assert memory.maps.capacity == requirements.maps
    session.step(video[8], [OTHER])
    for frame_index in range(40):
        session.step(video[frame_index % len(video)])
    session.update_memory()
    assert memory.maps.capacity == 2 * requirements.maps
    assert memory.pointers.capacity == 2 * requirements.pointers
    assert 0 < memory.maps.used <= 2 * requirements.maps
    session.close()
    assert session._state.bank.maps.used == 0 and session.frame_index == -1


def test_several_objects_are_as_many_single_runs(
    tracker: Tracker,
    video: Frames,
    float32_maps: None,
) -> None:
    """One of them starts late. Batches differ from single runs in the last bits."""
    single = run(tracker.session(), video[:LENGTH], [BOX])
    late = run(tracker.session(), video[7:LENGTH], [OTHER])
    session = tracker.session()
    together = run(session, video[:LENGTH], [BOX], {7: [OTHER]})
    for frame_index, answers in enumerate(together):
        expected = [
            single[frame_index][0],
            *([late[frame_index - 7][0]] if frame_index >= 7 else []),
        ]
        for answer, one in zip(answers, expected, strict=True):
            assert_overlap(answer.mask, one.mask, 0.98, frame_index)  # seen: 0.0072 less than 1


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
    assert isinstance(session, OfflineSession)
    assert run(session, video[:LENGTH], [BOX]) == [[]] * LENGTH
    frames = session.finish()
    assert [len(answers) for answers in frames] == [1] * LENGTH
    assert same(frames[-1:], alone[-1:]) and same(frames[:1], alone[:1])
    if name != "sam2long":
        assert same(frames, alone)
