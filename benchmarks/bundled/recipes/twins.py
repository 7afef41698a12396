"""Three drakes that look the same and a white duck swim past one another."""

from __future__ import annotations

import numpy as np

from ..actors.duck import duck
from ..actors.nature import boulder
from ..motion import shake, through
from ..places import lake, landscape
from ..scene import Body, Light, Scene, View
from .recipe import Recipe

Knots = tuple[tuple[float, float, float], ...]
# (frame, x, z)
COURSES: dict[str, Knots] = {
    "drake1": ((-4, -0.95, 0.05), (20, -0.25, 0.0), (34, 0.3, 0.05), (50, 0.95, 0.25)),
    "drake2": ((-4, 0.95, 0.6), (18, 0.3, 0.55), (32, -0.25, 0.5), (50, -0.9, 0.3)),
    "drake3": ((-4, -0.35, 1.05), (16, 0.1, 1.0), (32, 0.35, 0.95), (50, 0.05, 0.9)),
    "white": ((-4, 0.75, 1.5), (25, 0.0, 1.45), (50, -0.75, 1.35)),
}


def swim(time: float, course: Knots, seed: int, target: str) -> Body:
    """A duck on its course, facing where it swims; all nod alike, at their own moments."""
    x, z = through(time, course)
    ahead, behind = through(time + 1, course), through(time - 1, course)
    heading = float(np.arctan2(-(ahead[1] - behind[1]), ahead[0] - behind[0]))
    own = time + 37.0 * course[0][1]
    return duck(x, z, heading, own, seed, 0.95, target, white=target == "white")


def build(seed: int) -> Scene:
    """The scene, from a low bank."""
    water = lake(seed, (0.018, 0.032, 0.022))
    sky = ((0.8, 0.82, 0.86), (0.5, 0.62, 0.85), (0.3, 0.45, 0.8))
    banks = (
        (0.16, 0.05, (0.1, 0.14, 0.13), (0.2, 0.26, 0.2)),
        (0.09, 0.05, (0.02, 0.04, 0.015), (0.16, 0.2, 0.05)),
    )
    backdrop = landscape(seed + 1, sky, banks)
    stones = [
        boulder(-1.7, 2.3, (0.5, 0.25, 0.35), seed + 2),
        boulder(1.6, 2.8, (0.4, 0.22, 0.3), seed + 3),
    ]

    def bodies(time: float) -> list[Body]:
        # One seed for all: the drakes can be told apart by nothing but where they are.
        birds = [swim(time, course, seed + 4, name) for name, course in COURSES.items()]
        return [*birds, *stones]

    def camera(time: float) -> View:
        hand = shake(time, seed + 5, 0.09)
        eye = (0.05 * hand[0], 1.2 + 0.03 * hand[1], -2.3)
        look = (0.05 * hand[0], 0.1 + 0.04 * hand[1], 0.6)
        return View(eye, look, 1.5, roll=0.012 * hand[2], aperture=0.012, focus=2.9)

    return Scene(bodies, camera, water, backdrop, Light.day((-0.6, 0.6, -0.55)), mirrors=True)


RECIPE = Recipe("twins", 4808, 45, (), build, width=240, height=180)
