"""Masks without shared pixels, where an experiment requires it: the object with the highest logit
keeps a pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def separated(masks: Sequence[Mask], logits: Callable[[int], NDArray[np.float32]]) -> list[Mask]:
    """The masks, with every pixel that several of them hold given to the one of highest logit.

    As the non-overlapping masks of SAM 2's predictors: the argmax over objects, of equals the
    first. Only the report changes; memory keeps what the network saw.

    Args:
        masks: N boolean (H, W) arrays.
        logits: mask logits (H, W) of an object by its place in `masks`; asked for only where it
            shares pixels.
    """
    claims = np.zeros(masks[0].shape, dtype=np.uint16)
    for mask in masks:
        claims += mask
    shared = claims > 1
    if not shared.any():
        return list(masks)
    best = np.full(int(shared.sum()), -np.inf, dtype=np.float32)
    owner = np.full(best.shape, -1, dtype=np.int32)
    for number, mask in enumerate(masks):
        claimed = mask[shared]
        if claimed.any():
            values = np.where(claimed, logits(number)[shared], -np.inf)
            owner[values > best] = number
            best = np.maximum(best, values)
    kept = []
    for number, mask in enumerate(masks):
        alone = mask.copy()
        alone[shared] &= owner == number
        kept.append(alone)
    return kept
