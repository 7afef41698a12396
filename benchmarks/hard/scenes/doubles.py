"""Identical distractors: the target is one of several that differ in nothing but where they are."""

from __future__ import annotations

import numpy as np

from benchmarks.bundled.places import asphalt, river_bed, table

from ..props import boulder_prop, car_prop, ground_picture, koi_prop, orange_prop
from ..stage import DOUBLE, TARGET, Placed, Stage
from .recipe import Recipe, Way, going, hand_held

KOI: tuple[Way, ...] = (
    ((0, 70, 60), (30, 130, 100), (55, 190, 130), (80, 250, 110), (105, 220, 60), (130, 140, 50)),
    ((0, 270, 170), (30, 205, 150), (55, 160, 110), (80, 90, 95), (105, 70, 150), (130, 130, 200)),
    ((0, 150, 215), (35, 180, 180), (70, 215, 135), (90, 265, 80), (110, 200, 35), (130, 110, 90)),
)
CARS: tuple[Way, ...] = (
    ((0, 48, 120), (40, 118, 118), (70, 200, 128), (95, 240, 140), (120, 275, 122)),
    ((0, 300, 160), (40, 190, 160), (70, 110, 162), (120, -20, 160)),
    ((0, -50, 82), (40, 90, 84), (60, 165, 84), (80, 230, 88), (120, 400, 80)),
    ((0, 240, 40), (60, 160, 44), (120, 60, 40)),
)
# Pairs change places round each other, as in a thimblerig: (frame, one place, another).
PLACES = ((80, 80), (160, 76), (240, 84), (76, 160), (160, 164), (244, 158))
SWAPS = ((8, 0, 1), (28, 1, 4), (48, 4, 5), (48, 0, 3), (68, 5, 2), (88, 2, 1), (88, 3, 4))
SWAP_FRAMES = 16


def build_koi(seed: int) -> Stage:
    """Three koi with the same markings cross one another's ways over stones."""
    fish, stone = koi_prop(seed, 74.0), boulder_prop(seed + 1, 60.0)
    ground = ground_picture(river_bed(seed + 2, side=512), 512, 3.0)

    def things(time: float) -> list[Placed]:
        roles = (TARGET, DOUBLE, DOUBLE)
        swimming = [going(fish, way, time, role) for way, role in zip(KOI, roles, strict=True)]
        # The target swims above one of its doubles and below the other.
        return [swimming[1], swimming[0], swimming[2], Placed(stone, 40.0, 205.0)]

    return Stage(ground, things, hand_held(seed + 3))


def build_cars(seed: int) -> Stage:
    """Four cars of one make: two come towards the target, one overtakes it closely."""
    vehicle = car_prop(seed, 66.0)
    ground = ground_picture(asphalt(seed + 1, lambda p: np.ones((1, p.shape[1])), 512), 512, 3.0)

    def things(time: float) -> list[Placed]:
        roles = (TARGET, DOUBLE, DOUBLE, DOUBLE)
        return [going(vehicle, way, time, role) for way, role in zip(CARS, roles, strict=True)]

    return Stage(ground, things, hand_held(seed + 2))


def build_oranges(seed: int) -> Stage:
    """Six oranges on a table; pairs of them change places."""
    orange = orange_prop(seed, 34.0)
    ground = ground_picture(table(seed + 1, side=512), 512, 1.1)

    def things(time: float) -> list[Placed]:
        places = shuffled(time)
        roles = [TARGET if number == 0 else DOUBLE for number in range(len(places))]
        return [
            Placed(orange, x, y, 0.0, 0.0, role) for (x, y), role in zip(places, roles, strict=True)
        ]

    return Stage(ground, things, hand_held(seed + 2))


def shuffled(time: float) -> list[tuple[float, float]]:
    """Where each orange is; the first one starts at the first place."""
    at = list(range(len(PLACES)))  # the place of every orange
    found = [PLACES[place] for place in at]
    for start, one, other in SWAPS:
        movers = [at.index(one), at.index(other)]
        part = float(np.clip((time - start) / SWAP_FRAMES, 0.0, 1.0))
        if part <= 0.0:
            continue
        for mover, begin, end in ((movers[0], one, other), (movers[1], other, one)):
            found[mover] = _half_turn(PLACES[begin], PLACES[end], part)
        at[movers[0]], at[movers[1]] = other, one
    return found


def _half_turn(
    begin: tuple[float, float], end: tuple[float, float], part: float
) -> tuple[float, float]:
    """On a flat half ellipse from one place to another, slow at both ends."""
    angle = np.pi * part * part * (3.0 - 2.0 * part)
    (x0, y0), (x1, y1) = begin, end
    along, across = (1.0 - np.cos(angle)) / 2.0, 0.15 * np.sin(angle)
    return (
        float(x0 + along * (x1 - x0) - across * (y1 - y0)),
        float(y0 + along * (y1 - y0) + across * (x1 - x0)),
    )


RECIPES = (
    Recipe("doubles-cars", "distractor", 5101, 120, build_cars),
    Recipe("doubles-koi", "distractor", 5202, 130, build_koi),
    Recipe("doubles-oranges", "distractor", 5303, 120, build_oranges),
)
