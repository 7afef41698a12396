"""Mask logits at other sizes, and the boxes that are measured on them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def resized_logits(logits: Tensor, side: int) -> Tensor:
    """Mask logits of all candidates of a hypothesis, (B, K, L, L), as (B, K, side, side).

    Give all candidates, also where one is wanted: torch rounds a single mask differently, and SAM 2
    resizes before it chooses.
    """
    return F.interpolate(logits, size=(side, side), mode="bilinear", align_corners=False)


def memory_mask(logits: Tensor, side: int) -> Tensor:
    """Mask logits of the input's size, (B, 1, S, S), at the size in which masks are encoded into
    memory: (B, 1, side, side), with the filter that SAM 3 uses for it."""
    if logits.shape[-1] == side:
        return logits
    return F.interpolate(
        logits, size=(side, side), mode="bilinear", align_corners=False, antialias=True
    )


def mask_extents(logits: Tensor) -> Tensor:
    """Smallest and largest pixel (left, top, right, bottom) of masks, without + 1; -1 for an empty
    mask: (B, K, 4).

    Args:
        logits: (B, K, S, S); boxes are measured at the input's size, as in the reference.
    """
    # the largest logit of a column tells as much as whether any of its pixels is above zero
    (left, right), (top, bottom) = (_extent(logits.amax(dim) > 0) for dim in (-2, -1))
    return torch.stack([left, top, right, bottom], dim=-1)


def _extent(occupied: Tensor) -> tuple[Tensor, Tensor]:
    """First and last true position along the last axis, -1 and -1 where there is none."""
    places = torch.arange(occupied.shape[-1], device=occupied.device)
    last = torch.where(occupied, places, -1).amax(dim=-1)
    first = torch.where(occupied, places, occupied.shape[-1]).amin(dim=-1)
    return torch.where(last < 0, last, first), last


def pixel_counts(masks: Tensor) -> Tensor:
    """Pixels of boolean masks (..., H, W): int64 (...). Rows first, as int32: a sum over both
    dimensions copies the masks as int64 before it, and takes ten times as long on a CPU."""
    return masks.sum(-1, dtype=torch.int32).sum(-1)
