"""A frame as the tracker hands it to a SAM 2.1."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.core.preprocess import normalized, resized
from samurai.networks.sam2.network import IMAGENET_MEAN, IMAGENET_STD


def network_view(frame: NDArray[np.uint8], size: int) -> torch.Tensor:
    """A whole frame, float32 (1, 3, size, size)."""
    square = resized(frame, size, torch.device("cpu"))
    return normalized(square, IMAGENET_MEAN, IMAGENET_STD)
