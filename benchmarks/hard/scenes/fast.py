"""Fast motion: from one frame to the next the target moves by more than its own length."""

from __future__ import annotations

import numpy as np

from benchmarks.bundled.noise import uniform
from benchmarks.bundled.places import river_bed, table

from ..props import boulder_prop, ground_picture, koi_prop, orange_prop
from ..stage import TARGET, Placed, Stage
from .recipe import Recipe, Way, going, hand_held

DIAMETER, SPEED = 24.0, (29.0, 13.0)  # pixels; pixels a frame
ROLLS = 16  # frames before it is thrown
MARGIN = 18.0  # pixels between the picture's border and the wall
REST, DART = 11, 3  # frames of a koi between its darts, and of a dart
STEP = 58.0  # pixels a frame of a dart


def build_orange(seed: int) -> Stage:
    """An orange rolls, then is thrown and bounces from four walls like a billiard ball."""
    orange = orange_prop(seed, DIAMETER)
    ground = ground_picture(table(seed + 1, side=512), 512, 1.1)

    def things(time: float) -> list[Placed]:
        rolled = 2.0 * min(time, ROLLS)
        thrown = max(time - ROLLS, 0.0)
        x = _bounced(60.0 + rolled + SPEED[0] * thrown, MARGIN, 320.0 - MARGIN)
        y = _bounced(90.0 + 0.4 * rolled + SPEED[1] * thrown, MARGIN, 240.0 - MARGIN)
        return [Placed(orange, x, y, 0.3 * time, role=TARGET)]

    return Stage(ground, things, hand_held(seed + 2), shutter=0.2)


def build_koi(seed: int) -> Stage:
    """A koi stands still and darts away, again and again, to where nobody expects it."""
    fish, stone = koi_prop(seed, 48.0), boulder_prop(seed + 1, 50.0)
    ground = ground_picture(river_bed(seed + 2, side=512), 512, 3.0)
    way = _darts(seed + 3, 120)

    def things(time: float) -> list[Placed]:
        stones = [Placed(stone, 160.0, 30.0), Placed(stone, 290.0, 215.0, 1.0)]
        return [*stones, going(fish, way, time, TARGET, pace=0.004)]

    return Stage(ground, things, hand_held(seed + 4), shutter=0.2)


def _bounced(way: float, low: float, high: float) -> float:
    """A coordinate that runs on along a line, reflected at both walls."""
    span = high - low
    return low + span - abs((way - low) % (2.0 * span) - span)


def _darts(seed: int, frames: int) -> Way:
    """Knots of drifting on the spot and darting off, always inside the picture."""
    x, y = 70.0, 120.0
    knots = [(0.0, x, y)]
    for number in range(frames // (REST + DART) + 1):
        begin = number * (REST + DART) + REST
        knots.append((float(begin), x + 5.0, y))
        (draw,) = uniform(np.array([[number]]), seed)
        x = x + STEP * DART * (1.0 if x < 160.0 else -1.0)
        y = 50.0 + 140.0 * float(draw)
        knots.append((float(begin + DART), x, y))
    return tuple(knots)


RECIPES = (
    Recipe("fast-koi", "fast-motion", 5701, 120, build_koi),
    Recipe("fast-orange", "fast-motion", 5802, 100, build_orange),
)
