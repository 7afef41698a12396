"""Traced modules change no bit, for any shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.inputs import random_memory, sam2_network

from samurai import Box, Tracker, TrackerConfig
from samurai.networks.sam2.backends.traced import trace
from samurai.networks.sam2.modules import as_map

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
def test_traced_modules_answer_with_the_same_bits(
    small_predictor: Any, video: Frames, policy: str, objects: int
) -> None:
    plain = Tracker(small_predictor, TrackerConfig(policy=policy, device="cpu"))
    traced = Tracker(small_predictor, TrackerConfig(policy=policy, device="cpu"))
    traced.network.prepare(objects)
    for a, b in zip(
        answers(plain, video[:12], objects), answers(traced, video[:12], objects), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_warmed_up_tracker_is_traced_where_that_pays(small_predictor: Any) -> None:
    network = sam2_network(Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu")))
    assert network.modules is network.eager_modules
    warmed_up = Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu"))
    warmed_up.warm_up()
    for name in ("encoder", "memory_attention", "decoder", "memory_encoder"):
        assert isinstance(getattr(sam2_network(warmed_up).modules, name), torch.jit.ScriptFunction)
    half = Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu", dtype="bfloat16"))
    half.warm_up()
    network = sam2_network(half)
    assert network.modules is network.eager_modules


@torch.inference_mode()
@pytest.mark.parametrize(
    ("views", "rows", "maps", "pointers"),
    [(1, 1, 7, 16), (1, 3, 2, 5), (3, 3, 1, 1), (2, 2, 9, 20)],
)
def test_graphs_made_for_one_row_serve_all(
    small_predictor: Any,
    views: int,
    rows: int,
    maps: int,
    pointers: int,
) -> None:
    """Bits and strides, on which the rounding of later convolutions depends."""
    network = sam2_network(Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu")))
    network.prepare()
    size = network.spec.input_size
    pictures = torch.randn(views, 3, size, size)
    features = network.encode(pictures)
    memory = random_memory(network, rows, maps, pointers)
    conditioned = network.condition(features, memory)
    prompt = network._no_points.expand(rows, -1, -1), network._no_mask.expand(rows, -1, -1, -1)
    seen = as_map(features.tokens).expand(rows, -1, -1, -1)
    for name, inputs in (
        ("encoder", (pictures,)),
        ("memory_attention", (features.tokens, *memory.given())),
        ("decoder", (conditioned, *features.high_res, *prompt)),
        ("memory_encoder", (seen, torch.randn(rows, 1, size, size))),
    ):
        graph, module = getattr(network.modules, name), getattr(network.eager_modules, name)
        for ours, plain in zip(graph(*inputs), module(*inputs), strict=True):
            assert torch.equal(ours, plain) and ours.stride() == plain.stride()


@torch.no_grad()
def test_a_graph_serves_other_sizes_without_calling_the_function() -> None:
    calls = []

    def double(value: torch.Tensor) -> torch.Tensor:
        calls.append(len(value))
        return value * 2

    graph = trace(double, torch.zeros(3))
    calls.clear()
    assert graph(torch.ones(2)).tolist() == [2, 2]
    assert graph(torch.ones(3)).tolist() == [2, 2, 2] and calls == []


def test_a_network_is_prepared_once(small_predictor: Any) -> None:
    network = sam2_network(Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu")))
    network.prepare()
    modules = network.modules
    network.prepare(3)
    assert network.modules is modules
