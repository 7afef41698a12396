"""A scripted video: discs that move over numbered frames, and the masks of whatever is prompted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from samurai.masks import from_coco_rle, to_coco_rle

WIDTH, HEIGHT, LENGTH, RATE = 640, 360, 40, 20.0
CELL = 16
"""Pixels of a cell of the frame's number: eight cells, white where a bit is set."""

DISCS = ((90.0, 170.0, 34.0, 9.0), (520.0, 250.0, 44.0, -7.0))
"""x and y in frame 0, radius, pixels to the right per frame."""
GONE = range(20, 24)
"""Frames in which the second disc isn't seen."""

Array = NDArray[np.bool_]


def center(disc: int, frame: int) -> tuple[float, float]:
    x, y, _, speed = DISCS[disc]
    return x + speed * frame, y + 12 * math.sin(frame / 5 + disc)


@cache
def picture(frame: int) -> bytes:
    """A frame as a PNG; its number is burnt in as cells along the top, lowest bit first."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (38, 52, 61))
    draw = ImageDraw.Draw(image)
    for row in range(0, HEIGHT, 40):
        draw.rectangle((0, row, WIDTH, row + 20), fill=(44, 60, 70))
    for bit in range(8):
        tone = 255 if frame >> bit & 1 else 0
        draw.rectangle((bit * CELL, 0, bit * CELL + CELL - 1, CELL - 1), fill=(tone,) * 3)
    for disc, color in zip(range(2), ((226, 226, 214), (150, 172, 120)), strict=True):
        if disc == 1 and frame in GONE:
            continue
        x, y = center(disc, frame)
        radius = DISCS[disc][2]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    written = BytesIO()
    image.save(written, "PNG", compress_level=1)
    return written.getvalue()


@cache
def disc_mask(disc: int, frame: int) -> Array:
    if disc == 1 and frame in GONE:
        return np.zeros((HEIGHT, WIDTH), np.bool_)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    x, y = center(disc, frame)
    inside: Array = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 < DISCS[disc][2] ** 2
    return inside


@dataclass
class Entry:
    """Prompts of an object in a frame."""

    points: list[list[float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    box: list[float] | None = None
    mask: dict[str, Any] | None = None

    def disc(self, frame: int) -> int:
        """The disc that is meant: the nearest to the middle of box or mask, or to the click."""
        if self.box:
            x, y = (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2
        elif self.mask:
            rows, columns = np.nonzero(from_coco_rle(self.mask))
            x, y = float(columns.mean()), float(rows.mean())
        else:
            x, y = self.points[0] if self.points else (0.0, 0.0)
        away = [math.dist((x, y), center(disc, frame)) for disc in range(2)]
        return away.index(min(away))


def answer(
    object_id: int,
    disc: int,
    frame: int,
    *,
    prompted: bool = False,
    score: float = 0.9,
    given: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An ObjectAnswer; its mask is the one that was given, if any."""
    rle, box = (given, _box(from_coco_rle(given))) if given else _seen(disc, frame)
    if rle is None:
        return {"object_id": object_id, "mask": None, "bbox": None, "score": 0.1, "absent": True}
    return {
        "object_id": object_id,
        "mask": rle,
        "bbox": box,
        "score": score,
        "absent": False,
        "prompted": prompted,
    }


@cache
def _seen(disc: int, frame: int) -> tuple[dict[str, Any] | None, dict[str, int] | None]:
    """The disc's run-length code and its box; None where it isn't seen."""
    mask = disc_mask(disc, frame)
    if not mask.any():
        return None, None
    return dict(to_coco_rle(mask)), _box(mask)


def _box(mask: Array) -> dict[str, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return {
        "x": int(columns[0]),
        "y": int(rows[0]),
        "width": int(columns[-1] - columns[0] + 1),
        "height": int(rows[-1] - rows[0] + 1),
    }


def looked_for(frame: int) -> list[dict[str, Any]]:
    """Candidates by looking: the second disc, both halves of the first, and the frame's corners at
    the bottom as one, in two pieces."""
    first, corners = disc_mask(0, frame), np.zeros((HEIGHT, WIDTH), np.bool_)
    left = np.arange(WIDTH)[None] < center(0, frame)[0]
    corners[-40:, :60], corners[-40:, -90:] = True, True
    masks = (disc_mask(1, frame), first & left, first & ~left, corners)
    reason = f"grid at frame {frame}"
    return [
        _candidate(mask, 0.93 - 0.07 * place, reason)
        for place, mask in enumerate(masks)
        if mask.any()
    ]


def searched(frame: int, word: str) -> list[dict[str, Any]]:
    """Candidates for a word: `disc` is both discs."""
    masks = [disc_mask(disc, frame) for disc in range(2)] if word == "disc" else []
    return [_candidate(mask, 0.61, f'word "{word}" 0.61', word) for mask in masks if mask.any()]


def _candidate(mask: Array, score: float, reason: str, label: str | None = None) -> dict[str, Any]:
    told = {"score": round(score, 2), "reason": reason, "label": label}
    return {"mask": dict(to_coco_rle(mask)), "bbox": _box(mask), **told}
