"""Our combination: SAMURAI's choices, the anchors of DAM4SAM, caution after an absence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from oracles.scenes import Remembered, Said, block, prompt, scenes

from samurai.policies.base import PolicyContext
from samurai.policies.samurai import SamuraiPolicy
from samurai.policies.samurai_dam import SamuraiDamParameters, SamuraiDamPolicy

GONE_FRAMES, FOUND_IOU = SamuraiDamParameters.gone_frames, SamuraiDamParameters.found_iou

HERE, ELSEWHERE = block(10, 10, 8, 8), block(28, 28, 8, 8)


@settings(max_examples=60)
@given(scenes())
def test_it_chooses_as_samurai_does(scene: list[Said]) -> None:
    ours, theirs = SamuraiDamPolicy(PolicyContext()), SamuraiPolicy(PolicyContext())
    watched = Remembered(ours)
    watched.start(prompt())
    theirs.start(prompt())
    for frame_index, said in enumerate(scene, start=1):
        decoded = said.decoded(frame_index)
        assert watched.step(decoded) == theirs.choose([decoded])[0].candidate


@pytest.mark.parametrize("gone", [GONE_FRAMES - 1, GONE_FRAMES])
def test_what_comes_back_is_remembered_once_it_is_sure(gone: int) -> None:
    """After a short gap at once; after a long one only when the network is sure of it."""
    policy = SamuraiDamPolicy(PolicyContext())
    watched = Remembered(policy)
    watched.start(prompt())
    doubtful, sure = FOUND_IOU - 0.1, FOUND_IOU + 0.2
    frames = [Said([0.9, 0.8, 0.7], 5.0, [HERE] * 3)] * 10
    frames += [Said([0.9, 0.8, 0.7], -5.0, [HERE] * 3)] * gone
    frames += [Said([doubtful, 0.1, 0.1], 5.0, [ELSEWHERE] * 3)] * 3
    for frame_index, said in enumerate(frames, start=1):
        watched.step(said.decoded(frame_index))
    last = len(frames)
    remembered = {m.frame_index for m in policy.recall(last + 1)[0].maps}
    long = gone >= GONE_FRAMES
    assert policy.searching is long
    assert (last in remembered) is not long
    watched.step(Said([sure, 0.1, 0.1], 5.0, [ELSEWHERE] * 3).decoded(last + 1))
    assert not policy.searching
    assert last + 1 in {m.frame_index for m in policy.recall(last + 2)[0].maps}


def test_a_frame_that_samurai_would_not_trust_is_not_remembered() -> None:
    policy = SamuraiDamPolicy(PolicyContext())
    watched = Remembered(policy)
    watched.start(prompt())
    for frame_index, iou in enumerate([0.9, 0.9, 0.4], start=1):
        watched.step(Said([iou, 0.1, 0.1], 5.0, [HERE] * 3).decoded(frame_index))
    [recall] = policy.recall(4)
    assert [m.frame_index for m in recall.maps] == [0, 2]
    assert [p.frame_index for p in recall.pointers] == [0, 2, 1]
