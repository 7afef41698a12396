"""A drake swims out of the picture, comes back on another course and passes behind reeds."""

from __future__ import annotations

import numpy as np

from ..actors.duck import duck
from ..actors.nature import boulder, reeds
from ..motion import shake, through
from ..noise import Array
from ..places import lake, landscape
from ..scene import Body, Light, Scene, View
from .recipe import Recipe

COURSE = (
    (0, -0.3, 0.25),
    (22, 0.55, 0.0),
    (35, 1.55, 0.1),
    (44, 2.06, 0.6),
    (54, 1.5, 0.9),
    (72, 0.35, 0.7),
    (96, -0.8, 0.3),
)


def build(seed: int) -> Scene:
    """The scene, from a low bank; the camera stays while the drake leaves."""

    def rings(points: Array, time: float) -> Array:
        x, z = through(time, COURSE)
        away = np.stack([points[0] - x, points[2] - z])
        distance = np.maximum(np.hypot(away[0], away[1]), 0.05)
        height = 0.16 * np.sin(26.0 * distance - 0.9 * time) * np.exp(-1.5 * distance)
        return np.asarray(away / distance * height)

    water = lake(seed, (0.018, 0.032, 0.022), rings)
    sky = ((0.8, 0.82, 0.86), (0.5, 0.62, 0.85), (0.3, 0.45, 0.8))
    banks = (
        (0.16, 0.05, (0.1, 0.14, 0.13), (0.2, 0.26, 0.2)),
        (0.09, 0.05, (0.02, 0.04, 0.015), (0.16, 0.2, 0.05)),
    )
    backdrop = landscape(seed + 1, sky, banks)
    stones = [
        boulder(-1.5, 1.9, (0.5, 0.25, 0.35), seed + 2),
        boulder(1.4, 2.6, (0.35, 0.2, 0.3), seed + 3),
    ]

    def bodies(time: float) -> list[Body]:
        x, z = through(time, COURSE)
        ahead, behind = through(time + 1, COURSE), through(time - 1, COURSE)
        heading = float(np.arctan2(-(ahead[1] - behind[1]), ahead[0] - behind[0]))
        plants = [reeds(0.62, -0.35, 11, seed + 4, time), reeds(-1.35, 0.5, 11, seed + 5, time)]
        return [duck(x, z, heading, time, seed + 6, 1.0, "duck"), *stones, *plants]

    def camera(time: float) -> View:
        hand = shake(time, seed + 7, 0.09)
        (pan,) = through(time, ((0, 0.0), (30, 0.25), (50, 0.2), (96, -0.25)))
        eye = (0.05 * hand[0], 0.95 + 0.03 * hand[1], -2.6)
        look = (pan + 0.07 * hand[0], 0.16 + 0.05 * hand[1], 0.2)
        return View(eye, look, 1.75, roll=0.012 * hand[2], aperture=0.014, focus=2.9)

    return Scene(bodies, camera, water, backdrop, Light.day((-0.6, 0.6, -0.55)), mirrors=True)


RECIPE = Recipe("reentry", 4303, 80, ((0, 1), (68, -1), (79, -1)), build)
