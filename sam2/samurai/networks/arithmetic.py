"""What every network of SAM 2's kind computes alike. Letters as in `networks.base`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samurai.networks.base import MASK_LOGIT, Memory

MASK_SCALE, MASK_BIAS = 2 * MASK_LOGIT, -MASK_LOGIT
"""A mask of zeros and ones as logits, and SAM 2's probabilities for the memory encoder."""

LARGEST_LOGIT = 32.0
"""Of a mask that goes back into the decoder with new clicks, as SAM 2's predictor bounds it."""


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """The region in which a network computes in that precision."""
    if dtype == torch.float32:
        return nullcontext()
    # weights are cast already; a cache would live through the recording of a CUDA graph
    return torch.autocast(device.type, dtype=dtype, cache_enabled=False)


def as_tokens(maps: Tensor) -> Tensor:
    """(B, C, H, W) feature maps as (HW, B, C) tokens."""
    return maps.flatten(2).permute(2, 0, 1)


def as_map(tokens: Tensor) -> Tensor:
    """(HW, B, C) tokens of a square map as (B, C, H, W), a view.

    Its strides matter: a convolution rounds differently for a layout that torch takes for
        channels-last, so every module receives feature maps through this function, as in SAM 2.
    """
    count, _, channels = tokens.shape
    side = math.isqrt(count)
    return tokens.permute(1, 2, 0).view(-1, channels, side, side)


def as_memory(
    maps: Tensor,
    slots: Sequence[Sequence[int]],
    pointers: Tensor,
    distances: Sequence[Sequence[int]],
    weights: Sequence[Sequence[float]] | None,
) -> Memory:
    """The memories of B hypotheses on the device of their maps, see
    `VideoNetwork.prepare_memory`."""
    device = maps.device

    def indices(numbers: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.int64).to(device, non_blocking=True)

    count = maps.shape[1] + pointers.shape[1]
    factors = torch.ones(len(maps), count) if weights is None else torch.tensor(weights)
    factors = factors.to(device, non_blocking=True)
    return Memory(maps, indices(slots), pointers, indices(distances), factors)


def remembered_masks(logits: Tensor, prompted: Sequence[bool]) -> Tensor:
    """Mask logits (B, 1, m, m) as probabilities, those of prompted frames as zeros and ones."""
    masks = torch.sigmoid(logits)
    if any(prompted):
        binary = torch.tensor(prompted).to(logits.device, non_blocking=True)
        masks = torch.where(binary.view(-1, 1, 1, 1), (logits > 0).float(), masks)
    return masks


def weight_pictures(
    pixel_weights: Sequence[NDArray[np.float32] | None], side: int, device: torch.device
) -> Tensor:
    """Weights of mask pixels, 1 where none are given: (B, 1, side, side)."""
    full = np.ones((side, side), dtype=np.float32)
    pixels = np.stack([full if weights is None else weights for weights in pixel_weights])
    return torch.from_numpy(pixels).to(device)[:, None]


def not_lost(logits: Tensor) -> Tensor:
    """A prompted mask's logits; one too small for a mask pixel keeps those that it covers most.

    SAM 2 would lose the object.
    """
    if (logits > 0).any():
        return logits
    return torch.where(logits == logits.amax(), MASK_LOGIT, logits)
