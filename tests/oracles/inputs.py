"""Frames and memories as the tracker hands them to a SAM 2.1."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.core.preprocess import normalized, resized
from samurai.networks.base import Memory
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD, Sam2Network
from samurai.tracker import Tracker


def sam2_network(tracker: Tracker) -> Sam2Network:
    """The network of a tracker that has one of SAM 2's family."""
    assert isinstance(tracker.network, Sam2Network)
    return tracker.network


def network_view(frame: NDArray[np.uint8], size: int) -> torch.Tensor:
    """A whole frame, float32 (1, 3, size, size)."""
    square = resized(frame, size, torch.device("cpu"))
    return normalized(square, IMAGENET_MEAN, IMAGENET_STD)


def random_memory(network: Sam2Network, rows: int, maps: int, pointers: int, **more: Any) -> Memory:
    """Memories of `rows` hypotheses; `more` goes to `prepare_memory`."""
    return network.prepare_memory(
        torch.randn(
            rows, maps, network.spec.memory_tokens, network.spec.memory_channels
        ).bfloat16(),
        torch.randint(0, network.spec.map_slots, (rows, maps)).tolist(),
        torch.randn(rows, pointers, network.spec.feature_channels),
        torch.randint(1, 40, (rows, pointers)).tolist(),
        **more,
    )
