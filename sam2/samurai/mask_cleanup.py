"""Cleans initial masks: specks, pinholes, inverted masks, masks that share pixels.

Only obvious mistakes are repaired, and each repair is logged. Parts and holes that may be real
(above both bounds) stay.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.regions import Mask, Region

log = logging.getLogger(__name__)

SMALL_SHARE, SMALL_PIXELS = 0.01, 64
"""A part or a hole is a mistake if it is below both bounds: this share of the mask, and so many
pixels."""

FRAMED = 0.95
"""Share of the frame's border pixels that a mask must cover to be taken for the background."""


def cleaned(mask: Mask, number: int) -> Mask:
    """An initial mask without specks and pinholes, and not inverted.

    Args:
        mask: of the frame's size, not empty.
        number: of the object, for the log.
    """
    array = _upright(mask.array, number)
    size = int(array.sum())
    solid = ~_without_small(~array, number, "hole", size)
    return Mask(_without_small(solid, number, "speck", size))


def note_shared(prompts: Sequence[Region], first: int) -> None:
    """Log which initial masks share pixels; they are tracked as they are.

    VOT allows objects to overlap, so the pixels can't be assigned to one of them; objects are
    tracked independently of each other.

    Args:
        first: number of the first prompt's object.
    """
    masks = [(n, p.array) for n, p in enumerate(prompts, start=first) if isinstance(p, Mask)]
    for place, (number, mask) in enumerate(masks):
        for other, theirs in masks[:place]:
            shared = int((mask & theirs).sum())
            if not shared:
                continue
            pair = f"objects {other} and {number}"
            if np.array_equal(mask, theirs):
                log.warning("%s have the same initial mask: both will track the same", pair)
            else:
                log.warning("the initial masks of %s share %d pixels: kept as given", pair, shared)


def _upright(mask: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
    """The mask, or its inverse where it clearly covers the background."""
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if mask.mean() <= 0.5 or border.mean() < FRAMED or mask.all():
        return mask
    log.warning(
        "object %d: the initial mask covers the frame's border and %.0f %% of the frame: taken for "
        "the background and inverted",
        number,
        100 * mask.mean(),
    )
    inverted: NDArray[np.bool_] = ~mask
    return inverted


def _without_small(mask: NDArray[np.bool_], number: int, what: str, size: int) -> NDArray[np.bool_]:
    """The mask without parts that are small against `size`, unless there are no others."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    areas = stats[1:, cv2.CC_STAT_AREA]
    small = (areas < SMALL_SHARE * size) & (areas < SMALL_PIXELS)
    if count <= 1 or not small.any() or small.all():
        return mask
    log.warning(
        "object %d: the initial mask has %d %ss of %d pixels in all: removed",
        number,
        int(small.sum()),
        what,
        int(areas[small].sum()),
    )
    kept = np.concatenate([[False], ~small])
    repaired: NDArray[np.bool_] = kept[labels]
    return repaired
