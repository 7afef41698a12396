"""MoSAM's steps: motion becomes a prompt, doubt becomes less memory."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from oracles.scenes import SCALE, SIDE, Remembered, Said, block, prompt

from samurai.policies.base import PolicyContext
from samurai.policies.mosam import BEYOND, MosamParameters, MosamPolicy, pixel_trust

PROMPTED = MosamParameters.prompted

SIZE = int(SIDE * SCALE)


class Sliding:
    """A textured picture that slides by some pixels per frame, over a still ground."""

    def __init__(self, step: tuple[int, int], seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        coarse = random.integers(0, 255, (2, SIZE // 8, SIZE // 8, 3), dtype=np.uint8)
        self.ground, self.texture = (
            cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) for picture in coarse
        )
        self.step, self.frame_index = step, 0

    @property
    def ago(self) -> int:
        return min(self.frame_index, 1)

    def rgb(self, ago: int = 0) -> np.ndarray:
        frame_index = self.frame_index - ago
        x, y = 40 + self.step[0] * frame_index, 40 + self.step[1] * frame_index
        picture: np.ndarray = self.ground.copy()
        picture[y : y + 32, x : x + 32] = self.texture[:32, :32]
        return picture

    def gray(self, ago: int = 0) -> np.ndarray:
        return cv2.cvtColor(self.rgb(ago), cv2.COLOR_RGB2GRAY)


def started(step: tuple[int, int], mask_prompt: int = 0) -> tuple[MosamPolicy, Sliding]:
    policy = MosamPolicy(PolicyContext(), MosamParameters(mask_prompt=mask_prompt))
    pictures = Sliding(step)
    policy.observe(pictures)
    watched = Remembered(policy)
    watched.start(prompt(0, block(10, 10, 8, 8)))  # pixels 40 to 71
    pictures.frame_index = 1
    policy.observe(pictures)
    return policy, pictures


@pytest.mark.parametrize("step", [(0, 0), (-8, 5)])
def test_the_hint_is_where_the_object_went(step: tuple[int, int]) -> None:
    plain = started(step)[0].recall(1)[0].prompt
    prompt = started(step, mask_prompt=1)[0].recall(1)[0].prompt
    assert plain is not None and plain.logits is None
    assert prompt is not None and prompt.logits is not None
    np.testing.assert_array_equal(plain.points, prompt.points)
    assert prompt.points.shape == (PROMPTED, 2) and prompt.labels.tolist() == [1] * PROMPTED
    left, top = 40 + step[0], 40 + step[1]
    assert (prompt.points >= (left, top)).all() and (prompt.points < (left + 32, top + 32)).all()
    truth = np.zeros((SIZE, SIZE), bool)
    truth[top : top + 32, left : left + 32] = True
    carried = prompt.logits > 0
    assert (carried & truth).sum() / (carried | truth).sum() > 0.8
    assert prompt.logits.min() >= BEYOND and prompt.logits.max() <= -BEYOND


def test_no_hint_from_a_frame_that_is_not_trusted() -> None:
    for said in (
        Said([0.4, 0.3, 0.2], 5.0, [block(10, 10, 8, 8)] * 3),
        Said([0.9, 0.3, 0.2], -0.5, [block(10, 10, 8, 8)] * 3),
    ):
        policy, pictures = started((2, 0))
        policy.choose([said.decoded(1)])
        policy.remember(1)
        pictures.frame_index = 2
        assert policy.recall(2)[0].prompt is None


def test_no_hint_when_points_are_lost() -> None:
    policy, pictures = started((2, 0))
    pictures.texture = np.random.default_rng(9).integers(0, 255, (SIZE, SIZE, 3), dtype=np.uint8)
    pictures.ground = pictures.texture[::-1].copy()
    before = pictures.rgb(1) * 0 + 128
    pictures.rgb = lambda ago=0: before if ago else pictures.texture  # type: ignore[method-assign]
    assert policy.recall(1)[0].prompt is None


def test_doubtful_frames_stay_out_and_doubtful_pixels_count_less() -> None:
    policy, _ = started((0, 0))
    watched = Remembered(policy)
    watched.start(prompt())
    for frame_index, iou in enumerate([0.9, 0.9, 0.3, 0.9], start=1):
        watched.step(Said([iou, 0.1, 0.1], 5.0, [block(10, 10, 8, 8)] * 3).decoded(frame_index))
    assert [m.frame_index for m in policy.recall(5)[0].maps] == [0, 2, 4]
    pixel_weights = pixel_trust(np.array([0.0, 0.5, 1.2, 9.0, -9.0], np.float32), 0.5)
    assert pixel_weights[0] == 0 and pixel_weights[1] == pytest.approx(0.4898, abs=1e-3)
    assert pixel_weights[2:].tolist() == [1, 1, 1]
