"""What a hard sequence states besides its stage, and the ways its props go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.bundled.motion import shake, through, travelled
from benchmarks.bundled.sensor import Sensor

from ..props import Prop
from ..stage import Eye, Placed, Stage

Way = tuple[tuple[float, float, float], ...]
"""Knots (frame, x, y) that a thing passes through."""


@dataclass(frozen=True)
class Recipe:
    """A sequence to be made; `build(seed)` makes its stage.

    `attribute` is what it is hard for: the name under which its frames are tagged.
    """

    name: str
    attribute: str
    seed: int
    frames: int
    build: Callable[[int], Stage]
    sensor: Sensor = field(default_factory=Sensor)
    anchors: tuple[tuple[int, int], ...] = ()  # unsupervised only
    width: int = 320
    height: int = 240
    quality: int = 80
    fps: int = 25


def going(prop: Prop, way: Way, time: float, role: str | None, pace: float = 0.02) -> Placed:
    """A prop on its way, headed where it goes; `pace` is its cycles per pixel of the way."""
    x, y = through(time, way)
    ahead, behind = through(time + 1.0, way), through(time - 1.0, way)
    angle = float(np.arctan2(ahead[1] - behind[1], ahead[0] - behind[0]))
    return Placed(prop, x, y, angle, pace * travelled(way, time, step=4.0), role)


def hand_held(seed: int, x: float = 160.0, y: float = 120.0) -> Callable[[float], Eye]:
    """A camera that somebody tries to hold still above a place."""

    def camera(time: float) -> Eye:
        hand = shake(time, seed, 0.08)
        return Eye(x + 5.0 * hand[0], y + 4.0 * hand[1], 0.02 * hand[2])

    return camera
