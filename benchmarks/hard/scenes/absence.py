"""Long absence: the target is gone for more than 60 frames and comes back at another place."""

from __future__ import annotations

import numpy as np

from benchmarks.bundled.motion import through
from benchmarks.bundled.places import asphalt, forest_floor, river_bed

from ..props import (
    boulder_prop,
    car_prop,
    crown_prop,
    ground_picture,
    koi_prop,
    salamander_prop,
)
from ..stage import TARGET, Eye, Placed, Stage
from .recipe import Recipe, Way, going, hand_held

KOI: Way = (
    (0, 90, 150), (20, 180, 110), (40, 330, 70), (55, 470, 60), (90, 300, 420), (104, 40, 300),
    (112, 30, 250), (130, 110, 170), (150, 230, 140),
)  # fmt: skip
CAR: Way = (
    (0, 40, 190), (25, 110, 150), (36, 152, 112), (48, 165, 95), (108, 165, 85), (120, 195, 60),
    (135, 245, 50), (150, 300, 50),
)  # fmt: skip
SALAMANDER: Way = ((0, 110, 130), (45, 170, 120), (80, 190, 60), (112, 230, 60), (150, 250, 150))
PAN = (
    (0, 160, 120),
    (25, 165, 120),
    (40, 420, 180),
    (104, 440, 150),
    (118, 160, 110),
    (150, 150, 110),
)


def build_koi(seed: int) -> Stage:
    """A koi swims out of the picture to the right and comes back from below on the left."""
    fish, stone = koi_prop(seed, 74.0), boulder_prop(seed + 1, 60.0)
    ground = ground_picture(river_bed(seed + 2, side=512), 512, 3.0)

    def things(time: float) -> list[Placed]:
        stones = [Placed(stone, 250.0, 205.0), Placed(stone, 60.0, 50.0, 2.0, scale=0.7)]
        return [going(fish, KOI, time, TARGET), *stones]

    return Stage(ground, things, hand_held(seed + 3))


def build_car(seed: int) -> Stage:
    """A car stops beneath the crowns of trees and drives on after 60 frames, another way."""
    vehicle, crown = car_prop(seed, 54.0), crown_prop(seed + 1, 116.0)
    ground = ground_picture(asphalt(seed + 2, lambda p: np.ones((1, p.shape[1])), 512), 512, 3.0)

    def things(time: float) -> list[Placed]:
        crowns = [
            Placed(crown, 165.0, 90.0),
            Placed(crown, 280.0, 190.0, 2.1),
            Placed(crown, 60.0, 60.0, 4.0, scale=0.8),
        ]
        return [going(vehicle, CAR, time, TARGET), *crowns]

    return Stage(ground, things, hand_held(seed + 3))


def build_salamander(seed: int) -> Stage:
    """The camera turns to a stone elsewhere; the salamander has walked on when it returns."""
    animal, stone = salamander_prop(seed, 96.0), boulder_prop(seed + 1, 80.0)
    ground = ground_picture(forest_floor(seed + 2, side=512), 512, 4.0)
    still = hand_held(seed + 3, 0.0, 0.0)

    def things(time: float) -> list[Placed]:
        return [
            Placed(stone, 470.0, 170.0),
            Placed(stone, 60.0, 200.0, 1.0, scale=0.6),
            going(animal, SALAMANDER, time, TARGET, pace=0.03),
        ]

    def camera(time: float) -> Eye:
        (x, y), hand = through(time, PAN), still(time)
        return Eye(x + hand.x, y + hand.y, hand.roll)

    return Stage(ground, things, camera)


RECIPES = (
    Recipe("absence-car", "out-of-view", 5401, 150, build_car),
    Recipe("absence-koi", "out-of-view", 5502, 150, build_koi),
    Recipe("absence-salamander", "out-of-view", 5603, 150, build_salamander),
)
