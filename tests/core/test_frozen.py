"""Frozen graphs and cached constants change no bit, and other shapes fall back to the modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samurai import Box, Tracker
from samurai.frozen import Frozen
from samurai.modules import ImageEncoder

Frames = list[NDArray[np.uint8]]
REGIONS = [Box(20, 30, 30, 30), Box(70, 50, 20, 20)]


def answers(tracker: Tracker, frames: Frames, count: int) -> list[NDArray[np.float32]]:
    with tracker.session() as session:
        session.start(frames[0], REGIONS[:count])
        logits = [session.logits]
        for frame in frames[1:]:
            session.step(frame)
            logits.append(session.logits)
    return logits


@pytest.mark.parametrize("policy", ["sam2", "samurai"])
@pytest.mark.parametrize("objects", [1, 2])
def test_frozen_graphs_answer_with_the_same_bits(
    small_predictor: Any, video: Frames, policy: str, objects: int
) -> None:
    plain = Tracker(small_predictor, policy, "cpu")
    frozen = Tracker(small_predictor, policy, "cpu")
    frozen.network.freeze()
    for a, b in zip(
        answers(plain, video[:12], objects), answers(frozen, video[:12], objects), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_warmed_up_tracker_is_frozen_where_that_pays(small_predictor: Any) -> None:
    tracker = Tracker(small_predictor, "samurai", "cpu")
    tracker.warm_up()
    assert len(tracker.network._encoder._graphs) == 1
    half = Tracker(small_predictor, "samurai", "cpu", "bfloat16")
    half.warm_up()
    assert not half.network._encoder._graphs


@torch.no_grad()
def test_the_image_encoder_is_the_models_and_leaves_it_alone(small_predictor: Any) -> None:
    size = small_predictor.image_size
    generator = torch.Generator().manual_seed(0)
    views = torch.randn(2, 3, size, size, generator=generator)
    before = small_predictor.forward_image(views)
    ours = ImageEncoder(small_predictor, views[:1])(views)
    for a, b in zip(ours, before["backbone_fpn"][-3:], strict=True):
        assert torch.equal(a, b)
    after = small_predictor.forward_image(views)
    assert [p.shape for p in after["vision_pos_enc"]] == [p.shape for p in before["vision_pos_enc"]]


def test_a_graph_is_only_used_for_its_shapes() -> None:
    calls = []

    class Doubled(torch.nn.Module):
        def forward(self, value: torch.Tensor) -> torch.Tensor:
            calls.append(len(value))
            return value * 2

    frozen = Frozen(Doubled())
    frozen.freeze(torch.zeros(3))
    calls.clear()
    assert frozen(torch.ones(3)).tolist() == [2, 2, 2] and calls == []
    assert frozen(torch.ones(2)).tolist() == [2, 2] and calls == [2]
