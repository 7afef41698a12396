"""HiM2SAM's decisions on scripted scores: when points are asked, what is kept for how long."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from oracles.scenes import Remembered, Said, block, prompt, scenes

from samurai.policies.base import PolicyContext
from samurai.policies.him2sam import Him2SamPolicy, hausdorff
from samurai.policies.samurai import SamuraiPolicy

HERE, AWAY = block(4, 4, 6, 6), block(30, 30, 6, 6)
LARGE, SMALL = PolicyContext(large=True), PolicyContext(motion_weight=0.15)


class Still:
    """Frames of a scene in which nothing moves: every point stays where it is."""

    ago = 5

    def rgb(self, ago: int = 0) -> np.ndarray:
        return np.zeros((160, 160, 3), np.uint8)

    gray = rgb


class Stays:
    """A point tracker that says so."""

    asked = 0

    def follow(self, frames: Any, points: Any) -> Any:
        self.asked += 1
        return points, np.ones(len(points), bool)


def policy_with_points(context: PolicyContext = LARGE) -> tuple[Him2SamPolicy, Stays]:
    policy, points = Him2SamPolicy(context), Stays()
    policy._vote._tracker = points
    policy.observe(Still())
    return policy, points


def follow(policy: Him2SamPolicy, frames: list[Said]) -> tuple[Remembered, list[int]]:
    watched = Remembered(policy)
    watched.start(prompt(0, HERE))
    return watched, [
        watched.step(said.decoded(frame_index)) for frame_index, said in enumerate(frames, start=1)
    ]


def steady(iou: float = 0.9) -> Said:
    return Said([iou, 0.2, 0.1], 5.0, [HERE, HERE, HERE])


@settings(max_examples=60)
@given(scenes())
def test_without_points_it_chooses_as_samurai_with_its_own_weight(scene: list[Said]) -> None:
    class Blind(Stays):
        def follow(self, frames: Any, points: Any) -> Any:
            return points, np.zeros(len(points), bool)

    policy, _ = policy_with_points()
    policy._vote._tracker = Blind()
    theirs = SamuraiPolicy(PolicyContext(motion_weight=0.15))
    theirs.start(prompt(0, HERE))
    _, chosen = follow(policy, scene)
    expected = [theirs.choose([s.decoded(t)])[0].candidate for t, s in enumerate(scene, start=1)]
    assert chosen == expected


@pytest.mark.parametrize(
    ("before", "iou", "asked"),
    [
        (3, 0.79, True),  # warming up: below 0.8
        (3, 0.81, False),
        (20, 0.79, False),  # steady: 0.15 * 1 + 0.85 * 0.79 = 0.82, sure enough
        (20, 0.75, True),  # 0.7875
    ],
)
def test_points_are_asked_when_the_choice_is_uncertain(
    before: int, iou: float, asked: bool
) -> None:
    policy, points = policy_with_points()
    watched, _ = follow(policy, [steady(0.95)] * before)
    assert points.asked == 0
    watched.step(steady(iou).decoded(before + 1))
    assert (points.asked == 1) is asked


def test_points_outvote_a_lure() -> None:
    """A quarter of the score is the points': enough against a small lead, not a large one."""
    for lead, winner in ((0.05, 1), (0.5, 0)):
        policy, _ = policy_with_points()
        follow(policy, [steady(0.95)] * 3)
        lure = Said([0.2 + lead, 0.2, 0.1], 5.0, [AWAY, HERE, AWAY])
        assert policy.choose([lure.decoded(4)])[0].candidate == winner


@pytest.mark.parametrize(("context", "gap"), [(LARGE, 2), (SMALL, 5)])
def test_short_term_frames_keep_their_gap(context: PolicyContext, gap: int) -> None:
    policy, _ = policy_with_points(context)
    follow(policy, [steady()] * 40)
    [recall] = policy.recall(41)
    assert [m.frame_index for m in recall.maps] == [0, *range(40 - 5 * gap, 41, gap)]
    assert [m.slot for m in recall.maps] == [0, 1, 2, 3, 4, 5, 6]


def telling() -> Said:
    """Sure, where expected, and clearly not the second candidate, as large and far away."""
    return Said([0.95, 0.5, 0.1], 5.0, [HERE, AWAY, HERE])


def test_one_long_term_frame_takes_the_oldest_slot() -> None:
    policy, _ = policy_with_points()
    follow(policy, [steady()] * 20 + [telling()] + [steady()] * 30)
    [recall] = policy.recall(52)
    assert (recall.maps[1].frame_index, recall.maps[1].slot) == (21, 1)
    assert [m.slot for m in recall.maps] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "said",
    [
        Said([0.79, 0.3, 0.1], 5.0, [HERE, AWAY, HERE]),  # not sure enough
        Said([0.95, 0.7, 0.1], 5.0, [HERE, AWAY, HERE]),  # the second is too good
        Said([0.95, 0.5, 0.1], 5.0, [HERE, block(30, 30, 3, 3), HERE]),  # too small
        Said([0.95, 0.5, 0.1], 5.0, [HERE, block(8, 8, 6, 6), HERE]),  # too near
        Said([0.95, 0.5, 0.1], -0.5, [HERE, AWAY, HERE]),  # not seen
    ],
)
def test_what_is_not_clear_is_not_remembered_for_long(said: Said) -> None:
    policy, _ = policy_with_points()
    follow(policy, [steady()] * 20 + [said] + [steady()] * 30)
    assert policy._long is None


def test_hausdorff_is_the_largest_distance_to_the_nearest_pixel() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        a, b = random.random((2, 12, 12)) > 0.9
        a[3, 4] = b[8, 1] = True
        points = [np.argwhere(mask) for mask in (a, b)]
        distances = np.linalg.norm(points[0][:, None] - points[1][None], axis=2)
        expected = max(distances.min(axis=1).max(), distances.min(axis=0).max())
        assert hausdorff(a, b) == pytest.approx(expected, abs=1e-4)
