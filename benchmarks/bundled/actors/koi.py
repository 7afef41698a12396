"""A koi: a body unbent along its swimming wave, with fins, white with red and black patches."""

from __future__ import annotations

import numpy as np

from ..noise import Array, cells_around, fractal
from ..scene import Body, Finish
from ..shapes import ellipsoid, length, turn, union
from ..textures import ramp

WHITE, RED, BLACK = (0.72, 0.66, 0.56), (0.62, 0.09, 0.015), (0.03, 0.028, 0.03)


def unbend(points: Array, phase: float, curve: float) -> Array:
    """Points with the body's sideways wave taken out; `curve` bends the whole fish."""
    x, y, z = points
    behind = np.maximum(0.22 - x, 0.0)
    wave = (0.02 + 0.2 * behind**1.5) * np.sin(8.0 * x + 2 * np.pi * phase)
    return np.stack([x, y, z - wave - curve * behind**2])


def koi_distance(points: Array, phase: float, curve: float) -> Array:
    """The koi's shape, nose at x = 0.42, tail at -0.52, y up."""
    straight = unbend(points, phase, curve)
    x, y, z = straight
    place = np.clip((x + 0.36) / 0.78, 0.0, 1.0)
    girth = 0.018 + 0.112 * np.sin(np.pi * place**0.72) ** 0.75 * (1.0 - 0.12 * place)
    ends = np.maximum(np.abs(x - 0.03) - 0.385, 0.0)
    across = np.sqrt((y / 1.12) ** 2 + z**2)
    body = np.sqrt(np.maximum(across - girth, 0.0) ** 2 + ends**2) + np.minimum(across - girth, 0)
    flutter = 0.25 * np.sin(2 * np.pi * phase)
    fins = [ellipsoid(straight, (-0.42, 0.0, 0.0), (0.13, 0.1, 0.014))]
    fins.append(ellipsoid(straight, (0.0, 0.13, 0.0), (0.14, 0.055, 0.011)))
    for side in (-1.0, 1.0):
        spread = turn(side * (0.9 + flutter), 0.35 * side)
        root = np.array([[0.2], [-0.05], [side * 0.1]])
        fins.append(ellipsoid(spread.T @ (straight - root), (-0.08, 0, 0), (0.1, 0.012, 0.05)))
    return union(body, *fins) * 0.75


def koi_finish(points: Array, phase: float, curve: float, seed: int) -> Finish:
    """Patches that cross the back, fine scales, rayed pale fins, dark eyes."""
    straight = unbend(points, phase, curve)
    x, y, z = straight
    flat = straight * np.array([[1.0], [0.6], [1.0]])
    edge = 0.06 * fractal(flat * 24.0, seed + 1, 3)
    red = np.clip((fractal(flat * 4.6, seed, 2) + edge + 0.9 * y - 0.02) / 0.05, 0.0, 1.0)
    black = np.clip((fractal(flat * 6.5, seed + 5, 2) + edge - 0.27) / 0.05, 0.0, 1.0)
    colour = ramp(red, WHITE, RED)
    colour = colour + (np.array(BLACK) - colour) * black[:, None]
    nearest, second, _ = cells_around(np.stack([x * 34.0, np.arctan2(z, y) * 5.0]), seed + 9)
    scales = np.where(x < 0.24, np.clip((second - nearest) * 2.5, 0.0, 1.0), 1.0)
    colour = colour * (0.72 + 0.28 * scales)[:, None]
    outer = np.hypot(y / 1.12, z)
    fin = ((x < -0.37) | (outer > 0.142) | (np.abs(z) > 0.128))[:, None]
    rays = 0.8 + 0.3 * np.sin(np.arctan2(y, x + 0.2) * 60.0)
    colour = np.where(fin, np.array(WHITE) * rays[:, None] * 0.8, colour)
    eyes = length(np.stack([x - 0.325, y - 0.035, np.abs(z) - 0.075])) < 0.028
    colour = np.where(eyes[:, None], 0.01, colour)
    return Finish.of(colour.T, np.where(fin[:, 0], 0.1, 0.35))


def koi(
    position: tuple[float, float, float],
    heading: float,
    phase: float,
    curve: float,
    seed: int,
    scale: float = 1.0,
    target: str | None = None,
) -> Body:
    """A koi whose tail has beaten `phase` times; `curve` > 0 bends its tail to its right."""
    return Body(
        distance=lambda p: koi_distance(p, phase, curve),
        finish=lambda p: koi_finish(p, phase, curve, seed),
        radius=0.6,
        position=np.array(position),
        rotation=turn(heading),
        scale=scale,
        target=target,
    )
