"""Which pixels of enlarged mask logits are above zero, without enlarging all of them.

An interpolated value lies between its neighbors: only around neighbors above zero is there
anything to find out. There two products with torch's own weights of interpolation give the values
but for their rounding, and where one is so near to zero that rounding decides, torch is asked.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

SURE_FROM = 2.0**-20
"""Of the largest neighbor: a value further from zero has the same sign in any order of operations.
Four roundings to 24 bits each way are an eighth of it."""


def upsampled_logits(logits: Tensor, frame_size: tuple[int, int]) -> Tensor:
    """Mask logits (N, 1, h, w) at the frame's size: bilinear without corner alignment, as SAM 2."""
    return F.interpolate(logits, size=frame_size, mode="bilinear", align_corners=False)


def upsampled_mask(
    logits: Tensor, frame_size: tuple[int, int], part: tuple[slice, slice]
) -> NDArray[np.bool_]:
    """Where `upsampled_logits` of one mask, float32 (h, w) on the CPU, are above zero.

    Args:
        part: rows and columns of the frame that are wanted.
    """
    positive = logits.numpy() > 0
    rows = _Axis(np.logical_or.reduce(positive, axis=1), frame_size[0], part[0])
    columns = _Axis(np.logical_or.reduce(positive, axis=0), frame_size[1], part[1])
    mask = np.zeros((rows.wanted, columns.wanted), dtype=np.bool_)
    if rows.empty or columns.empty:
        return mask
    around = logits[rows.sources, columns.sources]
    values = rows.weights @ (around @ columns.weights.T)
    if bool((values.abs() <= SURE_FROM * around.abs().max()).any()):
        whole = upsampled_logits(logits[None, None], frame_size)[0, 0] > 0
        return np.asarray(whole[part].numpy())
    mask[rows.pixels, columns.pixels] = (values > 0).numpy()
    return mask


class _Axis:
    """Along one axis: which pixels of a part of the frame may be above zero, and what they are
    interpolated from.

    Args:
        positive: (n,), where logits are above zero.
        length: of the frame.
        part: of the frame, that is wanted.
    """

    def __init__(self, positive: NDArray[np.bool_], length: int, part: slice) -> None:
        start, stop, _ = part.indices(length)
        self.wanted = max(stop - start, 0)
        first, last = _extent(positive)
        weights = _weights(len(positive), length)[start:stop]
        near, far = _extent((weights[:, first:last] != 0).any(dim=1).numpy())
        self.pixels = slice(near, far)
        self.empty = near == far
        # a pixel has two neighbors: one of these, and at most the next one
        self.sources = slice(max(first - 1, 0), last + 1)
        self.weights = weights[self.pixels, self.sources]


def _extent(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """The range from the first to the last true element; 0, 0 where there is none."""
    places = np.flatnonzero(flags)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)


@lru_cache(maxsize=128)
def _weights(count: int, length: int) -> Tensor:
    """What torch weighs `count` neighbors with for each pixel of an axis: (length, count).

    Read off an enlarged unit matrix; windows come in few sizes, frames in one.
    """
    with torch.inference_mode(False):
        unit = torch.eye(count)[None, None]
        return upsampled_logits(unit, (length, count))[0, 0]
