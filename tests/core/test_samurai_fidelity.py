"""Policy `samurai` through the whole network against an unbounded, unbatched restatement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.agreement import assert_close
from oracles.inputs import network_view
from oracles.plain_tracker import PlainTracker
from oracles.samurai_rules import Sam2Rules, SamuraiRules

from samurai.policies.motion_choice import OBJECT_GATE
from samurai.policies.samurai import SamuraiPolicy
from samurai.regions import Box
from samurai.tracker import Tracker

WEIGHT = 0.25
ABSENT = range(24, 36)


def corners_in_square(box: Box, frame: NDArray[np.uint8], size: int) -> list[float]:
    height, width = frame.shape[:2]
    scale = np.float32(size)
    right, bottom = box.x + box.width, box.y + box.height
    xs = (np.array([box.x, right], np.float32) / np.float32(width)) * scale
    ys = (np.array([box.y, bottom], np.float32) / np.float32(height)) * scale
    return [float(xs[0]), float(ys[0]), float(xs[1]), float(ys[1])]


pytestmark = pytest.mark.usefixtures("float32_maps")
"""The restatement computes one by one what we compute in batches."""


def plain_tracker(model: Any, rules: SamuraiRules) -> PlainTracker:
    return PlainTracker(model, rules, OBJECT_GATE, map_dtype=torch.float32)


TOLERANCE = 2e-3
"""Of logits; the largest deviation seen over instruction sets and threads is 1.3e-4."""


def assert_same_mask(logits: NDArray[np.float32], reference: torch.Tensor) -> None:
    assert_close(logits, reference[0, 0], TOLERANCE)


class Visibility:
    """Makes the network believe that the object left: moves the bias of its object score."""

    def __init__(self, model: Any) -> None:
        self.bias = model.sam_mask_decoder.pred_obj_score_head.layers[2].bias
        self.normal = self.bias.detach().clone()

    def at(self, frame_index: int) -> None:
        gone = 30.0 if frame_index in ABSENT else 0.0
        self.bias.data.copy_(self.normal - gone)


def test_one_object_through_warm_up_absence_and_return(
    build_predictor: Callable[..., Any],
    make_tracker: Callable[..., Tracker],
    video: list[NDArray[np.uint8]],
) -> None:
    model = build_predictor(128, seed=2, small=True, object_bias=1.0)
    visibility, box = Visibility(model), Box(30.0, 33.0, 32.0, 27.0)
    tracker = make_tracker("samurai", model=model, motion_weight=WEIGHT)
    plain = plain_tracker(model, SamuraiRules(WEIGHT))
    session, stable = tracker.session(), []
    for frame_index, frame in enumerate(video):
        visibility.at(frame_index)
        image = network_view(frame, model.image_size)
        if frame_index == 0:
            answers = session.start(frame, [box])
            expected = plain.start(image, corners_in_square(box, frame, model.image_size))
        else:
            answers = session.step(frame)
            expected = plain.step(image)
        assert_same_mask(session.logits[0], expected)
        assert answers[0].absent is (frame_index in ABSENT)
        stable.append(plain.rules.stable)
    assert max(stable[: ABSENT.start]) == 15  # the stable phase was reached before the absence
    assert stable[ABSENT.start] == 0 and stable[-1] > 3  # and motion started anew after it


def test_objects_decide_separately_and_may_start_later(
    build_predictor: Callable[..., Any],
    make_tracker: Callable[..., Tracker],
    video: list[NDArray[np.uint8]],
) -> None:
    """Three objects in one session equal three trackers of their own, one of them starting late."""
    model = build_predictor(128, seed=2, small=True, object_bias=1.0)
    visibility = Visibility(model)
    starts = {
        0: [Box(30.0, 33.0, 32.0, 27.0), Box(5.0, 5.0, 60.0, 40.0)],
        7: [Box(70.0, 50.0, 40.0, 40.0)],
    }
    session = make_tracker("samurai", model=model, motion_weight=WEIGHT).session()
    plain: list[PlainTracker] = []
    for frame_index, frame in enumerate(video[:32]):
        visibility.at(frame_index)
        image = network_view(frame, model.image_size)
        expected = [tracker.step(image) for tracker in plain]
        for box in starts.get(frame_index, []):
            plain.append(plain_tracker(model, SamuraiRules(WEIGHT)))
            corners = corners_in_square(box, frame, model.image_size)
            expected.append(plain[-1].start(image, corners))
        step = session.start if frame_index == 0 else session.step
        answers = step(frame, starts.get(frame_index, []))
        assert [answer.object_id for answer in answers] == list(range(len(plain)))
        for logits, reference in zip(session.logits, expected, strict=True):
            assert_same_mask(logits, reference)
    policies = [track.policy for track in session._state.objects]
    for policy, tracker in zip(policies, plain, strict=True):
        assert isinstance(policy, SamuraiPolicy)
        assert policy.motion.stable == tracker.rules.stable


def test_the_plain_tracker_is_itself_sam2(
    small_predictor: Any,
    make_tracker: Callable[..., Tracker],
    video: list[NDArray[np.uint8]],
    propagate: Callable[..., Any],
) -> None:
    """The oracle's oracle: with stock rules it equals the installed predictor."""
    box = Box(30.0, 33.0, 32.0, 27.0)
    expected = propagate(small_predictor, [box])
    plain = PlainTracker(small_predictor, Sam2Rules(), gate=0.0, map_dtype=torch.float32)
    for frame_index, frame in enumerate(video):
        image = network_view(frame, small_predictor.image_size)
        corners = corners_in_square(box, frame, small_predictor.image_size)
        logits = plain.start(image, corners) if frame_index == 0 else plain.step(image)
        resized = torch.nn.functional.interpolate(
            logits, frame.shape[:2], mode="bilinear", align_corners=False
        )
        assert_close(expected[frame_index][0], resized[0, 0], TOLERANCE, frame_index)
