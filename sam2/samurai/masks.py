"""Masks of several objects without shared pixels, and masks run-length encoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class PackedMask:
    """A mask as run lengths over its rows, the first run being background."""

    runs: NDArray[np.uint32]
    shape: tuple[int, int]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> PackedMask:
        """Encode a boolean (H, W) mask."""
        flat = mask.ravel()
        edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        bounds = np.concatenate([[0], edges, [flat.size]])
        runs = np.diff(bounds).astype(np.uint32)
        if flat[0]:
            runs = np.concatenate([[np.uint32(0)], runs])
        return cls(runs, (mask.shape[0], mask.shape[1]))

    @property
    def area(self) -> int:
        """Pixels of the mask."""
        return int(self.runs[1::2].sum())

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Unpacked, boolean (H, W)."""
        values = np.arange(len(self.runs)) % 2 == 1
        unpacked: NDArray[np.bool_] = np.repeat(values, self.runs).reshape(self.shape)
        return unpacked
