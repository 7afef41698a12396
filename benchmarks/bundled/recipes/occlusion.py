"""A dog walks across a meadow, behind a birch and then behind a boulder that hides it."""

from __future__ import annotations

import numpy as np

from ..actors.dog import dog
from ..actors.nature import birch, boulder, bush
from ..motion import shake, through
from ..places import landscape, meadow
from ..scene import Body, Light, Scene, View
from .recipe import Recipe

WALK = ((0, -2.1), (36, -0.55), (56, 0.65), (71, 2.05), (90, 3.6))


def build(seed: int) -> Scene:
    """The scene; the camera follows the dog late and unsteadily."""
    ground = meadow(seed)
    sky = ((0.75, 0.84, 0.98), (0.34, 0.55, 0.95), (0.2, 0.38, 0.85))
    hills = (
        (0.11, 0.03, (0.2, 0.27, 0.33), (0.28, 0.36, 0.4)),
        (0.05, 0.06, (0.025, 0.05, 0.018), (0.13, 0.2, 0.06)),
    )
    backdrop = landscape(seed + 1, sky, hills)
    scenery = [
        birch(-0.95, -0.75, 0.1, seed + 2),
        birch(-2.9, 2.2, 0.12, seed + 3),
        birch(2.1, 3.4, 0.13, seed + 4),
        boulder(0.9, -0.95, (0.98, 0.95, 0.5), seed + 5),
        boulder(-1.8, 1.9, (0.5, 0.35, 0.4), seed + 6),
        boulder(3.0, 1.2, (0.45, 0.3, 0.4), seed + 7),
        bush(-0.6, 3.6, 0.7, seed + 11),
        bush(4.6, 4.4, 0.9, seed + 12),
    ]

    def bodies(time: float) -> list[Body]:
        (x,) = through(time, WALK)
        z = 0.12 * np.sin(0.9 * x)
        return [dog(x, z, -0.1 * np.cos(0.9 * x), x + 10.0, seed + 8, "dog"), *scenery]

    def camera(time: float) -> View:
        (x,) = through(time - 5, WALK)
        hand = shake(time, seed + 9)
        eye = (0.45 * x + 0.04 * hand[0], 1.02 + 0.03 * hand[1], -3.9)
        look = (0.86 * x + 0.1 + 0.09 * hand[0], 0.5 + 0.06 * hand[1], 0.0)
        return View(eye, look, 1.45, roll=0.012 * hand[2], aperture=0.012, focus=3.9)

    return Scene(bodies, camera, ground, backdrop, Light.day((-0.55, 0.75, -0.5)))


RECIPE = Recipe("occlusion", 4101, 80, ((0, 1), (43, 1), (79, -1)), build)
