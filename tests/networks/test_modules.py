"""Our modules, with positions cached, answer with the bits of the model's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from oracles.agreement import assert_close
from oracles.inputs import random_memory, sam2_network
from sam2.modeling.sam2_utils import get_1d_sine_pe

from samurai import Tracker, TrackerConfig
from samurai.networks.arithmetic import as_map
from samurai.networks.base import Features, Memory
from samurai.networks.sam2.modules import ImageEncoder
from samurai.networks.sam2.network import Sam2Network


def attend_with_sam2(network: Sam2Network, features: Features, memory: Memory) -> torch.Tensor:
    """The memory assembled as sam2's predictor does, through sam2's own module."""
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
    return as_map(conditioned)


@torch.inference_mode()
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_memory_attention_is_the_models(small_predictor: Any, dtype: str) -> None:
    network = sam2_network(
        Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu", dtype=dtype))
    )
    with network.precision():
        features = network.encode(
            torch.randn(1, 3, network.spec.input_size, network.spec.input_size)
        )
        for rows, maps, pointers in ((1, 7, 16), (1, 1, 1), (2, 3, 5)):
            memory = random_memory(network, rows, maps, pointers)
            expected = attend_with_sam2(network, features, memory)
            assert torch.equal(network.condition(features, memory), expected), (rows, maps)


@torch.inference_mode()
def test_weights_of_memories_multiply_keys_alone(small_predictor: Any) -> None:
    """Not values: what is attended to more isn't larger."""
    network = sam2_network(Tracker(small_predictor, TrackerConfig(policy="samurai", device="cpu")))
    features = network.encode(torch.randn(1, 3, network.spec.input_size, network.spec.input_size))
    weights = (0.5 + torch.rand(2, 3 + 5)).tolist()
    memory = random_memory(network, 2, 3, 5, weights=weights)
    found = network.condition(features, memory)
    assert_close(found, attend_with_sam2(network, features, memory), 1e-4)
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
