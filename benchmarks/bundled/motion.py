"""Smooth functions of time: paths through points, and the unsteady hand that holds a camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .noise import Array, fractal


def through(time: float, knots: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Values at `time` on a smooth curve through knots (time, value, value, ...).

    A Catmull-Rom curve with slopes from the neighbouring knots; constant before and after.
    """
    times = np.array([knot[0] for knot in knots])
    values = np.array([knot[1:] for knot in knots])
    if time <= times[0] or time >= times[-1]:
        return tuple(float(v) for v in values[0 if time <= times[0] else -1])
    slopes = np.zeros_like(values)
    slopes[1:-1] = (values[2:] - values[:-2]) / (times[2:] - times[:-2])[:, None]
    slopes[0] = (values[1] - values[0]) / (times[1] - times[0])
    slopes[-1] = (values[-1] - values[-2]) / (times[-1] - times[-2])
    k = int(np.searchsorted(times, time, side="right")) - 1
    span = times[k + 1] - times[k]
    s = (time - times[k]) / span
    point = (
        values[k] * (1 + 2 * s) * (1 - s) ** 2
        + slopes[k] * span * s * (1 - s) ** 2
        + values[k + 1] * s * s * (3 - 2 * s)
        - slopes[k + 1] * span * s * s * (1 - s)
    )
    return tuple(float(v) for v in point)


def travelled(position: Sequence[tuple[float, ...]], time: float, step: float = 0.25) -> float:
    """Length of the way along the path `position` from its first knot until `time`."""
    start = position[0][0]
    count = max(2, int((time - start) / step) + 2)
    moments = np.linspace(start, max(time, start), count)
    places = np.array([through(float(moment), position) for moment in moments])
    return float(np.sqrt((np.diff(places, axis=0) ** 2).sum(axis=1)).sum())


def shake(time: float, seed: int, pace: float = 0.11) -> Array:
    """Three unsteady numbers, about -1 to 1; `pace` is how often a frame they change."""
    points = np.array([[time * pace] * 3, [0.5, 11.5, 22.5]])
    return 1.6 * fractal(points, seed, 3)


def pulse(time: float, centre: float, width: float) -> float:
    """A smooth bump of height 1 around `centre` that is over after `width` on either side."""
    place = min(abs(time - centre) / width, 1.0)
    return (1.0 - place**2) ** 2
