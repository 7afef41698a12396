"""Mask lines of VOT ground truth files.

A line is `m<x>,<y>,<w>,<h>,<runs>`: the mask's box, then the lengths of runs of pixels inside it,
row by row, of zeros and ones in turn and zeros first (so it starts with 0 where the first pixel is
set). An empty mask is the box 0,0,0,0 with a single run of no pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EMPTY = "m0,0,0,0,0"


def mask_line(mask: NDArray[np.bool_]) -> str:
    """The ground truth line of a boolean mask (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return EMPTY
    top, left = rows[0], columns[0]
    cropped = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    pixels = cropped.ravel()
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    ends = np.concatenate([[0], changes, [pixels.size]])
    runs = np.diff(ends).tolist()
    if pixels[0]:
        runs.insert(0, 0)
    height, width = cropped.shape
    return "m" + ",".join(str(int(n)) for n in (left, top, width, height, *runs))


def read_mask_line(line: str, height: int, width: int) -> NDArray[np.bool_]:
    """The boolean mask (H, W) that a line describes; ValueError where it isn't a mask line."""
    if not line.startswith("m"):
        raise ValueError(f"not a mask line: {line[:40]!r}; masks start with 'm'")
    left, top, across, down, *runs = (int(part) for part in line[1:].split(","))
    if sum(runs) != across * down:
        raise ValueError(f"runs add up to {sum(runs)} pixels, the box has {across * down}")
    values = np.arange(len(runs)) % 2 == 1
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[top : top + down, left : left + across] = np.repeat(values, runs).reshape(down, across)
    return mask
