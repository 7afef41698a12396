"""Colors: palettes that people with any common color blindness can distinguish, and more colors
for pictures of more objects than a palette has.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]
"""RGB, 0 to 255."""

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

# Panels on dark ground and the text on them.
GROUND: Color = (22, 24, 29)
PANEL: Color = (34, 37, 44)
LINES: Color = (72, 77, 88)
FAINT: Color = (160, 166, 178)
BRIGHT: Color = (238, 240, 244)

# Colors of Okabe and Ito; first those that are rare in pictures and bright on a dark background.
PALETTE: tuple[Color, ...] = (
    (230, 159, 0),  # orange
    (86, 180, 233),  # sky blue
    (204, 121, 167),  # reddish purple
    (0, 158, 115),  # bluish green
    (240, 228, 66),  # yellow
    (213, 94, 0),  # vermilion
    (0, 114, 178),  # blue
    (153, 158, 168),  # gray, for their black, which a dark background swallows
)


def _of_hex(*codes: str) -> tuple[Color, ...]:
    return tuple((int(c[:2], 16), int(c[2:4], 16), int(c[4:], 16)) for c in codes)


# The others are Paul Tol's (technical note SRON/EPS/TN/09-002).
PALETTES: dict[str, tuple[Color, ...]] = {
    "okabe-ito": PALETTE,
    "bright": _of_hex("66CCEE", "EE6677", "CCBB44", "AA3377", "228833", "4477AA", "BBBBBB"),
    "vibrant": _of_hex("EE7733", "33BBEE", "EE3377", "009988", "0077BB", "CC3311", "BBBBBB"),
    "muted": _of_hex(
        *("88CCEE", "CC6677", "DDCC77", "44AA99", "AA4499"),
        *("999933", "882255", "117733", "332288"),
    ),
    "high-contrast": _of_hex("DDAA33", "BB5566", "004488"),
}
"""Palettes by name, the default first."""

# Okabe and Ito's hues, some darker, then two more. On light and on dark pages each has WCAG's
# contrast for graphics, at least 3.
PAGE_PALETTE: tuple[Color, ...] = _of_hex(
    *("0072B2", "D55E00", "009E73", "CC79A7", "A87B00", "7D6FD6", "7F7F7F")
)
"""Of trackers on pages and in their charts; the first ones for any common color blindness."""

SLOTS = 64
"""Different colors that `extended` makes of a palette."""

_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# How linear RGB looks without the long-wave and without the medium-wave cones (Viénot and others,
# 1999).
_SEEN_WITHOUT = (
    np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
)
_LIGHTNESS = (0.42, 0.95)  # of further colors: neither black nor white
_LEVELS = 11  # of each channel, from which further colors are chosen


def color_of(index: int) -> Color:
    """The color of a report's object; they repeat after eight."""
    return PALETTE[index % len(PALETTE)]


@lru_cache(maxsize=256)
def ink_on(color: Color) -> Color:
    """Black or white, whichever is read better on a color."""
    return BLACK if lightness(color) > 0.6 else WHITE


def lightness(color: Color) -> float:
    """As people see it, from 0 of black to 1 of white (of OKLab)."""
    return float(_oklab(_linear(np.array([color])))[0, 0])


@cache
def extended(palette: str) -> tuple[Color, ...]:
    """A palette's colors and, after them, as many more as make `SLOTS`.

    Each further color is the one that differs most from all before it, to eyes with and without
    color blindness.
    """
    chosen = list(PALETTES[palette])
    steps = np.linspace(0, 255, _LEVELS)
    grid = np.rint(np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3))
    light = _oklab(_linear(grid))[:, 0]
    grid = grid[(light > _LIGHTNESS[0]) & (light < _LIGHTNESS[1])]
    nearest = differences(np.array(chosen), grid).min(axis=0)
    while len(chosen) < SLOTS:
        best = grid[int(nearest.argmax())]
        chosen.append((int(best[0]), int(best[1]), int(best[2])))
        nearest = np.minimum(nearest, differences(best[None], grid)[0])
    return tuple(chosen)


def differences(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much colors (N, 3) differ from colors (M, 3): (N, M), in OKLab, half of it as people with
    full color vision see them, half as those see them who tell them apart worst."""
    ours, others = _linear(first), _linear(second)
    full = _distances(_oklab(ours), _oklab(others))
    fewer = [_distances(_oklab(ours @ m.T), _oklab(others @ m.T)) for m in _SEEN_WITHOUT]
    halved: NDArray[np.float64] = (full + np.minimum(*fewer)) / 2
    return halved


def _linear(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = np.asarray(colors, np.float64) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _oklab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    lab: NDArray[np.float64] = np.cbrt(linear @ _LINEAR_TO_LMS.T) @ _LMS_TO_OKLAB.T
    return lab


def _distances(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    apart: NDArray[np.float64] = np.linalg.norm(first[:, None] - second[None], axis=-1)
    return apart
