"""A flat world of props on a ground, and the camera above it.

Places are in pixels: x right, y down, of the picture at zoom 1; angles in radians, turning from x
to y. Time is counted in frames and may be fractional: the shutter is open for a part of a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.bundled.noise import Array
from benchmarks.bundled.render import Picture

from .props import Picture as Pixels
from .props import Prop

TARGET, DOUBLE = "target", "double"
SHADOW, SHADOW_SHIFT = 0.45, 0.06  # strength; of the prop's width

Patch = tuple[slice, slice]


@dataclass(frozen=True)
class Placed:
    """A prop at a place; `role` is the target, one of its doubles, or scenery (None)."""

    prop: Prop
    x: float
    y: float
    angle: float = 0.0
    phase: float = 0.0  # 0 to 1 is one cycle
    role: str | None = None
    scale: float = 1.0

    @property
    def picture(self) -> Pixels:
        count = len(self.prop.phases)
        return self.prop.phases[int(np.floor(self.phase * count)) % count]

    @property
    def shadow(self) -> Pixels:
        count = len(self.prop.shadows)
        return self.prop.shadows[int(np.floor(self.phase * count)) % count]


@dataclass(frozen=True)
class Eye:
    """What the camera looks at, in the picture's middle, and how it is held."""

    x: float
    y: float
    roll: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True)
class Stage:
    """A moving flat scene.

    Attributes:
        ground: linear RGB (S, S, 3), one pixel per pixel of the stage, repeated endlessly.
        things: what lies there at a time, the undermost first.
        camera: how it is seen at a time.
        shutter: how long it is open, in frames.
    """

    ground: Pixels
    things: Callable[[float], list[Placed]]
    camera: Callable[[float], Eye]
    shutter: float = 0.4


def film(stage: Stage, frame: int, width: int, height: int, moments: int = 4) -> Picture:
    """The picture of a frame, with what can be seen of the target, and of its doubles together."""
    total = np.zeros((height, width, 3))
    visible, present = (
        {role: np.zeros((height, width)) for role in (TARGET, DOUBLE)} for _ in range(2)
    )
    for number in range(moments):
        time = frame + stage.shutter * ((number + 0.5) / moments - 0.5)
        to_picture = _view(stage.camera(time), width, height)
        canvas = _ground(stage.ground, to_picture, width, height)
        seen = {role: np.zeros((height, width), np.float32) for role in (TARGET, DOUBLE)}
        for thing in stage.things(time):
            place, covered = _lay(canvas, thing, to_picture)
            for cover in seen.values():
                cover[place] *= 1.0 - covered
            if thing.role is not None:
                seen[thing.role][place] += covered
                present[thing.role][place] += covered
        total += canvas
        for role, cover in seen.items():
            visible[role] += cover
    return Picture(
        total / moments,
        {role: cover / moments for role, cover in visible.items()},
        {role: np.minimum(cover / moments, 1.0) for role, cover in present.items()},
    )


def _view(eye: Eye, width: int, height: int) -> Array:
    """Places on the stage -> places in the picture, as a matrix (2, 3)."""
    turned = eye.zoom * _rotation(-eye.roll)
    middle = np.array([width / 2, height / 2])
    return np.column_stack([turned, middle - turned @ np.array([eye.x, eye.y])])


def _rotation(angle: float) -> Array:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _ground(ground: Pixels, to_picture: Array, width: int, height: int) -> Pixels:
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    back = cv2.invertAffineTransform(to_picture)
    side = ground.shape[0]
    places = [(row[0] * x + row[1] * y + row[2] - 0.5) % side for row in back]
    # One row and column more: what lies between the last and the first is a mixture of them.
    repeated = np.pad(ground, ((0, 1), (0, 1), (0, 0)), mode="wrap")
    across, down = (place.astype(np.float32) for place in places)
    return np.asarray(cv2.remap(repeated, across, down, cv2.INTER_LINEAR), np.float32)


def _lay(canvas: Pixels, thing: Placed, to_picture: Array) -> tuple[Patch, Pixels]:
    """Draws a thing and its shadow: a part of the canvas, and how much of it the thing covers."""
    away = SHADOW_SHIFT * thing.prop.size * thing.scale
    patch, dark = _seen(thing.shadow, thing, (thing.x + away, thing.y + away), canvas, to_picture)
    canvas[patch] *= 1.0 - SHADOW * dark[..., None]
    patch, drawn = _seen(thing.picture, thing, (thing.x, thing.y), canvas, to_picture)
    covered = drawn[..., 3]
    canvas[patch] = canvas[patch] * (1.0 - covered[..., None]) + drawn[..., :3]
    return patch, covered


def _seen(
    picture: Pixels, thing: Placed, place: tuple[float, float], canvas: Pixels, to_picture: Array
) -> tuple[Patch, Pixels]:
    """A prop's picture at a place as the camera sees it: the part of the canvas, and its pixels."""
    side = picture.shape[0]
    turned = thing.prop.size * thing.scale / side * _rotation(thing.angle)
    # A pixel's index is half a pixel less than the place of its middle.
    shift = np.array(place) + turned @ np.array([0.5 - side / 2, 0.5 - side / 2])
    linear = to_picture[:, :2] @ turned
    start = to_picture[:, :2] @ shift + to_picture[:, 2] - 0.5
    corners = linear @ np.array([[0, side, 0, side], [0, 0, side, side]]) + start[:, None]
    height, width = canvas.shape[:2]
    left, top = np.clip(np.floor(corners.min(axis=1)).astype(int) - 1, 0, (width, height))
    right, bottom = np.clip(np.ceil(corners.max(axis=1)).astype(int) + 2, 0, (width, height))
    patch = (slice(top, bottom), slice(left, right))
    if left >= right or top >= bottom:
        return patch, np.zeros((bottom - top, right - left, *picture.shape[2:]), np.float32)
    matrix = np.column_stack([linear, start - (left, top)])
    size = (int(right - left), int(bottom - top))
    drawn = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR)
    return patch, np.asarray(drawn, np.float32)
