"""A painted jug among other things on a table; the camera swings, jerks, zooms and refocuses."""

from __future__ import annotations

import numpy as np

from ..actors.tableware import book, fruit, jug, spoon
from ..motion import pulse, shake, through
from ..places import room, table
from ..scene import Body, Light, Scene, View
from .recipe import Recipe

ORANGE = ((0.3, 0.09, 0.01), (0.62, 0.22, 0.02), (0.75, 0.34, 0.05))
APPLE = ((0.22, 0.012, 0.012), (0.42, 0.05, 0.02), (0.55, 0.38, 0.06))


def build(seed: int) -> Scene:
    """The scene; only the camera moves."""
    still = [
        jug(0.0, 0.0, 0.6, seed + 1, "jug"),
        fruit(0.27, -0.13, 0.062, seed + 2, ORANGE),
        fruit(0.19, 0.1, 0.058, seed + 3, APPLE),
        fruit(0.36, 0.03, 0.06, seed + 4, ORANGE),
        book(-0.36, 0.022, 0.18, 0.4, (0.05, 0.11, 0.09), seed + 5),
        book(-0.38, 0.066, 0.2, 0.75, (0.24, 0.05, 0.03), seed + 6),
        spoon(-0.16, -0.24, 0.5),
        jug(0.55, 0.62, 2.4, seed + 8),
    ]

    def bodies(time: float) -> list[Body]:
        return still

    def camera(time: float) -> View:
        hand = shake(time, seed + 7, 0.12)
        (angle, reach, zoom) = through(
            time,
            (
                (0, -0.6, 1.5, 1.35),
                (30, -0.05, 1.25, 1.35),
                (52, 0.25, 1.2, 1.7),
                (72, 0.7, 1.35, 1.5),
                (96, 1.15, 1.1, 1.3),
            ),
        )
        jerk = 0.2 * pulse(time, 24, 5) - 0.24 * pulse(time, 62, 6)
        focus = reach * (1.0 + 1.6 * pulse(time, 43, 9) - 0.45 * pulse(time, 73, 6))
        eye = (
            reach * np.sin(angle) + 0.02 * hand[0],
            0.55 + 0.015 * hand[1],
            -reach * np.cos(angle),
        )
        look = (0.04 + jerk + 0.035 * hand[0], 0.18 + 0.4 * abs(jerk) + 0.03 * hand[1], 0.0)
        return View(eye, look, zoom, roll=0.03 * hand[2], aperture=0.02, focus=focus)

    light = Light.day((0.7, 0.75, -0.35), (2.2, 2.0, 1.7), (0.42, 0.42, 0.45), (0.2, 0.14, 0.09))
    return Scene(bodies, camera, table(seed), room(seed + 9), light, shutter=0.7, reach=1.3)


RECIPE = Recipe("camera", 4505, 82, ((0, 1), (53, 1), (81, -1)), build, samples=12, quality=84)
