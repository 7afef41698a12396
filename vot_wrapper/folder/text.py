"""Regions in the text form of the folder protocol.

A point is `x,y`, a rectangle `x,y,width,height`, a polygon six or more numbers, and a mask
`mX,Y,WIDTH,HEIGHT,RUN,RUN,...`: runs row by row, of pixels outside the object first. `0` is no
region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import trax

from samurai.masks import to_vot_text
from vot_wrapper.trax.wire import checked_region

NOTHING = "0"
POINT = {"prompt": "point"}
"""The property that marks a rectangle of no size as a point (see `vot_wrapper.trax.regions`)."""


@dataclass(frozen=True)
class State:
    """An initial region as the conversation takes it.

    Attributes:
        region: `trax.Rectangle`, `trax.Polygon` or `trax.Mask`; a point is a rectangle of no size.
        is_point: whether it is one, so that the answers are points too.
    """

    region: Any
    is_point: bool = False


def parse_state(text: str) -> State:
    """The initial region of a query.

    Raises:
        ValueError: it is a mask without pixels, or no region at all, as in queries by text.
        ClientError: it isn't a region that can be read.
    """
    if text.startswith("m"):
        return State(_mask(text))
    numbers = text.split(",")
    if text == "0":
        raise ValueError(
            "the query has no region ('0'), as one by text; this tracker reads no text: give a "
            "point, a rectangle, a polygon or a mask"
        )
    if len(numbers) == 1:
        raise ValueError(
            f"{text!r} is no region: write numbers separated by commas, two of a point, four of a "
            "rectangle, six or more of a polygon; or a mask (mX,Y,WIDTH,HEIGHT,RUNS)"
        )
    if len(numbers) == 2:
        x, y = _floats(f"{text},0,0")[:2]
        return State(trax.Rectangle.create(x, y, 0.0, 0.0), is_point=True)
    values = _floats(text)
    if len(values) == 4:
        return State(trax.Rectangle.create(*values))
    return State(trax.Polygon.create(list(zip(values[::2], values[1::2], strict=True))))


def format_region(region: Any, *, as_point: bool = False) -> str:
    """An answer of the conversation, `trax.Rectangle` or `trax.Mask`.

    Args:
        as_point: write the place of a rectangle only.

    Numbers have four decimals, as libtrax writes them, so that both protocols give equal results.
    """
    if isinstance(region, trax.Mask):
        return to_vot_text(region.array() != 0, region.offset())
    values = region.bounds()[: 2 if as_point else 4]
    return ",".join(f"{value:.4f}" for value in values)


def _floats(text: str) -> list[float]:
    return [float(value) for value in checked_region(text.encode()).split(b",")]


def _mask(text: str) -> trax.Mask:
    checked_region(b"mask:" + text[1:].encode())
    x, y, width, height, *runs = (int(value) for value in text[1:].rstrip(",").split(","))
    pixels = np.repeat(np.arange(len(runs), dtype=np.int64) % 2, runs).astype(np.uint8)
    if not pixels.any():  # libtrax ends with a segmentation fault on a mask without pixels
        raise ValueError("the mask is empty: it must hold at least one pixel of the object")
    whole = np.zeros(width * height, np.uint8)
    whole[: len(pixels)] = pixels
    return trax.Mask.create(whole.reshape(height, width), x, y)
