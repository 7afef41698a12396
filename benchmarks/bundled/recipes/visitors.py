"""Fruit rolls about a jug: one rolls in late, one leaves for good, one passes behind the jug."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..actors.tableware import book, fruit, jug, spoon
from ..motion import shake, through
from ..places import room, table
from ..scene import Body, Light, Scene, View
from ..shapes import turn
from .recipe import Recipe

Colours = tuple[tuple[float, float, float], ...]
Knots = tuple[tuple[float, float], ...]
ORANGE: Colours = ((0.3, 0.09, 0.01), (0.62, 0.22, 0.02), (0.75, 0.34, 0.05))
APPLE: Colours = ((0.22, 0.012, 0.012), (0.42, 0.05, 0.02), (0.55, 0.38, 0.06))
LEMON: Colours = ((0.4, 0.28, 0.02), (0.66, 0.5, 0.04), (0.72, 0.6, 0.14))
# (frame, metres rolled)
BEHIND: Knots = ((-2, 0.0), (8, 0.14), (14, 0.27), (28, 0.47), (34, 0.6), (52, 0.78))
AWAY: Knots = ((-2, 0.0), (10, 0.16), (28, 0.62), (40, 1.0))
IN: Knots = ((0, 0.0), (12, 0.05), (34, 0.52), (50, 0.62))


def rolling(
    start: tuple[float, float], heading: float, rolled: float, fruit_there: Body, target: str
) -> Body:
    """A fruit that has rolled so many metres from `start` (x, z) along `heading` (0 = right)."""
    x = start[0] + rolled * np.cos(heading)
    z = start[1] - rolled * np.sin(heading)
    place = np.array([x, fruit_there.position[1], z])
    spun = turn(heading, 0.0, -rolled / fruit_there.scale) @ fruit_there.rotation
    return replace(fruit_there, position=place, rotation=spun, target=target)


def build(seed: int) -> Scene:
    """The scene; the camera drifts a little."""
    still = [
        jug(0.0, 0.0, 0.5, seed + 1, "jug"),
        book(-0.3, 0.022, 0.5, 0.4, (0.05, 0.11, 0.09), seed + 2),
        spoon(0.1, -0.22, 0.3),
    ]
    apple = fruit(0.0, 0.0, 0.062, seed + 3, APPLE)
    orange = fruit(0.0, 0.0, 0.068, seed + 4, ORANGE)
    lemon = fruit(0.0, 0.0, 0.06, seed + 5, LEMON)

    def bodies(time: float) -> list[Body]:
        (behind,), (away,), (entered,) = (through(time, way) for way in (BEHIND, AWAY, IN))
        return [
            rolling((-0.36, 0.2), 0.0, behind, apple, "apple"),
            rolling((0.02, -0.3), 0.2, away, orange, "orange"),
            rolling((-0.62, -0.14), -0.05, entered, lemon, "lemon"),
            *still,
        ]

    def camera(time: float) -> View:
        hand = shake(time, seed + 7, 0.1)
        (angle,) = through(time, ((0, -0.06), (50, 0.06)))
        eye = (1.45 * np.sin(angle) + 0.015 * hand[0], 0.62, -1.45 * np.cos(angle))
        look = (0.02 * hand[0], 0.15 + 0.02 * hand[1], 0.0)
        return View(eye, look, 1.75, roll=0.02 * hand[2], aperture=0.014, focus=1.5)

    light = Light.day((0.7, 0.75, -0.35), (2.2, 2.0, 1.7), (0.42, 0.42, 0.45), (0.2, 0.14, 0.09))
    return Scene(bodies, camera, table(seed), room(seed + 9), light, reach=1.3)


RECIPE = Recipe("visitors", 4909, 50, (), build, width=240, height=180)
