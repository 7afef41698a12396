"""A small hatchback with racing stripes."""

from __future__ import annotations

import numpy as np

from ..noise import Array, fractal
from ..scene import Body, Finish
from ..shapes import blend, box, carve, cylinder, ellipsoid, turn, union

PAINT, STRIPE, GLASS = (0.42, 0.025, 0.02), (0.72, 0.7, 0.66), (0.015, 0.018, 0.02)
TYRE, RIM, LAMP = (0.018, 0.018, 0.018), (0.35, 0.35, 0.36), (0.85, 0.83, 0.75)
WHEELS = [(x, 0.33, z) for x in (1.22, -1.2) for z in (-0.76, 0.76)]


def shell(points: Array) -> Array:
    """The car without its wheels; x forward, y up, 3.8 m long."""
    x, y, z = points
    lower = box(points, (0.0, 0.62, 0.0), (1.88, 0.36, 0.83), 0.24)
    nose = ellipsoid(points, (1.25, 0.72, 0.0), (0.72, 0.3, 0.76))
    # The cabin narrows towards the roof and its windscreen leans back.
    taper = 1.0 - 0.3 * np.clip((y - 0.85) / 0.6, 0.0, 1.0)
    lean = x + 0.75 * np.clip(y - 0.85, 0.0, 0.6) * np.clip(x + 0.4, -0.35, 1.0)
    cabin = box(np.stack([lean, y, z / taper]), (-0.42, 1.05, 0.0), (1.2, 0.4, 0.76), 0.2) * 0.7
    body = blend(blend(lower, nose, 0.2), cabin, 0.12)
    for wheel in WHEELS:
        body = carve(body, cylinder(points, wheel, 0.4, 0.2, axis=2), 0.05)
    return body


def car_distance(points: Array, spin: float) -> Array:
    """Shell, wheels, mirrors."""
    parts = [shell(points)]
    parts += [cylinder(points, wheel, 0.32, 0.11, axis=2) - 0.015 for wheel in WHEELS]
    parts += [ellipsoid(points, (0.52, 0.98, side * 0.88), (0.07, 0.07, 0.1)) for side in (-1, 1)]
    return union(*parts)


def painted(points: Array, seed: int) -> tuple[Array, Array]:
    """Colour (N, 3) and gloss (N,) of the shell."""
    x, y, z = points
    dirt = np.clip(0.9 - 1.4 * y + 0.35 * fractal(points * 4.0, seed, 4), 0.0, 1.0)[:, None]
    stripe = (np.abs(np.abs(z) - 0.2) < 0.1) & ((y > 0.86) | (x > 1.6))
    colour = np.where(stripe[:, None], STRIPE, PAINT)
    door = np.hypot(x + 0.05, y - 0.62) < 0.25
    number = (np.abs(x + 0.05) < 0.045) & (np.abs(y - 0.62) < 0.16)
    side = np.abs(z) > 0.7
    colour = np.where((door & side)[:, None], STRIPE, colour)
    colour = np.where((number & side)[:, None], 0.015, colour)
    sill = (y < 0.42)[:, None]
    colour = np.where(sill, 0.03, colour)
    colour = colour * (1 - 0.6 * dirt) + np.array((0.16, 0.13, 0.1)) * 0.6 * dirt
    shut = (np.abs(np.abs(x + 0.12) - 0.6) < 0.012) & side & (y < 0.95)
    colour = np.where(shut[:, None], 0.03, colour)
    return colour, 0.75 * (1.0 - 0.8 * dirt[:, 0])


def car_finish(points: Array, spin: float, seed: int) -> Finish:
    """Paint, glass, lamps, grille, plate, tyres and rims."""
    x, y, z = points
    colour, gloss = painted(points, seed)
    pillar = np.abs(x + 0.25 + 0.5 * (y - 1.0)) < 0.05
    pane = (
        (y > 0.95)
        & (y < 1.3)
        & (x < 0.72)
        & ((np.abs(z) < 0.52) | (~pillar & (np.abs(x + 0.45) < 0.85)))
    )
    colour = np.where(pane[:, None], GLASS, colour)
    gloss = np.where(pane, 1.0, gloss)
    front = x > 1.55
    lamp = front & (np.hypot(np.abs(z) - 0.58, (y - 0.7) * 1.1) < 0.14)
    rear = (x < -1.6) & (np.abs(np.abs(z) - 0.66) < 0.12) & (np.abs(y - 0.78) < 0.12)
    grille = front & (np.abs(z) < 0.38) & (np.abs(y - 0.6) < 0.1)
    plate = (np.abs(x) > 1.6) & (np.abs(z) < 0.25) & (np.abs(y - 0.44) < 0.055)
    slats = np.where(np.sin(y * 160.0) > 0, 0.02, 0.12)[:, None]
    for region, shade in ((grille, slats), (lamp, LAMP), (rear, (0.3, 0.01, 0.01)), (plate, 0.7)):
        colour = np.where(region[:, None], shade, colour)
    for wheel in WHEELS:
        radius = np.hypot(x - wheel[0], y - wheel[1])
        mine = (radius < 0.345) & (np.abs(z - wheel[2]) < 0.15)
        angle = np.arctan2(y - wheel[1], x - wheel[0]) + spin
        spokes = np.where(np.sin(5 * angle) > -0.3, 1.0, 0.12)
        rim = np.where(radius < 0.2, spokes, 0.0)[:, None]
        wheel_colour = np.array(TYRE) * (1 - rim) + np.array(RIM) * rim
        colour = np.where(mine[:, None], wheel_colour, colour)
        gloss = np.where(mine, 0.3 * rim[:, 0] + 0.05, gloss)
    return Finish.of(colour.T, gloss)


def car(
    x: float, z: float, heading: float, driven: float, seed: int, target: str | None = None
) -> Body:
    """A car at (x, z) that faces `heading` (radians, 0 = right) after `driven` metres."""
    spin = driven / 0.335
    lift = np.array([[0.0], [0.68], [0.0]])
    return Body(
        distance=lambda p: car_distance(p + lift, spin),
        finish=lambda p: car_finish(p + lift, spin, seed),
        radius=2.2,
        position=np.array([x, 0.68, z]),
        rotation=turn(heading),
        target=target,
    )
