"""Baked textures: tiles with mip levels, and the drawing that fills them.

A texture is baked once per scene, partly from noise and partly as "dead leaves" (things of random
place, size and colour that cover one another), whose statistics are those of natural pictures.
All random numbers come from `Generator.random`, whose doubles are stable across numpy versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array, cells_around, fractal

Image = NDArray[np.float64]
Colour = Sequence[float]


@dataclass(frozen=True)
class Tile:
    """A periodic texture of `size` metres with halved copies of itself for distant views.

    `levels[k]` is (S / 2**k, S / 2**k, C).
    """

    levels: tuple[Image, ...]
    size: tuple[float, float]

    @classmethod
    def bake(cls, picture: Image, size: float | tuple[float, float]) -> Tile:
        """Builds the mip levels of a picture whose sides are divisible by 64."""
        levels = [picture]
        for _ in range(6):
            top = levels[-1]
            levels.append((top[::2, ::2] + top[1::2, ::2] + top[::2, 1::2] + top[1::2, 1::2]) / 4.0)
        return cls(tuple(levels), size if isinstance(size, tuple) else (size, size))

    def look_up(self, u: Array, v: Array, footprint: Array) -> Image:
        """Bilinear texture values (N, C) at metres `u` (across), `v` (down).

        `footprint` is the width of a sample in metres; it picks the level.
        """
        wanted = np.log2(np.maximum(footprint * self.levels[0].shape[1] / self.size[0], 1.0))
        chosen = np.minimum(np.rint(wanted), len(self.levels) - 1).astype(np.int64)
        answer = np.zeros((u.size, self.levels[0].shape[2]))
        for number in np.unique(chosen):
            mine = np.flatnonzero(chosen == number)
            answer[mine] = self._bilinear(self.levels[number], u[mine], v[mine])
        return answer

    def _bilinear(self, level: Image, u: Array, v: Array) -> Image:
        rows, columns = level.shape[:2]
        x, y = u / self.size[0] * columns - 0.5, v / self.size[1] * rows - 0.5
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        right_share, low_share = (x - left)[:, None], (y - top)[:, None]
        x0, x1, y0, y1 = left % columns, (left + 1) % columns, top % rows, (top + 1) % rows
        upper = level[y0, x0] * (1 - right_share) + level[y0, x1] * right_share
        lower = level[y1, x0] * (1 - right_share) + level[y1, x1] * right_share
        return np.asarray(upper * (1 - low_share) + lower * low_share)


def grid(rows: int, columns: int, cells: float) -> Array:
    """Pixel centres as points (2, rows * columns) of a lattice with `cells` cells across."""
    step = cells / columns
    x, y = np.meshgrid((np.arange(columns) + 0.5) * step, (np.arange(rows) + 0.5) * step)
    return np.stack([x.ravel(), y.ravel()])


def noise_map(side: int, cells: int, seed: int, octaves: int = 5, gain: float = 0.5) -> Image:
    """A periodic (side, side) fractal noise picture, about -1 to 1."""
    noise = fractal(grid(side, side, cells), seed, octaves, gain, period=cells)
    return noise.reshape(side, side)


def slopes(height: Image, strength: float) -> Image:
    """(S, S, 2): minus the slope of a periodic height map across and down, times `strength`."""
    across = np.roll(height, 1, axis=1) - np.roll(height, -1, axis=1)
    down = np.roll(height, 1, axis=0) - np.roll(height, -1, axis=0)
    return np.stack([across, down], axis=2) * strength


def ramp(value: Image, *colours: Colour) -> Image:
    """Linear colours (..., 3) for `value` in 0 to 1 along a list of colours, evenly spaced."""
    stops = np.asarray(colours, dtype=np.float64)
    place = np.clip(value, 0.0, 1.0) * (len(stops) - 1)
    low = np.minimum(place.astype(np.int64), len(stops) - 2)
    share = (place - low)[..., None]
    return np.asarray(stops[low] * (1 - share) + stops[low + 1] * share)


class Canvas:
    """A periodic picture to draw on: linear RGB and a height, (S, S, 4)."""

    def __init__(self, side: int, colour: Colour) -> None:
        self.pixels: Image = np.empty((side, side, 4))
        self.pixels[:] = (*colour, 0.0)
        self.side = side

    def leaf(self, outline: Image, colour: Colour, height: float) -> None:
        """A leaf: a darker and a lighter half, side veins and a pale midrib."""
        shades, half = np.asarray(colour), len(outline) // 2
        spine = (outline[:half] + outline[half:][::-1]) / 2
        self.polygon(outline, shades * 0.82, height)
        self.polygon(np.concatenate([outline[:half], spine[::-1]]), shades * 1.12, height + 0.12)
        for k in range(2, half - 2):
            for edge in (outline[k + 1], outline[::-1][k + 1]):
                tip = spine[k] + 0.85 * (edge - spine[k])
                self.line(spine[k], tip, shades * 0.62, height + 0.02)
        self.line(spine[0], spine[-1], shades * 1.6, height + 0.2)

    def line(self, start: Image, end: Image, colour: Image, height: float) -> None:
        """A line one pixel wide; what leaves the picture is lost."""
        first, second = (tuple(int(v) for v in np.rint(point * 16.0)) for point in (start, end))
        value = (*(float(c) for c in colour), height)
        cv2.line(self.pixels, first, second, value, 1, cv2.LINE_8, 4)

    def polygon(self, outline: Image, colour: Colour | Image, height: float) -> None:
        """Fills an (N, 2) outline in pixels; what leaves one side enters at the other."""
        low, high = outline.min(axis=0), outline.max(axis=0)
        for dx in (-self.side, 0, self.side):
            for dy in (-self.side, 0, self.side):
                inside = high[0] + dx > 0 and low[0] + dx < self.side
                if inside and high[1] + dy > 0 and low[1] + dy < self.side:
                    moved = np.rint((outline + np.array((dx, dy))) * 16.0).astype(np.int32)
                    cv2.fillPoly(self.pixels, [moved], (*colour, height), cv2.LINE_8, 4)


def blade(x: float, y: float, size: float, angle: float, bend: float) -> Image:
    """Outline of a blade of grass: two arcs that meet in a point."""
    place = np.linspace(0.0, 1.0, 4)
    spine = np.stack([place, bend * place**2], axis=1)
    width = 0.05 * (1.0 - place**2)[:, None] * np.array([[-bend, 1.0]])
    outline = np.concatenate([spine + width, (spine - width)[::-1]])
    turned = outline @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(turned * size + (x, y))


def leaf(x: float, y: float, size: float, angle: float, slender: float) -> Image:
    """Outline of a pointed leaf with a wavy edge."""
    place = np.linspace(0.0, 1.0, 12)
    half = slender * np.sin(np.pi * place**0.8) * (1.0 + 0.12 * np.sin(place * 23.0))
    outline = np.concatenate(
        [np.stack([place - 0.5, half], axis=1), np.stack([place - 0.5, -half], axis=1)[::-1]]
    )
    turned = outline @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(turned * size + (x, y))


Outline = Callable[[float, float, float, float, float], Image]


def dead_leaves(
    canvas: Canvas,
    count: int,
    outline: Outline,
    sizes: tuple[float, float],
    shapes: tuple[float, float],
    colours: Sequence[Colour],
    seed: int,
    shadow: float = 0.0,
) -> None:
    """Drops `count` things on a canvas, the later ones higher and lighter.

    `sizes` in pixels; `shapes` is the range of the outline's last parameter; `shadow` > 0 first
    draws a dark copy so many pixels down and to the right.
    """
    draws = np.random.default_rng(seed).random((count, 8))
    for number, (x, y, size, angle, shape, hue, value, _) in enumerate(draws):
        rise = number / count
        extent = sizes[0] + (sizes[1] - sizes[0]) * size**2
        form = shapes[0] + (shapes[1] - shapes[0]) * shape
        points = outline(x * canvas.side, y * canvas.side, extent, angle * 2 * np.pi, form)
        base = ramp(np.array(hue), *colours) * (0.45 + 0.55 * rise) * (0.7 + 0.6 * value)
        if shadow:
            canvas.polygon(points + shadow, base * 0.18, rise - 0.3)
        if outline is leaf:
            canvas.leaf(points, base, rise)
        else:
            canvas.polygon(points, base, rise)


def pebbles(side: int, cells: int, seed: int, colours: Sequence[Colour]) -> Image:
    """A bed of rounded stones, (side, side, 4): linear RGB and height."""
    points = grid(side, side, cells)
    wobble = np.stack([fractal(points * 2, seed + k, 3, period=2 * cells) for k in (7, 8)])
    nearest, second, number = cells_around(points + 0.14 * wobble, seed, period=cells)
    dome = np.clip((second - nearest) * 1.6, 0.0, 1.0) ** 0.5
    speckle = fractal(points * 8, seed + 20, 3, period=8 * cells)
    veins = np.abs(fractal(points + 3 * number, seed + 30, 3, period=cells))
    tone = 0.75 + 0.35 * speckle - 0.5 * np.exp(-veins * 18.0) * (number * 7.0 % 1.0 > 0.6)
    colour = ramp(number, *colours) * (np.clip(tone, 0.2, 1.5) * (0.2 + 0.8 * dome))[:, None]
    height = dome + 0.06 * speckle
    return np.concatenate([colour, height[:, None]], axis=1).reshape(side, side, 4)


def cobbles(side: int, cells: int, seed: int, colours: Sequence[Colour]) -> Image:
    """Large stones that lie scattered over a bed of small ones, (side, side, 4)."""
    gravel = pebbles(side, 3 * cells, seed + 50, colours)
    points = grid(side, side, cells)
    wobble = np.stack([fractal(points * 2, seed + k, 4, period=2 * cells) for k in (7, 8)])
    nearest, _, number = cells_around(points + 0.12 * wobble, seed, period=cells)
    radius = 0.24 + 0.3 * number
    dome = np.sqrt(np.clip(1.0 - (nearest / radius) ** 2, 0.0, 1.0)).reshape(side, side)
    stain = fractal(points * 5, seed + 20, 5, 0.6, period=5 * cells).reshape(side, side)
    tone = (0.85 + 0.45 * stain) * (0.35 + 0.65 * dome)
    stone = ramp((number * 5.0 % 1.0).reshape(side, side), *colours) * tone[..., None]
    solid = np.clip(dome * 6.0, 0.0, 1.0)[..., None]
    # A stone darkens the gravel at its foot.
    foot = np.clip((nearest / radius - 0.8) / 0.5, 0.25, 1.0).reshape(side, side, 1)
    answer = gravel * np.concatenate([np.repeat(foot, 3, axis=2), 0.4 * np.ones_like(foot)], axis=2)
    answer[..., :3] += (stone - answer[..., :3]) * solid
    answer[..., 3] += 2.5 * dome + 0.1 * stain * solid[..., 0]
    return np.asarray(answer)
