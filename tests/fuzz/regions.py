"""Regions for the fuzzer, in TraX's own text: sound ones of every kind, and hostile ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fuzz.pictures import SIDE

KINDS = ["rectangle", "outside", "point", "mask", "large mask", "polygon", "many"]
SHARES = [0.25, 0.15, 0.15, 0.2, 0.05, 0.19, 0.01]


def sound(rng: np.random.Generator) -> tuple[str, list[str], str]:
    """A region that can be tracked in any frame of SIDE x SIDE: (text, properties, answered as)."""
    kind = rng.choice(KINDS, p=SHARES)
    if kind == "rectangle":
        x, y, width, height = rng.uniform(1, SIDE / 2, 4)
        return f"{x:.4f},{y:.4f},{width:.4f},{height:.4f}", [], "rectangle"
    if kind == "outside":
        x, y = rng.uniform(-500, 0, 2)
        width, height = 2 - x + rng.uniform(0, 1e6), 2 - y + rng.uniform(0, 1e6)
        return f"{x:.4f},{y:.4f},{width:.4f},{height:.4f}", [], "rectangle"
    if kind == "point":
        x, y = rng.uniform(1, SIDE - 1, 2)
        return f"{x:.4f},{y:.4f},0,0", ["prompt=point"], "point"
    if kind == "mask":
        width, height = rng.integers(1, SIDE // 2, 2)
        x, y = rng.integers(0, SIDE // 2, 2)
        return mask(x, y, rng.random((height, width)) < rng.uniform(0.2, 1), True), [], "mask"
    if kind == "large mask":
        x, y = rng.integers(-300, 0, 2)
        return mask(x, y, np.ones((400, 400), bool), False), [], "mask"
    corners = int(rng.integers(3, 12)) if kind == "polygon" else int(rng.integers(1000, 4000))
    points = rng.uniform(1, SIDE - 1, (corners, 2))
    return ",".join(f"{value:.4f}" for value in points.ravel()), [], "mask"


def mask(x: int, y: int, array: NDArray[np.bool_], certain: bool) -> str:
    """TraX's text of a mask; `certain` sets a pixel."""
    if certain:
        array[0, 0] = True
    flat = np.concatenate([[False], array.ravel()])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(np.concatenate([[0], changes, [array.size]]))
    height, width = array.shape
    return f"mask:{x},{y},{width},{height}," + ",".join(str(run) for run in runs)


HOSTILE = [
    "nan,1,2,3", "1,nan,2,3", "1,2,inf,3", "1,2,3,-inf", "NaN,NaN,NaN,NaN", "1e38,1,5,5",
    "1,1,1e308,5", "-1e38,-1e38,1,1", "3.4e38,3.4e38,-inf,-inf", "-9,-9,2,2", "900,900,2,2",
    "1,1,0,5", "1,1,5,-2", "0,0,0,0", "-1,-1,-1,-1", "", " ", ",", ",,,", "1", "0", "-10", "1,1",
    "1,1,5", "1,1,5,5,5", "1,1,5,x", "a,b,c,d", "1;1;5;5", "0x10,1,5,5", "1,1,5,5,", "1 1 5 5",
    "1,1,1,1,1,1", "1,1,2,2,3,3", "nan,1,2,3,4,5", "inf,inf,1,1,2,2", "900,900,950,900,900,950",
    "mask:", "mask:1", "mask:1,2,3", "mask:a,b,c,d", "mask:0,0,0,0", "mask:0,0,0,5,0",
    "mask:0,0,5,5", "mask:0,0,5,5,25", "mask:900,900,2,2,0,4", "mask:-9,-9,2,2,0,4",
    "mask:1,2,-3,3,0,5", "mask:1,2,3,-3,0,5", "mask:1,2,-3,-3,0,9", "mask:1,2,3,3,-1,4",
    "mask:1,2,99999,99999,0,5", "mask:1,2,3,3,0,10", "mask:1,2,3,3,7777777",
    "mask:1,2,2147483647,2147483647,0,1", "mask:99999999999,2,3,3,0,9", "mask:1.5,2,3,3,0,9",
    "mask:1,2,3,3,0,9223372036854775807,9223372036854775807,2", "mask:1,2,3,3,nan",
    "mask:2147483646,2147483646,3,3,0,9", "m1,2,3,3,0,9", "special:1", "path:/etc/passwd",
]  # fmt: skip
"""None of them can be tracked: each must be answered by a quit with a reason."""

DOUBTFUL = [
    "1e38,1e38,-1e38,5,5,-1e38", "1e9,1e9,-1e9,5,5,-1e9", "1,1,inf,1,1,9", "-1e30,-1e30,1e38,1e38",
    "1e-30,1e-30,1e-30,1e-30", "63.99,63.99,9,9", "00001,1,5,5", "+1,+1,+5,+5", "1.,1.,5.,.5",
    "mask:0,0,64,64,0,4096", "mask:-2147483647,0,9,9,0,81", "mask:1,2,3,3,0,9,", "mask:5,5,1,1,0,1",
]  # fmt: skip
"""Either a reply or a quit with a reason is right."""
