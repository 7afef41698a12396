"""A koi in a pond; a second one with the same markings crosses over it, a third passes."""

from __future__ import annotations

import numpy as np

from ..actors.koi import koi
from ..motion import shake, through, travelled
from ..places import landscape, pool, river_bed
from ..scene import Body, Light, Scene, View
from ..shapes import column
from .recipe import Recipe

Knots = tuple[tuple[float, ...], ...]
FIRST: Knots = (
    (0, -0.5, -0.16),
    (25, -0.12, -0.02),
    (45, 0.28, 0.12),
    (65, 0.45, 0.4),
    (96, 0.1, 0.6),
)
SECOND: Knots = (
    (0, 0.75, 0.5),
    (25, 0.42, 0.26),
    (45, 0.12, 0.02),
    (65, -0.42, -0.12),
    (96, -0.85, 0.2),
)
THIRD: Knots = ((0, 0.2, 1.1), (40, -0.35, 0.75), (70, -0.62, 0.25), (96, -0.5, -0.35))


def swim(
    time: float, path: Knots, depth: float, seed: int, size: float, target: str | None = None
) -> Body:
    """A koi on its path (time, x, z), bent as the path bends."""
    x, z = through(time, path)
    ahead, behind = through(time + 1, path), through(time - 1, path)
    heading = float(np.arctan2(-(ahead[1] - behind[1]), ahead[0] - behind[0]))
    old, older = through(time - 5, path), through(time - 7, path)
    before = float(np.arctan2(-(old[1] - older[1]), old[0] - older[0]))
    turning = float(np.arctan2(np.sin(heading - before), np.cos(heading - before)))
    phase = 0.045 * time + 1.3 * travelled(path, time)
    return koi((x, depth, z), heading, phase, np.clip(0.9 * turning, -0.7, 0.7), seed, size, target)


def build(seed: int) -> Scene:
    """The scene, seen from the bank."""
    ground = river_bed(seed)
    water = pool(seed + 1, 0.62)
    sky = ((0.5, 0.6, 0.7), (0.35, 0.5, 0.75), (0.3, 0.45, 0.7))
    trees = ((0.45, 0.3, (0.02, 0.04, 0.015), (0.12, 0.18, 0.05)),)
    backdrop = landscape(seed + 2, sky, trees)

    def bodies(time: float) -> list[Body]:
        return [
            swim(time, FIRST, 0.24, seed + 3, 0.82, "koi"),
            swim(time, SECOND, 0.46, seed + 3, 0.78),
            swim(time, THIRD, 0.3, seed + 4, 0.7),
        ]

    def camera(time: float) -> View:
        hand = shake(time, seed + 5, 0.07)
        drift = through(time, ((0, -0.08), (96, 0.1)))[0]
        eye = (drift + 0.05 * hand[0], 1.8, -1.0 + 0.03 * hand[1])
        look = (drift + 0.04 * hand[0], 0.3, 0.2 + 0.05 * hand[1])
        return View(eye, look, 1.2, roll=0.03 * hand[2])

    return Scene(
        bodies,
        camera,
        ground,
        backdrop,
        Light.day((-0.35, 0.85, -0.3), sky=(0.4, 0.5, 0.5)),
        haze=column((0.06, 0.12, 0.085)),
        haze_distance=1.5,
        water=water,
    )


RECIPE = Recipe("distractor", 4202, 72, ((0, 1), (60, -1), (71, -1)), build)
