"""Signed distance functions: negative inside, positive outside, in metres.

Points are (3, N) float64 columns of x (right), y (up), z (away); answers are (N,). Blends and
stretched shapes are only bounds of the true distance, so the tracer takes shortened steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .noise import Array

Vector = Sequence[float] | Array


def column(vector: Vector) -> Array:
    """A vector as a (3, 1) column."""
    return np.asarray(vector, dtype=np.float64).reshape(3, 1)


def length(points: Array) -> Array:
    """Euclidean length of every column."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->j", points, points)))


def unit(points: Array) -> Array:
    """Every column scaled to length 1; a zero column stays zero."""
    return np.asarray(points / np.maximum(length(points), 1e-12))


def sphere(points: Array, centre: Vector, radius: float) -> Array:
    """A ball."""
    return length(points - column(centre)) - radius


def ellipsoid(points: Array, centre: Vector, radii: Vector) -> Array:
    """A ball stretched along the axes (Quilez's first-order bound)."""
    scaled = (points - column(centre)) / column(radii)
    outer = length(scaled)
    inner = length(scaled / column(radii))
    return np.asarray(outer * (outer - 1.0) / np.maximum(inner, 1e-9))


def along(points: Array, start: Vector, end: Vector) -> tuple[Array, Array]:
    """Place of the nearest point on a segment, 0 at `start` to 1 at `end`, and its distance."""
    axis = (column(end) - column(start))[:, 0]
    square = max(float(axis @ axis), 1e-12)
    relative = points - column(start)
    free = (axis @ relative) / square
    place = np.clip(free, 0.0, 1.0)
    # |relative - place * axis|**2, expanded so that no (3, N) array is needed.
    squared = np.einsum("ij,ij->j", relative, relative) + square * place * (place - 2.0 * free)
    return place, np.sqrt(np.maximum(squared, 0.0))


def capsule(
    points: Array, start: Vector, end: Vector, radius: float, end_radius: float | None = None
) -> Array:
    """A rod with round ends, its radius changing linearly from `start` to `end`."""
    place, distance = along(points, start, end)
    growth = (end_radius if end_radius is not None else radius) - radius
    return np.asarray(distance - radius - growth * place)


def box(points: Array, centre: Vector, half: Vector, rounding: float = 0.0) -> Array:
    """A box of half sizes `half`, its edges rounded without growing it."""
    outside = np.abs(points - column(centre)) - column(half) + rounding
    depth = np.minimum(outside.max(axis=0), 0.0)
    return np.asarray(length(np.maximum(outside, 0.0)) + depth - rounding)


def cylinder(points: Array, centre: Vector, radius: float, half: float, axis: int = 1) -> Array:
    """A cylinder along coordinate `axis`, `half` its half length."""
    relative = points - column(centre)
    flat = np.delete(relative, axis, axis=0)
    outside = np.stack([np.hypot(flat[0], flat[1]) - radius, np.abs(relative[axis]) - half])
    return np.asarray(length(np.maximum(outside, 0.0)) + np.minimum(outside.max(axis=0), 0.0))


def torus(points: Array, centre: Vector, radius: float, thickness: float) -> Array:
    """A ring that lies in the x-y plane."""
    x, y, z = points - column(centre)
    return np.asarray(np.hypot(np.hypot(x, y) - radius, z) - thickness)


def blend(first: Array, second: Array, width: float) -> Array:
    """Union with a fillet about `width` wide."""
    overlap = np.maximum(width - np.abs(first - second), 0.0)
    return np.asarray(np.minimum(first, second) - overlap * overlap * (0.25 / width))


def blend_all(distances: Sequence[Array], width: float) -> Array:
    """Union of several shapes with fillets."""
    total = distances[0]
    for distance in distances[1:]:
        total = blend(total, distance, width)
    return total


def union(*distances: Array) -> Array:
    """Union with sharp creases."""
    return np.asarray(np.minimum.reduce(distances))


def carve(solid: Array, hole: Array, width: float) -> Array:
    """`solid` without `hole`, its new edge rounded about `width` wide."""
    return -blend(-solid, hole, width)


def tabulated(
    distance: Callable[[Array], Array], half: float, side: int = 56
) -> Callable[[Array], Array]:
    """A rigid shape's distance read from a table over the cube of half size `half`: fast, rough.

    Points outside the cube get their distance to the nearest place inside plus the value there.
    """
    axis = np.linspace(-half, half, side)
    table = distance(np.stack(np.meshgrid(axis, axis, axis, indexing="ij")).reshape(3, -1))
    scale = (side - 1) / (2.0 * half)

    def look_up(points: Array) -> Array:
        inside = np.clip(points, -half, half)
        place = (inside + half) * scale
        cell = np.minimum(place.astype(np.int64), side - 2)
        x, y, z = place - cell
        base = (cell[0] * side + cell[1]) * side + cell[2]
        rows = [
            table[base + step] * (1.0 - z) + table[base + step + 1] * z
            for step in (0, side, side * side, side * side + side)
        ]
        near, far = rows[0] + (rows[1] - rows[0]) * y, rows[2] + (rows[3] - rows[2]) * y
        return np.asarray(near + (far - near) * x + length(points - inside))

    return look_up


def turn(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> Array:
    """Rotation matrix (3, 3), radians: about y (yaw), then x (pitch), then z (roll), local first.

    Yaw 0 keeps local x along world x; a positive yaw turns x towards -z.
    """
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)
