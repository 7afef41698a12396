"""Distractor-aware memory on scripted masks against the restatement of its rules. No torch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.dam_rules import DamRules
from oracles.scenes import SCALE, Remembered, Said, block, prompt, scenes

from samurai.policies.anchors import AnchorParameters, sees_distractor
from samurai.policies.base import PolicyContext
from samurai.policies.dam import DamPolicy


@settings(max_examples=120)
@given(scenes(), st.integers(0, 40))
def test_decisions_equal_the_published_rules(scene: list[Said], first: int) -> None:
    """Same choices, same recalled frames in the same slots, from what was kept and nothing else."""
    policy = DamPolicy(PolicyContext())
    watched, start = Remembered(policy), prompt(first)
    watched.start(start)
    rules = DamRules(start.candidates[0].area)
    for frame_index, said in enumerate(scene, start=1):
        [recall] = policy.recall(first + frame_index)
        assert [(m.frame_index - first, m.slot) for m in recall.maps] == rules.maps(frame_index)
        assert [(p.frame_index - first, p.distance) for p in recall.pointers] == rules.pointers(
            frame_index
        )
        decoded = said.decoded(first + frame_index)
        masks = [decoded.mask(n) for n in range(3)]
        assert watched.step(decoded) == rules.judge(frame_index, said.ious, masks, SCALE**2)


def test_scenes_make_anchors() -> None:
    """The property above would hold of a policy without anchors if no scene had any."""
    crowded = block(10, 10, 8, 8) | block(30, 30, 8, 8)
    policy = DamPolicy(PolicyContext())
    watched = Remembered(policy)
    watched.start(prompt())
    for frame_index in range(1, 40):
        masks = [block(10, 10, 8, 8), crowded, block(10, 10, 8, 7)]
        watched.step(Said([0.9, 0.5, 0.4], 5.0, masks).decoded(frame_index))
    [recall] = policy.recall(40)
    assert [(m.frame_index, m.slot) for m in recall.maps[:4]] == [(0, 0), (24, 0), (30, 0), (36, 0)]
    assert [m.frame_index for m in recall.maps[4:]] == [25, 35, 39]


@pytest.mark.parametrize(
    ("other", "seen"),
    [
        (block(10, 10, 8, 8) | block(30, 30, 8, 8), True),  # takes the distractor along
        (block(30, 30, 8, 8), True),  # is the distractor
        (block(10, 10, 9, 9), False),  # a little larger
        (block(12, 12, 4, 4), False),  # a part
        (block(0, 0, 0, 0), False),  # nothing
    ],
)
def test_a_distractor_is_what_moves_the_box(other: np.ndarray, seen: bool) -> None:
    said = Said([0.9, 0.6, 0.5], 5.0, [block(10, 10, 8, 8), other, block(10, 10, 8, 8)])
    assert sees_distractor(said.decoded(1), 0, AnchorParameters.distractor_overlap) is seen


def test_absent_frames_leave_no_trace() -> None:
    policy = DamPolicy(PolicyContext())
    watched = Remembered(policy)
    watched.start(prompt())
    for frame_index in range(1, 31):
        score = -5.0 if 10 <= frame_index < 26 else 5.0
        watched.step(Said([0.9, 0.8, 0.7], score, [block(10, 10, 8, 8)] * 3).decoded(frame_index))
    [recall] = policy.recall(31)
    assert [m.frame_index for m in recall.maps] == [0, 5, 30]
    assert [p.frame_index for p in recall.pointers] == [0, 30, 29, 28, 27, 26]
