"""A fire salamander winds over fallen leaves while a cloud's shadow passes."""

from __future__ import annotations

from ..actors.nature import boulder
from ..actors.salamander import Salamander
from ..motion import pulse, shake, through
from ..places import forest_floor, landscape
from ..scene import Body, Light, Scene, View
from .recipe import Recipe


def winding(walked: float) -> tuple[float, float]:
    """The way over the leaves: metres along it to (x, z)."""
    (x, z) = through(
        walked,
        (
            (-1.6, -1.9, -0.5),
            (-0.9, -1.3, -0.15),
            (-0.3, -0.75, -0.25),
            (0.3, -0.2, -0.05),
            (0.8, 0.1, 0.35),
            (1.3, 0.55, 0.5),
            (1.8, 0.95, 0.2),
            (2.3, 0.75, -0.25),
            (2.9, 0.15, -0.4),
        ),
    )
    return x, z


def build(seed: int) -> Scene:
    """The scene from above, the leaves enlarged five times as the animal is."""
    ground = forest_floor(seed, metres=6.0)
    sky = ((0.6, 0.65, 0.7), (0.45, 0.55, 0.7), (0.3, 0.45, 0.7))
    backdrop = landscape(seed + 1, sky, ((0.5, 0.3, (0.02, 0.04, 0.015), (0.1, 0.16, 0.05)),))
    stones = [
        boulder(-0.95, 0.65, (0.4, 0.3, 0.35), seed + 2, 0.9),
        boulder(1.35, 0.85, (0.3, 0.25, 0.3), seed + 3, 0.9),
    ]

    def bodies(time: float) -> list[Body]:
        return [Salamander(winding, 0.35 + 0.024 * time, seed + 4).body("salamander"), *stones]

    def camera(time: float) -> View:
        hand = shake(time, seed + 5, 0.08)
        (x, z, height) = through(
            time, ((0, -0.5, 0.0, 2.1), (45, 0.15, 0.3, 1.9), (96, 0.6, 0.15, 1.8))
        )
        eye = (x + 0.05 * hand[0], height, z - 1.6 + 0.04 * hand[1])
        look = (x + 0.06 * hand[0], 0.0, z + 0.05 * hand[1])
        return View(eye, look, 1.8, roll=0.06 * hand[2], aperture=0.03, focus=2.4)

    light = Light.day((-0.45, 0.75, -0.4), gain=lambda time: 1.0 - 0.42 * pulse(time, 55, 22))
    return Scene(bodies, camera, ground, backdrop, light)


RECIPE = Recipe("deformation", 4606, 72, ((0, 1), (40, -1), (71, -1)), build)
