"""Traced modules change no bit, for any shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from oracles.inputs import random_memory, sam2_network
from oracles.runs import Frames, run_logits

from samurai import Box, Tracker, TrackerConfig
from samurai.networks.arithmetic import as_map
from samurai.networks.sam2.backends.traced import trace

REGIONS = [Box(20, 30, 30, 30), Box(70, 50, 20, 20)]


@pytest.mark.parametrize(("policy", "objects"), [("sam2", 1), ("samurai", 2)])
def test_traced_modules_answer_with_the_same_bits(
    small_predictor: Any, video: Frames, policy: str, objects: int
) -> None:
    plain = Tracker(small_predictor, TrackerConfig(policy=policy, device="cpu"))
    traced = Tracker(small_predictor, TrackerConfig(policy=policy, device="cpu"))
    traced.network.prepare(objects)
    expected, found = (
        run_logits(tracker.session(), video[:12], REGIONS[:objects]) for tracker in (plain, traced)
    )
    np.testing.assert_array_equal(found, expected)


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
