"""A spotted dog that walks: seventeen rods blended into one body."""

from __future__ import annotations

import numpy as np

from ..noise import Array, fractal
from ..scene import Body, Finish
from ..shapes import blend_all, capsule, ellipsoid, turn
from ..textures import ramp

WHITE, TAN, BLACK = (0.62, 0.57, 0.5), (0.3, 0.13, 0.045), (0.025, 0.02, 0.018)
Coat = tuple[tuple[float, float, float], ...]
TRICOLOUR: Coat = (WHITE, TAN, BLACK)  # below, and the two of the patches above
STRIDE = 0.62  # metres walked in one cycle of the legs


def leg(points: Array, hip: tuple[float, float, float], phase: float, fore: bool) -> Array:
    """A thigh, a shin and a paw; `phase` in turns."""
    swing = 0.42 * np.sin(2 * np.pi * phase)
    lift = 0.9 * max(0.0, float(np.cos(2 * np.pi * phase)))
    knee_angle = swing + (0.15 if fore else 0.35)
    shin_angle = swing - (lift if fore else 0.25 + lift)
    x, y, z = hip
    knee = (x + 0.21 * np.sin(knee_angle), y - 0.21 * np.cos(knee_angle), z)
    paw = (
        knee[0] + 0.2 * np.sin(shin_angle),
        max(knee[1] - 0.2 * np.cos(shin_angle), 0.035),
        z,
    )
    toe = (paw[0] + 0.05, paw[1] - 0.01, z)
    thigh = capsule(points, hip, knee, 0.075 if fore else 0.09, 0.042)
    shin = capsule(points, knee, paw, 0.042, 0.03)
    return blend_all([thigh, shin, capsule(points, paw, toe, 0.034, 0.028)], 0.03)


def dog_distance(points: Array, cycle: float) -> Array:
    """The dog's shape at `cycle` turns of its legs; x forward, y up, about 1.1 m long."""
    bob = 0.012 * np.sin(4 * np.pi * cycle)
    nod = 0.03 * np.sin(2 * np.pi * cycle)
    wag = 0.12 * np.sin(6 * np.pi * cycle)
    body = points - np.array([[0.0], [bob], [0.0]])
    trunk = [
        capsule(body, (-0.3, 0.5, 0), (0.0, 0.49, 0), 0.125, 0.13),
        capsule(body, (0.0, 0.49, 0), (0.27, 0.5, 0), 0.13, 0.16),
        capsule(body, (0.3, 0.56, 0), (0.45, 0.72 + nod, 0), 0.11, 0.085),
        ellipsoid(body, (0.49, 0.77 + nod, 0), (0.12, 0.1, 0.095)),
        capsule(body, (0.53, 0.75 + nod, 0), (0.68, 0.7 + nod, 0), 0.065, 0.042),
        capsule(body, (-0.4, 0.56, 0), (-0.53, 0.68, 0.5 * wag), 0.045, 0.034),
        capsule(body, (-0.53, 0.68, 0.5 * wag), (-0.6, 0.84, wag), 0.034, 0.018),
    ]
    ears = [
        ellipsoid(body, (0.45, 0.76 + nod, side * 0.105), (0.05, 0.1, 0.022)) for side in (-1, 1)
    ]
    legs = [
        leg(points, (0.25, 0.44, -0.09), cycle, True),
        leg(points, (0.25, 0.44, 0.09), cycle + 0.5, True),
        leg(points, (-0.32, 0.46, -0.09), cycle + 0.75, False),
        leg(points, (-0.32, 0.46, 0.09), cycle + 0.25, False),
    ]
    return blend_all([blend_all(trunk, 0.07), *legs, *ears], 0.045)


def dog_finish(points: Array, seed: int, coat: Coat) -> Finish:
    """White legs, belly and muzzle; tan and black patches above; a black nose and eyes.

    Another `coat` than TRICOLOUR has other colours in these places.
    """
    x, y, z = points
    below, light, deep = coat
    edge = 0.1 * fractal(points * 5.0, seed, 3) + 0.05 * fractal(points * 26.0, seed + 5, 2)
    saddle = np.clip((y + edge - 0.47 - 0.06 * (x > 0.38)) / 0.02, 0, 1)
    dark = np.clip(
        (fractal(points * 3.1, seed + 9, 2) + 0.08 * (0.1 - np.abs(x)) + edge) / 0.03, 0, 1
    )
    blaze = np.clip((np.abs(z) - 0.03 + edge * 0.3) / 0.012, 0, 1)
    muzzle = np.clip((x - 0.6 + edge * 0.5) / 0.02, 0, 1)
    colour = ramp(dark, light, deep)
    head = np.clip((x - 0.4) / 0.03, 0, 1)[:, None]
    colour = colour * (1 - head) + np.array(light) * head
    share = saddle * np.where(x > 0.4, blaze, 1.0) * (1 - muzzle)
    colour = np.array(below) * (1 - share[:, None]) + colour * share[:, None]
    nose = (x > 0.695) & (y > 0.69)
    eyes = (np.hypot(x - 0.575, y - 0.805) < 0.02) & (np.abs(z) > 0.04)
    colour = np.where((nose | eyes)[:, None], 0.012, colour)
    strands = 1.0 + 0.3 * fractal(points * np.array([[30.0], [90.0], [90.0]]), seed + 3, 2)
    return Finish.of((colour * strands[:, None]).T, np.where(nose | eyes, 0.6, 0.06))


def dog_relief(points: Array, seed: int) -> Array:
    """Short fur."""
    return 0.003 * fractal(points * np.array([[30.0], [80.0], [80.0]]), seed + 3, 2)


def dog(
    x: float,
    z: float,
    heading: float,
    walked: float,
    seed: int,
    target: str | None = None,
    coat: Coat = TRICOLOUR,
) -> Body:
    """A dog at (x, z) that looks along `heading` (radians, 0 = right) after `walked` metres."""
    cycle = walked / STRIDE
    centre = np.array([0.0, 0.45, 0.0])
    return Body(
        distance=lambda p: dog_distance(p + centre[:, None], cycle),
        finish=lambda p: dog_finish(p + centre[:, None], seed, coat),
        relief=lambda p: dog_relief(p + centre[:, None], seed),
        radius=0.86,
        position=np.array([x, 0.45, z]),
        rotation=turn(heading),
        target=target,
    )
