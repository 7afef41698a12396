"""Frozen graphs, cached constants and our own memory attention change no bit, for any shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.agreement import assert_close
from sam2.modeling.sam2_utils import get_1d_sine_pe

from samurai import Box, Tracker, TrackerConfig
from samurai.networks.base import Features, Memory
from samurai.networks.sam2.backends.traced import Frozen
from samurai.networks.sam2.modules import ImageEncoder
from samurai.networks.sam2.network import Sam2Network
from samurai.runtime import threads as background

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
    plain = Tracker(small_predictor, TrackerConfig(policy=policy, device="cpu"))
    frozen = Tracker(small_predictor, TrackerConfig(policy=policy, device="cpu"))
    frozen.network.prepare()
    for a, b in zip(
        answers(plain, video[:12], objects), answers(frozen, video[:12], objects), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_warmed_up_tracker_is_frozen_where_that_pays(small_predictor: Any) -> None:
    tracker = Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu"))
    tracker.warm_up()
    assert tracker.network._encoder.frozen and tracker.network._reader.frozen
    half = Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu", dtype="bfloat16"))
    half.warm_up()
    assert not half.network._encoder.frozen


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
    network = Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu")).network
    network.prepare()
    size = network.spec.input_size
    pictures = torch.randn(views, 3, size, size)
    features = network.encode(pictures)
    memory = random_memory(network, rows, maps, pointers)
    conditioned = network.condition(features, memory)
    prompt = network._no_points.expand(rows, -1, -1), network._no_mask.expand(rows, -1, -1, -1)
    seen = network._as_map(features.tokens).expand(rows, -1, -1, -1)
    for frozen, inputs in (
        (network._encoder, (pictures,)),
        (network._reader, (features.tokens, *memory.given())),
        (network._decoder, (conditioned, *features.high_res, *prompt)),
        (network._memory_encoder, (seen, torch.randn(rows, 1, size, size))),
    ):
        for ours, plain in zip(frozen(*inputs), frozen._module(*inputs), strict=True):
            assert torch.equal(ours, plain) and ours.stride() == plain.stride()


def random_memory(network: Sam2Network, rows: int, maps: int, pointers: int, **more: Any) -> Memory:
    return network.prepare_memory(
        torch.randn(
            rows, maps, network.spec.memory_tokens, network.spec.memory_channels
        ).bfloat16(),
        torch.randint(0, network.spec.map_slots, (rows, maps)).tolist(),
        torch.randn(rows, pointers, network.spec.feature_channels),
        torch.randint(1, 40, (rows, pointers)).tolist(),
        **more,
    )


def read_by_hand(network: Sam2Network, features: Features, memory: Memory) -> torch.Tensor:
    """The memory laid out as sam2's predictor does, through sam2's own module."""
    model, rows = network.model, len(memory.maps)
    temporal = model.maskmem_tpos_enc[network.spec.map_slots - 1 - memory.slots].flatten(2, 3)
    sine = get_1d_sine_pe(
        memory.distances / (network.spec.pointer_slots - 1), dim=network.spec.feature_channels
    )
    pieces = network.spec.feature_channels // network.spec.memory_channels
    seen_at = model.obj_ptr_tpos_proj(sine).repeat_interleave(pieces, dim=1)
    pointers = memory.pointers.reshape(rows, -1, network.spec.memory_channels)
    tokens = torch.cat([memory.maps.flatten(1, 2), pointers], dim=1)
    positions = torch.cat([(network._map_position + temporal).flatten(1, 2), seen_at], dim=1)
    if not (memory.weights == 1).all():  # its keys are the sum of both, its values the tokens
        maps = memory.maps.shape[1]
        of_maps = memory.weights[:, :maps].repeat_interleave(network.spec.memory_tokens, dim=1)
        of_pointers = memory.weights[:, maps:].repeat_interleave(pieces, dim=1)
        weights = torch.cat([of_maps, of_pointers], dim=1)[..., None]
        positions = weights * (tokens + positions) - tokens
    conditioned = model.memory_attention(
        curr=features.tokens.expand(-1, rows, -1),
        curr_pos=network._feature_position.expand(-1, rows, -1),
        memory=tokens.transpose(0, 1),
        memory_pos=positions.transpose(0, 1),
        num_obj_ptr_tokens=pointers.shape[1],
    )
    return network._as_map(conditioned)


@torch.inference_mode()
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(("rows", "maps", "pointers"), [(1, 7, 16), (1, 1, 1), (2, 3, 5)])
def test_the_memory_reader_is_the_models_attention(
    small_predictor: Any, dtype: str, rows: int, maps: int, pointers: int
) -> None:
    network = Tracker(
        small_predictor, TrackerConfig(policy="samurai", device="cpu", dtype=dtype)
    ).network
    with network.precision():
        features = network.encode(
            torch.randn(1, 3, network.spec.input_size, network.spec.input_size)
        )
        memory = random_memory(network, rows, maps, pointers)
        expected = read_by_hand(network, features, memory)
        assert torch.equal(network.condition(features, memory), expected)


@torch.inference_mode()
def test_weights_of_memories_multiply_keys_alone(small_predictor: Any) -> None:
    """Not values: what is attended to more isn't larger."""
    network = Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu")).network
    features = network.encode(torch.randn(1, 3, network.spec.input_size, network.spec.input_size))
    weights = (0.5 + torch.rand(2, 3 + 5)).tolist()
    memory = random_memory(network, 2, 3, 5, weights=weights)
    found = network.condition(features, memory)
    assert_close(found, read_by_hand(network, features, memory), 1e-4)
    plain = memory._replace(weights=torch.ones_like(memory.weights))
    assert (found - network.condition(features, plain)).abs().max() > 1e-2


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


def test_background_tasks_keep_the_mode_and_raise_their_errors() -> None:
    with torch.inference_mode():
        assert background.in_background(torch.is_inference_mode_enabled).result()
    assert not background.in_background(torch.is_inference_mode_enabled).result()

    def fail() -> None:
        raise ValueError("there")

    with pytest.raises(ValueError, match="there"):
        background.in_background(fail).result()


def test_a_module_is_frozen_once_and_called_before() -> None:
    calls = []

    class Doubled(torch.nn.Module):
        def forward(self, value: torch.Tensor) -> torch.Tensor:
            calls.append(len(value))
            return value * 2

    frozen = Frozen(Doubled())
    assert frozen(torch.ones(2)).tolist() == [2, 2] and not frozen.frozen
    frozen.freeze(torch.zeros(3))
    calls.clear()
    frozen.freeze(torch.zeros(4))
    assert frozen(torch.ones(2)).tolist() == [2, 2]
    assert frozen(torch.ones(3)).tolist() == [2, 2, 2] and calls == []
