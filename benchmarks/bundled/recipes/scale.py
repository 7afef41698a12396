"""A car comes up a road from far away, more than four times as large at the end, and turns."""

from __future__ import annotations

import numpy as np

from ..actors.car import car
from ..actors.nature import birch, boulder, bush
from ..motion import shake, through, travelled
from ..noise import Array
from ..places import Verge, asphalt, landscape, meadow
from ..scene import Body, Light, Scene, View
from .recipe import Recipe

DRIVE = ((0, 0.7, 25.0), (30, 0.1, 17.0), (60, -0.2, 9.6), (80, -0.6, 6.4), (96, -1.6, 4.4))


def centre_line(z: Array) -> Array:
    """Where the middle of the road lies at depth z."""
    return np.asarray(1.2 + 0.0045 * (z - 8.0) ** 2)


def markings(points: Array) -> Array:
    """White lines, as factors of the asphalt's colour."""
    across = points[0] - centre_line(points[2])
    dashes = (np.abs(across) < 0.07) & (points[2] % 5.0 < 2.6)
    edges = np.abs(np.abs(across) - 3.1) < 0.06
    return np.where(dashes | edges, 4.0, 1.0)[None]


def build(seed: int) -> Scene:
    """The scene, from the roadside."""

    def off_road(points: Array) -> Array:
        across = np.abs(points[0] - centre_line(points[2]))
        return np.asarray(np.clip((across - 3.45) / 0.3, 0.0, 1.0))

    ground = Verge(asphalt(seed, markings), meadow(seed + 1), off_road)
    sky = ((0.82, 0.84, 0.86), (0.5, 0.62, 0.85), (0.3, 0.45, 0.8))
    hills = (
        (0.13, 0.05, (0.2, 0.26, 0.32), (0.28, 0.34, 0.38)),
        (0.035, 0.05, (0.025, 0.045, 0.018), (0.12, 0.17, 0.05)),
    )
    backdrop = landscape(seed + 2, sky, hills, clouds=0.8)
    places = [(-5.2, 13.0), (-5.6, 22.0), (7.8, 17.5)]
    scenery = [birch(x, z, 0.16, seed + 10 + k, 7.0) for k, (x, z) in enumerate(places)]
    scenery += [bush(x, z, 4.2, seed + 40 + k, 4.6) for k, (x, z) in enumerate(places)]
    scenery += [
        bush(x, z, size, seed + 20 + k)
        for k, (x, z, size) in enumerate([(-6.4, 11.5, 1.0), (-5.2, 17.0, 1.3), (9.0, 20.0, 1.6)])
    ]
    scenery.append(boulder(-4.2, 9.0, (0.5, 0.4, 0.4), seed + 30))

    def bodies(time: float) -> list[Body]:
        x, z = through(time, DRIVE)
        ahead, behind = through(time + 0.5, DRIVE), through(time - 0.5, DRIVE)
        heading = float(np.arctan2(-(ahead[1] - behind[1]), ahead[0] - behind[0]))
        return [car(x, z, heading, travelled(DRIVE, time), seed + 3, "car"), *scenery]

    def camera(time: float) -> View:
        hand = shake(time, seed + 4, 0.14)
        (turned,) = through(time, ((0, 0.9), (40, 0.3), (70, -0.2), (96, -1.0)))
        eye = (-0.9 + 0.03 * hand[0], 1.5 + 0.03 * hand[1], 0.0)
        look = (turned + 0.16 * hand[0], 0.85 + 0.1 * hand[1], 10.0)
        return View(eye, look, 1.35, roll=0.014 * hand[2], aperture=0.01, focus=12.0)

    return Scene(bodies, camera, ground, backdrop, Light.day((-0.5, 0.7, -0.55)), shutter=0.6)


RECIPE = Recipe("scale", 4404, 80, ((0, 1), (48, 1), (79, -1)), build)
