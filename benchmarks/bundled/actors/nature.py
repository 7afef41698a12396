"""Scenery: boulders, tree trunks, reeds."""

from __future__ import annotations

import numpy as np

from ..noise import Array, cells_around, fractal, gradient_noise
from ..scene import Body, Finish
from ..shapes import capsule, ellipsoid, length, tabulated, turn, union
from ..textures import ramp


def boulder(
    x: float, z: float, radii: tuple[float, float, float], seed: int, moss: float = 0.5
) -> Body:
    """A weathered stone, half sunk, with lichen and moss on top."""
    size = max(radii)
    shape = tuple(radius / size for radius in radii)

    def distance(points: Array) -> Array:
        return (ellipsoid(points, (0, 0, 0), shape) - 0.16 * fractal(points * 1.7, seed, 2)) * 0.7

    def finish(points: Array) -> Finish:
        coarse = fractal(points * 4.0, seed + 3, 4, 0.6)
        fine = fractal(points * 24.0, seed + 4, 2)
        stone = ramp(
            0.5 + 0.6 * coarse + 0.3 * fine,
            (0.07, 0.065, 0.06),
            (0.22, 0.2, 0.18),
            (0.4, 0.38, 0.34),
        )
        green = np.clip((points[1] - 0.75 + 0.4 * moss + 0.8 * coarse) / 0.12, 0, 1)[:, None]
        lichen = np.clip((fractal(points * 9.0, seed + 8, 2) - 0.4) / 0.06, 0, 1)[:, None]
        stone = stone + (np.array((0.42, 0.42, 0.34)) - stone) * lichen
        mossy = np.array((0.08, 0.11, 0.025)) * (0.8 + 0.9 * fine[:, None])
        return Finish.of((stone * (1 - green) + np.maximum(mossy, 0.01) * green).T)

    def relief(points: Array) -> Array:
        return 0.055 * fractal(points * 6.0, seed + 3, 3, 0.6)

    return Body(
        distance=distance,
        finish=finish,
        radius=1.2,
        position=np.array([x, 0.25 * radii[1], z]),
        rotation=turn(seed),
        scale=size,
        relief=relief,
        quick=tabulated(distance, 1.2),
    )


def birch(x: float, z: float, radius: float, seed: int, height: float = 3.0) -> Body:
    """The trunk of a birch."""

    def distance(points: Array) -> Array:
        bend = 0.06 * np.sin(points[1] * 1.3 + seed)
        flare = 0.35 * radius * np.exp(-(points[1] + height / 2) * 5.0)
        moved = np.stack([points[0] - bend, points[1], points[2]])
        trunk = capsule(moved, (0, -height, 0), (0, height, 0), radius, 0.8 * radius)
        return np.asarray((trunk - flare) * 0.9)

    def finish(points: Array) -> Finish:
        angle = np.arctan2(points[2], points[0])
        around = np.stack([np.cos(angle) * 1.2, points[1] * 9.0, np.sin(angle) * 1.2])
        bands = fractal(around, seed, 4, 0.6)
        scars = np.clip((bands - 0.22) / 0.08, 0, 1)
        tone = 0.75 + 0.35 * fractal(points * 11.0, seed + 5, 4)
        foot = np.clip((0.35 - points[1] - height / 2 + 0.3 * bands) / 0.25, 0, 1)
        dark = np.clip(scars + foot, 0, 1)[:, None]
        colour = np.array((0.52, 0.49, 0.44)) * tone[:, None]
        return Finish.of((colour * (1 - dark) + np.array((0.05, 0.04, 0.035)) * dark).T)

    def relief(points: Array) -> Array:
        return 0.02 * fractal(points * np.array([[9.0], [18.0], [9.0]]), seed, 4)

    return Body(distance, finish, height * 0.75, np.array([x, height / 2, z]), relief=relief)


def bush(x: float, z: float, size: float, seed: int, foot: float = 0.0) -> Body:
    """A leafy bush `size` metres high, or a tree's crown `foot` metres above the ground."""

    def distance(points: Array) -> Array:
        boughs = 0.34 * fractal(points * 2.3, seed, 2) + 0.08 * gradient_noise(points * 11.0, seed)
        return (length(points) - 0.8 - boughs) * 0.65

    def finish(points: Array) -> Finish:
        nearest, _, number = cells_around(points * 16.0, seed + 4)
        depth = np.clip(1.1 * length(points) - 0.25, 0.15, 1.0)
        tone = 0.3 * number + 0.7 * np.clip(1.1 - 1.3 * nearest, 0, 1)
        greens = ramp(tone, (0.012, 0.022, 0.008), (0.06, 0.1, 0.02), (0.18, 0.24, 0.06))
        return Finish.of((greens * depth[:, None]).T, 0.05)

    def relief(points: Array) -> Array:
        return 0.06 * fractal(points * 13.0, seed + 4, 2)

    place = np.array([x, foot + 0.45 * size, z])
    return Body(
        distance=distance,
        finish=finish,
        radius=1.2,
        position=place,
        rotation=turn(seed),
        scale=0.6 * size,
        relief=relief,
        quick=tabulated(distance, 1.2),
    )


def reeds(x: float, z: float, count: int, seed: int, time: float) -> Body:
    """A clump of reeds that sways."""
    draws = np.random.default_rng(seed).random((count, 5))
    sway = 0.05 * np.sin(0.13 * time + seed)

    def distance(points: Array) -> Array:
        stalks = []
        for dx, dz, tall, lean, thick in draws:
            foot = ((dx - 0.5) * 0.5, -0.45, (dz - 0.5) * 0.3)
            tip = (foot[0] + (lean - 0.5) * 0.5 + sway, 0.1 + 0.5 * tall, foot[2])
            stalks.append(capsule(points, foot, tip, 0.013 + 0.008 * thick, 0.003))
        return union(*stalks)

    def finish(points: Array) -> Finish:
        tone = 0.5 + 0.5 * points[1] + 0.4 * fractal(points * 7.0, seed, 2)
        return Finish.of(ramp(tone, (0.04, 0.06, 0.015), (0.14, 0.2, 0.05), (0.3, 0.28, 0.1)).T)

    return Body(distance, finish, 0.75, np.array([x, 0.4, z]))
