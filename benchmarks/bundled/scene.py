"""What a scene is made of: bodies with identities, a ground, a backdrop, light and a camera.

A scene is a set of functions of time. Time is counted in frames and may be fractional, because
one picture averages many moments of an open shutter. World axes: x right, y up, z away from the
viewer; lengths in metres; the ground is the plane y = 0; colours are linear RGB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .noise import Array
from .shapes import column, length, unit


@dataclass(frozen=True)
class Finish:
    """How a surface answers light: `albedo` (3, N) and `gloss` (N,), 0 matt to 1 polished."""

    albedo: Array
    gloss: Array

    @classmethod
    def of(cls, albedo: Array, gloss: float | Array = 0.0) -> Finish:
        """A finish whose gloss may be one number for all points."""
        return cls(albedo, np.broadcast_to(gloss, albedo.shape[1:]))


@dataclass(frozen=True)
class Body:
    """One solid thing, posed at one moment. Its functions take points in its own coordinates.

    `radius` bounds it about its own origin. `relief` is a height that only bends normals: fur,
    bark, scales. `quick` is a rougher distance that finds hits and shadows. `target` is the
    identity under which its mask is written; None is scenery.
    """

    distance: Callable[[Array], Array]
    finish: Callable[[Array], Finish]
    radius: float
    position: Array
    rotation: Array = field(default_factory=lambda: np.eye(3))
    scale: float = 1.0
    relief: Callable[[Array], Array] | None = None
    target: str | None = None
    quick: Callable[[Array], Array] | None = None

    def local(self, points: Array) -> Array:
        """World points (3, N) in the body's own coordinates."""
        return np.asarray(self.rotation.T @ (points - column(self.position)) / self.scale)

    def world_distance(self, points: Array) -> Array:
        """Distance in metres of world points (3, N)."""
        return (self.quick or self.distance)(self.local(points)) * self.scale

    def normals(self, points: Array, step: float = 0.004) -> Array:
        """Outward unit normals at world points, from four differences on a tetrahedron."""
        local = self.local(points)
        total = np.zeros_like(local)
        for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
            offset = column(corner)
            height = self.distance(local + step * offset)
            if self.relief is not None:
                height = height - self.relief(local + step * offset)
            total += offset * height
        return np.asarray(self.rotation @ unit(total))


class Ground(Protocol):
    """The plane y = 0."""

    def look(self, points: Array, footprint: Array, time: float) -> tuple[Finish, Array]:
        """Finish and unit normals at world points (3, N); `footprint` is a sample's width (m)."""
        ...


class Backdrop(Protocol):
    """Everything far away."""

    def colour(self, directions: Array, sharpness: float = 1.0) -> Array:
        """Light (3, N) that arrives from unit `directions`."""
        ...


class Water(Protocol):
    """A surface between the camera and everything else."""

    def enter(
        self, origins: Array, directions: Array, time: float, backdrop: Backdrop
    ) -> tuple[Array, Array, Array, Array]:
        """Rays after refraction, the share of light that passes (N,), and the reflection (3, N)."""
        ...

    def caustics(self, points: Array, time: float) -> Array:
        """Sunlight at points below, as a multiple of its mean (N,)."""
        ...


@dataclass(frozen=True)
class Light:
    """A sun and a sky: direction towards the sun, and linear RGB strengths."""

    direction: Array
    sun: Array
    sky: Array
    bounce: Array
    gain: Callable[[float], float] = lambda time: 1.0

    @classmethod
    def day(
        cls,
        direction: tuple[float, float, float],
        sun: tuple[float, float, float] = (2.6, 2.35, 2.0),
        sky: tuple[float, float, float] = (0.55, 0.68, 0.9),
        bounce: tuple[float, float, float] = (0.22, 0.2, 0.15),
        gain: Callable[[float], float] = lambda time: 1.0,
    ) -> Light:
        """Daylight with the sun towards `direction` (any length)."""
        return cls(unit(column(direction)), column(sun), column(sky), column(bounce), gain)


@dataclass(frozen=True)
class View:
    """The camera at one moment: thin lens, focal length in picture heights, angles in radians."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    focal: float
    roll: float = 0.0
    aperture: float = 0.0
    focus: float | None = None

    def rays(self, x: Array, y: Array, lens: tuple[float, float]) -> tuple[Array, Array]:
        """Origins and unit directions (3, N) of rays through picture points.

        `x`, `y` are picture coordinates in picture heights from the centre, y down. `lens` is
        the point of the unit disc through which the light passes.
        """
        eye = column(self.position)
        ahead = column(self.target) - eye
        distance = self.focus if self.focus is not None else float(length(ahead)[0])
        ahead = unit(ahead)
        side = unit(np.asarray(np.cross(column((0, 1, 0)), ahead, axis=0), dtype=np.float64))
        up = np.cross(ahead, side, axis=0)
        side, up = (
            np.cos(self.roll) * side + np.sin(self.roll) * up,
            np.cos(self.roll) * up - np.sin(self.roll) * side,
        )
        through = (ahead + side * (x / self.focal) - up * (y / self.focal)) * distance
        shift = self.aperture * (lens[0] * side + lens[1] * up)
        return np.broadcast_to(eye + shift, through.shape), unit(np.asarray(through - shift))


@dataclass(frozen=True)
class Scene:
    """A moving scene; `bodies` and `camera` are functions of time in frames."""

    bodies: Callable[[float], list[Body]]
    camera: Callable[[float], View]
    ground: Ground
    backdrop: Backdrop
    light: Light
    haze: Array = field(default_factory=lambda: column((0.62, 0.7, 0.8)))
    haze_distance: float = 3000.0
    reach: float = 400.0  # the ground ends so far from the origin; behind it is the backdrop
    shutter: float = 0.5
    water: Water | None = None
    mirrors: bool = False  # the ground reflects the bodies, not only the backdrop
