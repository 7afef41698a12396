"""What a recipe states besides its scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..scene import Scene
from ..sensor import Sensor


@dataclass(frozen=True)
class Recipe:
    """A sequence to be made.

    `build(seed)` makes the scene. `anchors` are (frame, direction), direction 1 or -1; there are
    none where there are several targets, with which VOT has no multi-start.
    """

    name: str
    seed: int
    frames: int
    anchors: tuple[tuple[int, int], ...]
    build: Callable[[int], Scene]
    sensor: Sensor = field(default_factory=Sensor)
    width: int = 320
    height: int = 240
    samples: int = 6
    quality: int = 78
    fps: int = 25
