"""Weights cast once give the bits that autocast gives by casting them in every call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.inputs import sam2_network
from oracles.runs import Frames, run_logits
from torch.utils._python_dispatch import TorchDispatchMode

from samurai import Box, Tracker, TrackerConfig
from samurai.networks.casting import AUTOCAST, cast_once
from samurai.networks.sam2 import network


def logits(model: Any, frames: Frames, dtype: str) -> list[NDArray[np.float32]]:
    tracker = Tracker(model, TrackerConfig(policy="samurai", device="cpu", dtype=dtype))
    return run_logits(tracker.session(), frames, [Box(30, 33, 32, 27)])


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_answers_are_those_of_autocast_on_float32_weights(
    small_predictor: Any, video: Frames, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = logits(small_predictor, video[:6], dtype)
    monkeypatch.setattr(network, "cast_once", lambda model, dtype: model)
    stock = logits(small_predictor, video[:6], dtype)
    assert any((frame > 0).any() for frame in ours)
    np.testing.assert_array_equal(ours, stock)


def test_only_what_autocast_casts_is_cast_and_the_model_stays_as_it_was(
    small_predictor: Any,
) -> None:
    twin = cast_once(small_predictor, torch.bfloat16)
    assert {weight.dtype for weight in small_predictor.parameters()} == {torch.float32}
    for (name, ours), (_, theirs) in zip(
        twin.named_modules(), small_predictor.named_modules(), strict=True
    ):
        for key, weight in ours.named_parameters(recurse=False):
            if isinstance(ours, AUTOCAST):
                assert weight.dtype == torch.bfloat16, name
            else:
                assert weight is theirs.get_parameter(key), name


class Casts(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes where the tensors lie that are cast."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.sources: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket in (torch.ops.aten.to, torch.ops.aten._to_copy):
            self.sources.add(args[0].data_ptr())
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("ours", [True, False])
def test_no_weight_is_cast_in_a_frame(
    small_predictor: Any, video: Frames, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not ours:  # the test sees what it looks for
        monkeypatch.setattr(network, "cast_once", lambda model, dtype: model)
    tracker = Tracker(
        small_predictor, TrackerConfig(policy="samurai", device="cpu", dtype="bfloat16")
    )
    model = sam2_network(tracker).model
    layers = [module for module in model.modules() if isinstance(module, AUTOCAST)]
    weights = {weight.data_ptr() for layer in layers for weight in layer.parameters(recurse=False)}
    with tracker.session() as session:
        session.start(video[0], [Box(30, 33, 32, 27)])
        session.step(video[1])
        with Casts() as casts:
            session.step(video[2])
    assert casts.sources
    assert bool(casts.sources & weights) is not ours
