"""Grounds and backdrops: what the bodies stand on and what lies behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .noise import Array, cells_around, fractal
from .scene import Backdrop, Finish
from .shapes import unit
from .textures import (
    Canvas,
    Colour,
    Image,
    Tile,
    blade,
    cobbles,
    dead_leaves,
    grid,
    leaf,
    noise_map,
    pebbles,
    ramp,
    slopes,
)


@dataclass(frozen=True)
class Floor:
    """Solid ground with a baked tile of 5 channels: linear RGB and two slopes."""

    tile: Tile
    gloss: float = 0.0
    tint: Callable[[Array], Array] | None = None

    def look(self, points: Array, footprint: Array, time: float) -> tuple[Finish, Array]:
        """See `scene.Ground`. `tint` multiplies colours (3, N) at the points: markings, patches."""
        values = self.tile.look_up(points[0], points[2], footprint).T
        normals = unit(np.stack([values[3], np.ones(points.shape[1]), values[4]]))
        albedo = values[:3] if self.tint is None else values[:3] * self.tint(points)
        return Finish.of(albedo, self.gloss), normals


@dataclass(frozen=True)
class Lake:
    """Open water: dark, polished, two layers of drifting ripples and rings around swimmers."""

    tile: Tile
    colour: Array
    rings: Callable[[Array, float], Array] | None = None

    def look(self, points: Array, footprint: Array, time: float) -> tuple[Finish, Array]:
        """See `scene.Ground`. `rings` adds slopes (2, N) at the points at a time."""
        first = self.tile.look_up(points[0] + 0.011 * time, points[2] + 0.004 * time, footprint)
        second = self.tile.look_up(
            points[2] * 1.7 - 0.006 * time, points[0] * 1.7 + 0.013 * time, footprint * 1.7
        )
        slope = (first + second[:, ::-1]).T
        if self.rings is not None:
            slope = slope + self.rings(points, time)
        normals = unit(np.stack([slope[0], np.ones(points.shape[1]), slope[1]]))
        return Finish.of(np.broadcast_to(self.colour, points.shape), 1.0), normals


@dataclass(frozen=True)
class Verge:
    """Two grounds, `share` (N,) of the second at world points."""

    first: Floor
    second: Floor
    share: Callable[[Array], Array]

    def look(self, points: Array, footprint: Array, time: float) -> tuple[Finish, Array]:
        """See `scene.Ground`."""
        one, one_normal = self.first.look(points, footprint, time)
        two, two_normal = self.second.look(points, footprint, time)
        share = self.share(points)
        return (
            Finish(
                one.albedo + (two.albedo - one.albedo) * share,
                one.gloss + (two.gloss - one.gloss) * share,
            ),
            unit(one_normal + (two_normal - one_normal) * share),
        )


@dataclass(frozen=True)
class Pool:
    """Clear shallow water whose surface lies at `level` metres, seen from above."""

    waves: Tile
    light: Tile
    level: float

    def slope(self, x: Array, z: Array, time: float) -> Array:
        """Slopes (2, N) of the surface."""
        footprint = np.full(x.shape, 0.01)
        first = self.waves.look_up(x + 0.007 * time, z + 0.004 * time, footprint)
        second = self.waves.look_up(1.6 * z - 0.008 * time, 1.6 * x + 0.005 * time, footprint)
        return np.asarray((first + second).T)

    def enter(
        self, origins: Array, directions: Array, time: float, backdrop: Backdrop
    ) -> tuple[Array, Array, Array, Array]:
        """See `scene.Water`: Snell's law for a surface that is nearly flat."""
        reach = (self.level - origins[1]) / np.minimum(directions[1], -0.05)
        points = origins + directions * reach
        slope = self.slope(points[0], points[2], time)
        normals = unit(np.stack([slope[0], np.ones(points.shape[1]), slope[1]]))
        cosine = np.clip(-(directions * normals).sum(axis=0), 0.0, 1.0)
        ratio = 1.0 / 1.33
        inner = np.sqrt(1.0 - ratio**2 * (1.0 - cosine**2))
        bent = unit(ratio * directions + (ratio * cosine - inner) * normals)
        fresnel = 0.02 + 0.98 * (1.0 - cosine) ** 5
        up = directions + 2.0 * cosine * normals
        return points, bent, 1.0 - fresnel, backdrop.colour(up) * fresnel

    def caustics(self, points: Array, time: float) -> Array:
        """See `scene.Water`."""
        footprint = np.full(points.shape[1], 0.01)
        first = self.light.look_up(points[0] + 0.010 * time, points[2] + 0.006 * time, footprint)
        second = self.light.look_up(
            1.3 * points[2] - 0.009 * time, 1.3 * points[0] - 0.007 * time, footprint
        )
        return np.asarray(0.55 + 0.75 * (first + second)[:, 0] ** 1.5)


def pool(seed: int, level: float) -> Pool:
    """Water with small waves and the net of light that they throw."""
    waves = Tile.bake(slopes(noise_map(512, 6, seed, 3, 0.4), 0.55), 2.2)
    points = grid(512, 512, 10)
    wobble = np.stack([fractal(points, seed + k, 3, period=10) for k in (5, 6)])
    nearest, second, _ = cells_around(points + 0.35 * wobble, seed + 7, period=10)
    net = np.exp(-((second - nearest) ** 2) * 22.0).reshape(512, 512, 1)
    return Pool(waves, Tile.bake(net, 1.9), level)


def floor_tile(painted: Image, metres: float, relief: float) -> Tile:
    """A tile from a picture (S, S, 4) of colour and height; `relief` scales its slopes."""
    return Tile.bake(
        np.concatenate([painted[..., :3], slopes(painted[..., 3], relief)], axis=2), metres
    )


def meadow(seed: int, side: int = 1024, metres: float = 4.0) -> Floor:
    """Grass: blades over soil, in lighter and darker patches."""
    canvas = Canvas(side, (0.035, 0.03, 0.018))
    greens = [(0.05, 0.11, 0.02), (0.11, 0.2, 0.035), (0.2, 0.26, 0.06), (0.3, 0.27, 0.1)]
    dead_leaves(canvas, 26000, blade, (10, 46), (-0.5, 0.5), greens, seed)
    patches = 1.0 + 0.35 * noise_map(side, 6, seed + 1, 3)
    canvas.pixels[..., :3] *= patches[..., None]
    wide = Tile.bake(0.5 + 0.5 * noise_map(256, 8, seed + 2, 4)[..., None], 23.0)

    def tint(points: Array) -> Array:
        patch = np.clip(wide.look_up(points[0], points[2], np.zeros(points.shape[1])), 0, 1)
        return ramp(patch[:, 0], (0.75, 0.85, 0.8), (1.0, 1.0, 1.0), (1.35, 1.15, 0.85)).T

    return Floor(floor_tile(canvas.pixels, metres, 0.5), tint=tint)


def forest_floor(seed: int, side: int = 1024, metres: float = 1.6) -> Floor:
    """Fallen leaves and moss."""
    canvas = Canvas(side, (0.02, 0.016, 0.01))
    browns = [(0.09, 0.05, 0.025), (0.2, 0.1, 0.04), (0.28, 0.17, 0.08), (0.1, 0.07, 0.05)]
    dead_leaves(canvas, 3600, leaf, (36, 105), (0.2, 0.34), browns, seed, shadow=4.0)
    moss = [(0.05, 0.09, 0.02), (0.12, 0.18, 0.04)]
    dead_leaves(canvas, 500, blade, (20, 60), (-0.6, 0.6), moss, seed + 1, shadow=2.0)
    canvas.pixels[..., :3] *= 1.0 + 0.45 * noise_map(side, 24, seed + 2, 5)[..., None]
    canvas.pixels[..., 3] += 0.25 * noise_map(side, 12, seed + 3, 4)
    return Floor(floor_tile(canvas.pixels, metres, 0.9), gloss=0.12)


def river_bed(seed: int, side: int = 1024, metres: float = 3.0) -> Floor:
    """Rounded stones of several greys and browns."""
    stones = [(0.1, 0.09, 0.075), (0.3, 0.27, 0.22), (0.17, 0.13, 0.09), (0.42, 0.4, 0.36)]
    painted = cobbles(side, 15, seed, stones)
    return Floor(floor_tile(painted, metres, 2.2))


def asphalt(seed: int, tint: Callable[[Array], Array], side: int = 1024) -> Floor:
    """Tarmac: stone chips and worn patches; `tint` paints the markings."""
    chips = pebbles(side, 128, seed, [(0.05, 0.05, 0.052), (0.13, 0.13, 0.13), (0.2, 0.19, 0.18)])
    worn = 1.0 + 0.5 * noise_map(side, 5, seed + 1, 5)
    cracks = np.exp(-np.abs(noise_map(side, 6, seed + 2, 6, 0.55)) * 90.0)
    chips[..., :3] *= (worn * (1.0 - 0.6 * cracks))[..., None]
    return Floor(floor_tile(chips, 3.0, 0.8), gloss=0.1, tint=tint)


def table(seed: int, side: int = 1024, metres: float = 1.1) -> Floor:
    """Varnished planks, the grain along x."""
    planks = 8
    points = grid(side, side, planks)
    plank = np.floor(points[1]).astype(np.int64)
    shift = (plank * 0.37) % 1.0 * planks
    grain_points = np.stack([(points[0] + shift) * 0.5, points[1] * 4.0 + 40.0 * plank])
    bow = fractal(grain_points, seed, 4)
    rings = 0.5 + 0.5 * np.sin(14.0 * bow + 9.0 * points[1])
    pores = fractal(np.stack([points[0] * 6.0, points[1] * 96.0]), seed + 9, 2)
    tone = (plank * 0.618) % 1.0
    value = np.clip(0.42 * rings + 0.45 * tone + 0.35 * pores + 0.05, 0.0, 1.0)
    colour = ramp(value, (0.09, 0.04, 0.018), (0.27, 0.13, 0.055), (0.43, 0.25, 0.12))
    gap = np.minimum(points[1] % 1.0, 1.0 - points[1] % 1.0)
    edge = np.clip(gap * 28.0, 0.0, 1.0)
    height = edge + 0.05 * pores
    painted = np.concatenate([colour * (0.25 + 0.75 * edge)[:, None], height[:, None]], axis=1)
    return Floor(floor_tile(painted.reshape(side, side, 4), metres, 0.35), gloss=0.45)


def lake(seed: int, colour: Colour, rings: Callable[[Array, float], Array] | None = None) -> Lake:
    """Rippled water of a deep `colour`."""
    waves = noise_map(512, 10, seed, 4, 0.45)
    return Lake(Tile.bake(slopes(waves, 1.1), 2.6), np.reshape(colour, (3, 1)), rings)


@dataclass(frozen=True)
class Panorama:
    """A baked ring of landscape: azimuth across, elevation from -30 to 60 degrees down the rows."""

    tile: Tile

    def colour(self, directions: Array, sharpness: float = 1.0) -> Array:
        """See `scene.Backdrop`."""
        azimuth = np.arctan2(directions[0], directions[2])
        elevation = np.arcsin(np.clip(directions[1], -1.0, 1.0))
        down = np.clip(np.pi / 3 - elevation, 0.01, np.pi / 2 - 0.01)
        footprint = np.full(azimuth.shape, 0.004 / sharpness)
        return self.tile.look_up(azimuth, down, footprint).T


ROWS, COLUMNS = 512, 2048


def landscape(
    seed: int,
    sky: Sequence[Colour],
    ridges: Sequence[tuple[float, float, Colour, Colour]],
    clouds: float = 0.5,
) -> Panorama:
    """A sky, colours from the horizon up, and ridges from far to near.

    A ridge is (elevation of its line in radians, its roughness, dark and light colour).
    """
    points = grid(ROWS, COLUMNS, 32)
    elevation = np.pi / 3 - (np.arange(ROWS) + 0.5)[:, None] / ROWS * (np.pi / 2)
    picture = np.broadcast_to(ramp(np.clip(elevation / 0.9, 0, 1), *sky), (ROWS, COLUMNS, 3)).copy()
    stretched = points * np.array([[1.0], [2.0]])
    puffs = fractal(stretched * 0.5, seed, 6, 0.55, period=16).reshape(ROWS, COLUMNS)
    cover = np.clip((puffs + 0.25 * clouds) * 2.0, 0.0, 1.0)[..., None] * clouds
    picture += (np.array([0.95, 0.95, 0.97]) - picture) * cover
    for number, (line, rough, dark, light) in enumerate(ridges):
        outline = fractal(
            points[:, :COLUMNS] * (1 + number),
            seed + 40 + number,
            7,
            0.55,
            period=32 * (1 + number),
        )
        crowns = fractal(points * 8, seed + 60 + number, 4, 0.6, period=256).reshape(ROWS, COLUMNS)
        edge = line + rough * (outline[None] + 0.25 * crowns)
        shade = np.clip(0.5 + 0.9 * crowns + 1.2 * (elevation - line) / max(line, 0.03), 0, 1)
        share = np.clip((edge - elevation) / 0.004, 0.0, 1.0)[..., None]
        picture += (ramp(shade, dark, light) - picture) * share
    return Panorama(Tile.bake(picture, (2 * np.pi, np.pi / 2)))


def room(seed: int) -> Panorama:
    """The inside of a house, far out of focus: a window, furniture, warm walls."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(COLUMNS, (0.2, 0.16, 0.12))
    draws = rng.random((90, 7))
    for x, y, wide, tall, hue, value, _ in draws:
        left, top = x * COLUMNS, 60 + y * 420
        right, low = left + 20 + 190 * wide**2, top + 15 + 150 * tall**2
        outline = np.array([[left, top], [right, top], [right, low], [left, low]])
        colours = [(0.1, 0.07, 0.05), (0.35, 0.22, 0.12), (0.12, 0.16, 0.18), (0.4, 0.36, 0.3)]
        canvas.polygon(outline, ramp(np.array(hue), *colours) * (0.4 + value), 0.0)
    for left in (500, 640, 1500):
        pane = np.array([[left, 40], [left + 110, 40], [left + 110, 300], [left, 300]])
        canvas.polygon(pane, (2.6, 2.9, 3.2), 0.0)
    picture = canvas.pixels[:ROWS, :, :3]
    picture *= 1.0 + 0.25 * noise_map(COLUMNS, 64, seed + 1, 4)[:ROWS, :, None]
    return Panorama(Tile.bake(picture, (2 * np.pi, np.pi / 2)))
