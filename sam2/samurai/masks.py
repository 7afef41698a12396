"""Masks of several objects without shared pixels, and masks run-length encoded: packed, as COCO's
annotations and as VOT's texts. Masks placed in a frame and drawn from polygons."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.errors import RegionError
from samurai.geometry import rasterize

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


CocoRle = dict[str, Any]
"""`size` [height, width], and `counts`, a text."""

_BITS, _MORE, _ZERO = 5, 32, 48
_LONGEST = 12
"""Letters of a run: 60 bits."""
_EMPTY = "the mask is empty: it must hold at least one pixel of the object"
_RLE_REMEDY = "give COCO's `size` [height, width] and `counts`"


def to_coco_rle(mask: Mask) -> CocoRle:
    """A boolean (H, W) mask as COCO's compressed run-length code, as pycocotools writes it."""
    height, width = mask.shape
    bounds = np.concatenate([[0], _column_edges(mask), [mask.size]])
    runs = np.diff(bounds)
    if mask.size and mask[0, 0]:
        runs = np.concatenate([[0], runs])
    values = runs.copy()
    values[3:] -= runs[1:-2]
    return {"size": [height, width], "counts": _letters(values)}


def from_coco_rle(rle: Mapping[str, Any]) -> Mask:
    """The boolean (H, W) mask of COCO's run-length code.

    Args:
        rle: `size` [height, width]; `counts` as a text, as bytes or as a list of run lengths.

    Raises:
        RegionError: it isn't that, or its runs don't fill the mask.
    """
    size, counts = rle.get("size"), rle.get("counts")
    if not isinstance(size, list | tuple) or not _is_size(size):
        raise RegionError(f"the size of a run-length code is {size!r:.40}: {_RLE_REMEDY}")
    height, width = size
    runs = _runs(counts)
    total = sum(runs.tolist())  # of Python's integers, which don't overflow
    if (runs < 0).any() or total != height * width:
        raise RegionError(
            f"the runs of a mask fill {total} pixels, but it is {width}x{height}: {_RLE_REMEDY}"
        )
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.ascontiguousarray(flat.reshape(width, height).T)


def to_vot_text(mask: Mask, offset: tuple[int, int] = (0, 0)) -> str:
    """A mask in VOT's text form: `mX,Y,WIDTH,HEIGHT,RUN,RUN,...`, runs row by row.

    Args:
        mask: boolean (H, W), usually cut to the object's box.
        offset: x and y of its top-left pixel in the frame.
    """
    runs = ",".join(map(str, PackedMask.of(mask).runs.tolist()))
    return f"m{offset[0]},{offset[1]},{mask.shape[1]},{mask.shape[0]},{runs}"


def placed(mask: Mask, offset: tuple[int, int], frame_size: tuple[int, int]) -> tuple[Mask, int]:
    """A mask of any size at an offset (x, y), on a canvas of the frame's size; and how many of its
    pixels lie outside the frame.

    Raises:
        RegionError: it is empty, or lies outside.
    """
    height, width = frame_size
    x, y = offset
    if not mask.any():
        raise RegionError(_EMPTY)
    canvas = np.zeros(frame_size, np.bool_)
    top, left = max(-y, 0), max(-x, 0)
    inside = mask[top : max(height - y, 0), left : max(width - x, 0)]
    lost = int(mask.sum()) - int(inside.sum())
    if lost == mask.sum():
        raise RegionError(
            f"the mask ({mask.shape[1]}x{mask.shape[0]} at {x}, {y}) lies outside the "
            f"{width}x{height} frame: were the masks made for images of another size?"
        )
    canvas[y + top : y + top + inside.shape[0], x + left : x + left + inside.shape[1]] = inside
    return canvas, lost


def resized(mask: Mask, frame_size: tuple[int, int]) -> Mask:
    """A mask at another size (height, width): every pixel is that of the nearest place."""
    height, width = frame_size
    nearest = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return nearest.astype(np.bool_)


def polygon_mask(corners: NDArray[np.float64], frame_size: tuple[int, int]) -> Mask:
    """The pixels of a polygon of (N, 2) corners x, y; one that is too thin to hold a pixel's center
    gets the pixel at its middle.

    Raises:
        RegionError: it isn't finite, has no area, or lies outside the frame.
    """
    height, width = frame_size
    if not np.isfinite(corners).all():
        raise RegionError("the polygon is not finite: give its corners as finite numbers")
    if _on_one_line(corners):
        raise RegionError("the polygon has no area: its corners lie on one line")
    mask = rasterize(corners, frame_size)
    if not mask.any():
        x, y = (math.floor(value) for value in corners.mean(axis=0))
        if not (0 <= x < width and 0 <= y < height):
            raise RegionError(f"the polygon lies outside the {width}x{height} frame")
        mask[y, x] = True
    return mask


def _on_one_line(corners: NDArray[np.float64]) -> bool:
    away = corners - corners[0]
    farthest = away[np.abs(away).max(axis=1).argmax()]
    return bool((away[:, 0] * farthest[1] == away[:, 1] * farthest[0]).all())


def _column_edges(mask: Mask) -> NDArray[np.int64]:
    """Where the mask's pixels change, read column by column: ascending places of the first of new
    kind. Finds them row by row, which memory gives fast, eight pixels at a time."""
    height, width = mask.shape
    flags = np.zeros(-(-mask.size // 8) * 8, np.bool_)
    changed = flags[: mask.size].reshape(mask.shape)
    if mask.size:
        np.not_equal(mask[1:], mask[:-1], out=changed[1:])
        np.not_equal(mask[0, 1:], mask[-1, :-1], out=changed[0, 1:])
    eights = np.flatnonzero(flags.view(np.uint64))
    which, place = np.nonzero(flags.reshape(-1, 8)[eights])
    rows, columns = np.divmod(eights[which] * 8 + place, max(width, 1))
    edges: NDArray[np.int64] = np.sort(columns * height + rows)
    return edges


def _letters(values: NDArray[np.int64]) -> str:
    """Whole numbers as a text: five bits a letter, the lowest first, the last with the sign."""
    lengths = np.ones(len(values), np.int64)
    for count in range(1, _LONGEST):
        half = 1 << (_BITS * count - 1)
        lengths += (values < -half) | (values >= half)
    ends = np.cumsum(lengths)
    text = np.empty(int(ends[-1]), np.uint8)
    for place in range(int(lengths.max())):
        has = lengths > place
        more = np.where(lengths[has] > place + 1, _MORE, 0)
        bits = (values[has] >> (_BITS * place)) & (_MORE - 1)
        text[(ends - lengths)[has] + place] = bits + more + _ZERO
    return text.tobytes().decode("ascii")


def _runs(counts: Any) -> NDArray[np.int64]:
    """Run lengths of any form of `counts`."""
    if isinstance(counts, list):
        if not all(isinstance(each, int) and 0 <= each < 2**62 for each in counts):
            raise RegionError(f"run lengths are whole numbers from 0: {_RLE_REMEDY}")
        return np.array(counts, np.int64)
    try:
        data = counts.encode("ascii") if isinstance(counts, str) else bytes(memoryview(counts))
    except (TypeError, UnicodeEncodeError) as error:
        raise RegionError(f"counts of runs are {counts!r:.40}: {_RLE_REMEDY}") from error
    codes = np.frombuffer(data, np.uint8).astype(np.int64) - _ZERO
    ends = np.flatnonzero(codes < _MORE)
    lengths = np.diff(ends, prepend=-1)
    outside = ((codes < 0) | (codes >= 2 * _MORE)).any()
    if outside or (len(codes) and codes[-1] >= _MORE) or (lengths > _LONGEST).any():
        raise RegionError(f"counts of runs are cut or damaged: {_RLE_REMEDY}")
    place = np.arange(len(codes)) - np.repeat(ends - lengths + 1, lengths)
    parts = (codes & (_MORE - 1)) << (_BITS * place)
    # Bits of different letters don't overlap: their sum is the number.
    values = np.add.reduceat(parts, ends - lengths + 1) if len(ends) else np.zeros(0, np.int64)
    negative = (codes[ends] & (_MORE // 2)) != 0
    values = np.where(negative, values - (np.int64(1) << (_BITS * lengths)), values)
    runs = values.copy()
    for first in (1, 2):
        runs[first::2] = np.cumsum(values[first::2])
    return runs


def _is_size(size: Sequence[Any]) -> bool:
    return len(size) == 2 and all(isinstance(side, int) and 0 < side < 2**31 for side in size)
