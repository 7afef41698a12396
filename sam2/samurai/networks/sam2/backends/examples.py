"""Blank inputs of a network's modules, for tracing, compiling and measuring."""

from __future__ import annotations

import torch
from torch import Tensor

from samurai.networks.base import Memory, VideoNetwork


def blank_view(network: VideoNetwork) -> Tensor:
    """A normalized view, float32 (1, 3, S, S)."""
    side = network.spec.input_size
    return torch.zeros(1, 3, side, side, device=network.device)


def blank_memory(network: VideoNetwork, rows: int, maps: int, pointers: int) -> Memory:
    """Memories of `rows` hypotheses with so many maps and pointers each, padded if the network pads
    memories."""
    spec, device = network.spec, network.device
    shape = (rows, maps, spec.memory_tokens, spec.memory_channels)
    return network.prepare_memory(
        torch.zeros(shape, dtype=spec.map_dtype, device=device),
        [list(range(maps))] * rows,
        torch.zeros(rows, pointers, spec.pointer_size, device=device),
        [list(range(1, pointers + 1))] * rows,
    )
