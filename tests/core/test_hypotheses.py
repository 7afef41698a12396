"""The seam carries several hypotheses: a toy policy that forks, drops and reorders them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.agreement import assert_overlap

from samurai.policies import POLICIES
from samurai.policies.base import Choice, Decoded, Keep, PolicyContext, PolicyRequirements, Recall
from samurai.policies.sam2 import Sam2Policy
from samurai.regions import Box
from samurai.tracker import Tracker

BOX = Box(30.0, 33.0, 32.0, 27.0)


class TwoPaths(Sam2Policy):
    """Follows the best and the second-best candidate; the answer is the best of the first path."""

    name = "two-paths"

    def __init__(self, context: PolicyContext) -> None:
        super().__init__(context)
        self.paths = 1
        self.masks: list[NDArray[np.bool_]] = []

    @property
    def requirements(self) -> PolicyRequirements:
        single = super().requirements
        return PolicyRequirements(2 * single.maps, 2 * single.pointers)

    def recall(self, frame_index: int) -> Sequence[Recall]:
        return [*super().recall(frame_index)] * self.paths

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        first = decoded[0]
        order = np.argsort([-candidate.predicted_iou for candidate in first.candidates])
        self.masks = [first.mask(int(candidate)) for candidate in order]
        self.paths = 2
        # The second path is thrown away and forked anew from the first in every frame.
        return [Choice(first.best(), 0), Choice(int(order[1]), 0)]

    def remember(self, frame_index: int) -> Sequence[Keep]:
        return [*super().remember(frame_index)] * self.paths


def test_the_first_path_is_not_disturbed_by_the_second(
    make_tracker: Callable[..., Tracker],
    video: list[NDArray[np.uint8]],
    monkeypatch: pytest.MonkeyPatch,
    float32_maps: None,
) -> None:
    """Their rows go through the network in one batch, which rounds in other ways."""
    monkeypatch.setitem(POLICIES, TwoPaths.name, TwoPaths)
    single, double = make_tracker("sam2").session(), make_tracker("two-paths").session()
    capacity = 0
    for frame_index, frame in enumerate(video[:24]):
        a = single.start(frame, [BOX]) if frame_index == 0 else single.step(frame)
        b = double.start(frame, [BOX]) if frame_index == 0 else double.step(frame)
        assert_overlap(a[0].mask, b[0].mask, 0.99)
        if frame_index > 0:
            policy = double._state.objects[0].policy
            assert isinstance(policy, TwoPaths)
            assert np.array_equal(policy.masks[0], double.logits[0] > 0)
        capacity = capacity or double._state.bank.maps.capacity
    assert double._state.bank.maps.capacity == capacity
