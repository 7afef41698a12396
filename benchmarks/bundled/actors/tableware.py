"""Things on a table: a painted jug, fruit, books."""

from __future__ import annotations

import numpy as np

from ..motion import through
from ..noise import Array, cells_around, fractal
from ..scene import Body, Finish
from ..shapes import blend, box, capsule, ellipsoid, length, torus, turn
from ..textures import ramp

GLAZE, BLUE, OCHRE = (0.68, 0.65, 0.58), (0.02, 0.045, 0.26), (0.4, 0.2, 0.04)
PROFILE = (
    (0.0, 0.085),
    (0.03, 0.1),
    (0.12, 0.135),
    (0.2, 0.125),
    (0.28, 0.08),
    (0.36, 0.066),
    (0.42, 0.08),
)
HEIGHTS = np.linspace(0.0, 0.42, 43)
RADII = np.array([through(float(height), PROFILE)[0] for height in HEIGHTS])


def jug_distance(points: Array) -> Array:
    """A jug 0.42 m high whose spout points along x and whose handle lies behind."""
    x, y, z = points
    spout = 0.05 * np.clip((y - 0.33) / 0.09, 0, 1) ** 2 * np.clip(x / 0.08, 0, 1) ** 3
    radius = np.interp(y, HEIGHTS, RADII) + spout
    around = np.hypot(x, z)
    wall = np.maximum(around - radius, np.abs(y - 0.21) - 0.21)
    hollow = np.maximum(around - radius + 0.012, 0.05 - y)
    body = np.maximum(wall, -hollow) - 0.006
    handle = torus(points * np.array([[1.0], [0.72], [1.0]]), (-0.115, 0.2, 0.0), 0.085, 0.016)
    return blend(body, np.maximum(handle, x + 0.06), 0.03) * 0.75


def jug_finish(points: Array, seed: int) -> Finish:
    """White glaze with blue bands, petals and a scatter of ochre dots."""
    x, y, z = points
    angle = np.arctan2(z, x)
    wobble = 0.004 * fractal(points * 30.0, seed, 2)
    brush = 0.75 + 0.5 * fractal(points * 45.0, seed + 1, 3)
    blue = np.zeros(x.shape)
    for centre, half in ((0.02, 0.008), (0.255, 0.007), (0.275, 0.004), (0.395, 0.01)):
        blue = np.maximum(blue, np.clip((half - np.abs(y + wobble - centre)) / 0.002, 0, 1))
    turns = angle * 7 / (2 * np.pi)
    petal = np.abs((turns - np.floor(turns)) - 0.5) * 2.0
    height = (y - 0.135) / 0.085
    flower = 1.0 - height**2 - (petal * 1.25) ** 2
    blue = np.maximum(blue, np.clip((0.1 - np.abs(flower - 0.35)) / 0.06, 0, 1))
    blue = np.maximum(blue, np.clip((0.13 - np.hypot(height, petal * 1.6)) / 0.05, 0, 1))
    nearest, _, number = cells_around(np.stack([angle * 5.0, (y - 0.3) * 30.0]), seed + 2)
    dots = (nearest < 0.25) & (np.abs(y - 0.335) < 0.04) & (number > 0.3)
    vine = (
        np.clip((0.1 - np.abs(np.sin(angle * 9.0 + 40.0 * y) * 0.4 + (y - 0.335) * 16)), 0, 1) * 9
    )
    colour = np.where(dots[:, None], OCHRE, GLAZE)
    share = (
        np.clip(np.maximum(blue, np.clip(vine, 0, 1) * (np.abs(y - 0.335) < 0.05)), 0, 1) * brush
    )
    colour = (
        colour * (1 - np.clip(share, 0, 1)[:, None])
        + np.array(BLUE) * np.clip(share, 0, 1)[:, None]
    )
    stain = 0.93 + 0.14 * fractal(points * 9.0, seed + 4, 4)
    inside = (np.hypot(x, z) < np.interp(y, HEIGHTS, RADII) - 0.004) & (y > 0.04)
    colour = np.where(inside[:, None], (0.3, 0.22, 0.14), colour)
    return Finish.of((colour * stain[:, None]).T, np.where(inside, 0.2, 0.85))


def jug(x: float, z: float, yaw: float, seed: int, target: str | None = None) -> Body:
    """The jug, standing at (x, z)."""
    lift = np.array([[0.0], [0.21], [0.0]])
    return Body(
        distance=lambda p: jug_distance(p + lift),
        finish=lambda p: jug_finish(p + lift, seed),
        radius=0.29,
        position=np.array([x, 0.21, z]),
        rotation=turn(yaw),
        target=target,
    )


def fruit(
    x: float, z: float, radius: float, seed: int, colours: tuple[tuple[float, ...], ...]
) -> Body:
    """An orange, lemon or apple by its colours, from shade to light."""

    def finish(points: Array) -> Finish:
        tone = 0.5 + 0.35 * fractal(points * 2.0, seed, 4, 0.4) + 0.3 * points[1]
        return Finish.of(ramp(tone, *colours).T, 0.45)

    def relief(points: Array) -> Array:
        return np.asarray(0.006 * fractal(points * 14.0, seed + 1, 2))

    def distance(points: Array) -> Array:
        dent = 0.18 * np.exp(-((length(points[[0, 2]]) / 0.25) ** 2)) * (points[1] > 0)
        return np.asarray((ellipsoid(points, (0, 0, 0), (1.0, 0.92, 1.0)) + dent) * 0.8)

    return Body(
        distance,
        finish,
        1.05,
        np.array([x, 0.92 * radius, z]),
        turn(seed * 1.0, 0.3),
        radius,
        relief,
    )


def book(
    x: float, y: float, z: float, yaw: float, cover: tuple[float, float, float], seed: int
) -> Body:
    """A closed book lying flat, its pages at the front."""
    half = np.array([0.13, 0.022, 0.19])

    def distance(points: Array) -> Array:
        boards = box(points, (0, 0, 0), half, 0.006)
        pages = box(points, (0.012, 0, 0), half * (1.0, 0.8, 1.1), 0.002)
        core = box(points, (0, 0, 0), half * 0.95 - np.array((0.0, 0.003, 0.0)))
        return np.asarray(np.maximum(boards, -np.maximum(pages, -core)))

    def finish(points: Array) -> Finish:
        inside = np.abs(points[1]) < half[1] * 0.78
        lines = 0.8 + 0.25 * fractal(points * np.array([[6.0], [600.0], [6.0]]), seed, 2)
        worn = 1.0 + 0.5 * fractal(points * 22.0, seed + 1, 4)
        frame = np.abs(np.abs(points[2]) - 0.155) < 0.006
        outer = np.where(frame, 1.9, worn)[:, None] * np.array(cover)
        colour = np.where(
            (inside & (points[0] > -0.11))[:, None],
            np.array((0.6, 0.52, 0.4)) * lines[:, None],
            outer,
        )
        return Finish.of(colour.T, np.where(inside, 0.0, 0.3))

    return Body(distance, finish, 0.24, np.array([x, y, z]), turn(yaw))


def spoon(x: float, z: float, yaw: float) -> Body:
    """A steel spoon."""

    def distance(points: Array) -> Array:
        bowl = ellipsoid(points, (0.09, 0, 0), (0.035, 0.008, 0.022))
        return blend(bowl, capsule(points, (0.06, 0, 0), (-0.1, 0.004, 0), 0.004, 0.006), 0.01)

    def finish(points: Array) -> Finish:
        return Finish.of(np.full(points.shape, 0.3), 1.0)

    return Body(distance, finish, 0.14, np.array([x, 0.009, z]), turn(yaw))
