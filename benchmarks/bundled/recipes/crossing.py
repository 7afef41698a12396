"""Three dogs cross on a meadow at different distances; for moments all three lie on one line."""

from __future__ import annotations

import numpy as np

from ..actors.dog import TRICOLOUR, Coat, dog
from ..actors.nature import birch, boulder, bush
from ..motion import shake, through, travelled
from ..places import landscape, meadow
from ..scene import Body, Light, Scene, View
from .recipe import Recipe

SANDY: Coat = ((0.5, 0.36, 0.2), (0.42, 0.24, 0.1), (0.3, 0.15, 0.05))
DARK: Coat = ((0.16, 0.07, 0.03), (0.03, 0.024, 0.02), (0.014, 0.013, 0.013))
Knots = tuple[tuple[float, float], ...]
# (frame, x): the ways at their distances z. The second dog walks against the other two, and the
# third one turns round first.
NEAR: Knots = ((-8, -1.3), (20, -0.35), (30, 0.05), (52, 1.0))
MIDDLE: Knots = ((-8, 1.6), (18, 0.45), (30, -0.15), (52, -1.5))
FAR: Knots = ((-8, 0.15), (0, -0.15), (8, -0.33), (14, -0.3), (24, 0.05), (36, 0.85), (52, 2.1))


def walk(time: float, way: Knots, z: float, seed: int, target: str, coat: Coat) -> Body:
    """A dog on its way, always at depth z, looking where it walks."""
    (x,) = through(time, way)
    (ahead,), (behind,) = through(time + 3, way), through(time - 3, way)
    heading = float(np.arctan2(0.05, ahead - behind))
    return dog(x, z, heading, 10.0 + travelled(way, time), seed, target, coat)


def build(seed: int) -> Scene:
    """The scene; the camera hardly moves."""
    ground = meadow(seed)
    sky = ((0.75, 0.84, 0.98), (0.34, 0.55, 0.95), (0.2, 0.38, 0.85))
    hills = (
        (0.11, 0.03, (0.2, 0.27, 0.33), (0.28, 0.36, 0.4)),
        (0.05, 0.06, (0.025, 0.05, 0.018), (0.13, 0.2, 0.06)),
    )
    backdrop = landscape(seed + 1, sky, hills)
    scenery = [
        birch(-2.3, 3.4, 0.13, seed + 2),
        boulder(2.2, 2.6, (0.5, 0.35, 0.4), seed + 3),
        bush(0.9, 4.6, 0.8, seed + 4),
    ]

    def bodies(time: float) -> list[Body]:
        return [
            walk(time, NEAR, -0.8, seed + 5, "near", TRICOLOUR),
            walk(time, MIDDLE, 0.15, seed + 6, "middle", DARK),
            walk(time, FAR, 1.15, seed + 7, "far", SANDY),
            *scenery,
        ]

    def camera(time: float) -> View:
        hand = shake(time, seed + 9)
        eye = (0.05 * hand[0], 1.25 + 0.03 * hand[1], -4.1)
        look = (0.08 * hand[0], 0.5 + 0.05 * hand[1], 0.2)
        return View(eye, look, 1.35, roll=0.012 * hand[2], aperture=0.01, focus=4.0)

    return Scene(bodies, camera, ground, backdrop, Light.day((-0.55, 0.75, -0.5)))


RECIPE = Recipe("crossing", 4707, 40, (), build, width=240, height=180)
