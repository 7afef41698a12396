"""Camera jerk: the whole view shifts suddenly, by up to half the picture, within one frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.bundled.noise import uniform
from benchmarks.bundled.places import asphalt, forest_floor

from ..props import boulder_prop, car_prop, ground_picture, salamander_prop
from ..stage import TARGET, Eye, Placed, Stage
from .recipe import Recipe, Way, going, hand_held

FIRST, EVERY = 15, (6, 14)  # the first jerk's frame, and the frames between two of them
REACH = (105.0, 72.0)  # pixels of the view's middle from the way of the target
LEAST = 60.0  # pixels that a jerk shifts the view
CAR: Way = ((0, 100, 100), (40, 200, 140), (80, 290, 80), (120, 400, 130))
SALAMANDER: Way = ((0, 100, 100), (40, 150, 140), (80, 230, 110), (120, 300, 150))


def build_car(seed: int) -> Stage:
    """A car on tarmac between stones, filmed from a moving vehicle on a bad road."""
    vehicle, stone = car_prop(seed, 66.0), boulder_prop(seed + 1, 50.0)
    ground = ground_picture(asphalt(seed + 2, lambda p: np.ones((1, p.shape[1])), 512), 512, 3.0)

    def things(time: float) -> list[Placed]:
        stones = [Placed(stone, 90.0 * k, 190.0 + 17.0 * (k % 3), float(k)) for k in range(8)]
        return [*stones, going(vehicle, CAR, time, TARGET)]

    return Stage(ground, things, jerking(seed + 3, CAR, 120))


def build_salamander(seed: int) -> Stage:
    """A salamander on leaves, filmed by somebody who stumbles."""
    animal, stone = salamander_prop(seed, 96.0), boulder_prop(seed + 1, 60.0)
    ground = ground_picture(forest_floor(seed + 2, side=512), 512, 4.0)

    def things(time: float) -> list[Placed]:
        stones = [Placed(stone, 110.0 * k, 30.0 + 23.0 * (k % 2), float(k)) for k in range(5)]
        return [*stones, going(animal, SALAMANDER, time, TARGET, pace=0.03)]

    return Stage(ground, things, jerking(seed + 3, SALAMANDER, 120))


def jerking(seed: int, way: Way, frames: int) -> Callable[[float], Eye]:
    """A camera that holds still for some frames and then jumps, staying near the target's way."""
    starts, views = [0], [_place(way, 0)]
    time, draw = FIRST, 0
    while time < frames:
        draw += 1
        across, down, pause = uniform(np.array([[3 * draw, 3 * draw + 1, 3 * draw + 2]]), seed)
        x, y = _place(way, time)
        view = (x + REACH[0] * (2.0 * across - 1.0), y + REACH[1] * (2.0 * down - 1.0))
        if np.hypot(view[0] - views[-1][0], view[1] - views[-1][1]) < LEAST:
            continue
        starts.append(time)
        views.append(view)
        time += EVERY[0] + int(pause * (EVERY[1] - EVERY[0] + 1))
    still = hand_held(seed + 1, 0.0, 0.0)

    def camera(moment: float) -> Eye:
        # Half a frame before a jerk's frame: never while the shutter is open.
        number = int(np.searchsorted(starts, moment + 0.5, side="right")) - 1
        x, y = views[max(number, 0)]
        hand = still(moment)
        return Eye(x + hand.x, y + hand.y, hand.roll)

    return camera


def _place(way: Way, time: float) -> tuple[float, float]:
    knots = np.array(way)
    x, y = (float(np.interp(time, knots[:, 0], knots[:, axis])) for axis in (1, 2))
    return x, y


RECIPES = (
    Recipe("jerk-car", "camera-jerk", 5901, 120, build_car),
    Recipe("jerk-salamander", "camera-jerk", 6002, 120, build_salamander),
)
