"""Regions as JSON, masks as run lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from samurai.masks import PackedMask
from samurai.regions import Box, Mask, Points, Region


def written(region: Region) -> dict[str, Any]:
    """A region as plain values."""
    if isinstance(region, Box):
        return {"box": [region.x, region.y, region.width, region.height]}
    if isinstance(region, Mask):
        packed = PackedMask.of(region.array)
        return {"mask": {"size": list(packed.shape), "runs": packed.runs.tolist()}}
    plain: dict[str, Any] = {
        "points": region.coordinates.tolist(),
        "labels": region.labels.tolist(),
    }
    return plain if region.box is None else {**plain, **written(region.box)}


def read_region(plain: dict[str, Any]) -> Region:
    """What `written` wrote.

    Raises:
        KeyError, TypeError, ValueError: something else.
    """
    if "mask" in plain:
        height, width = plain["mask"]["size"]
        runs = np.array(plain["mask"]["runs"], np.uint32)
        return Mask(PackedMask(runs, (int(height), int(width))).mask)
    box = Box(*plain["box"]) if "box" in plain else None
    if "points" in plain:
        points = np.array(plain["points"], np.float32).reshape(-1, 2)
        return Points(points, np.array(plain["labels"], np.int32), box)
    if box is None:
        raise ValueError("no region")
    return box
