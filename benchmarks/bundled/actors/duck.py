"""A swimming mallard drake."""

from __future__ import annotations

import numpy as np

from ..noise import Array, cells_around, fractal
from ..scene import Body, Finish
from ..shapes import blend_all, capsule, ellipsoid, length, sphere, turn, union
from ..textures import ramp

GREEN, BROWN, GREY = (0.012, 0.075, 0.03), (0.11, 0.045, 0.022), (0.34, 0.32, 0.29)
BACK, BILL, WHITE = (0.1, 0.075, 0.05), (0.62, 0.42, 0.03), (0.7, 0.68, 0.64)


def head_frame(points: Array, nod: float, look: float) -> Array:
    """Points relative to the head, which reaches forward by `nod` and turns by `look`."""
    return np.asarray(turn(look).T @ (points - np.array([[0.22 + nod], [0.335], [0.0]])))


def duck_distance(points: Array, nod: float, look: float) -> Array:
    """The drake's shape above and below the water line y = 0; x forward, 0.75 m long."""
    head = head_frame(points, nod, look)
    body = blend_all(
        [
            ellipsoid(points, (-0.03, 0.045, 0), (0.29, 0.125, 0.15)),
            capsule(points, (-0.22, 0.09, 0), (-0.4, 0.155, 0), 0.07, 0.018),
            capsule(points, (0.14, 0.1, 0), (0.2 + 0.6 * nod, 0.28, 0), 0.085, 0.045),
            sphere(head, (0.0, 0.0, 0.0), 0.064),
            ellipsoid(head, (0.035, -0.012, 0), (0.055, 0.042, 0.045)),
        ],
        0.07,
    )
    wings = [
        ellipsoid(points, (-0.11, 0.1, side * 0.085), (0.25, 0.075, 0.075)) for side in (-1, 1)
    ]
    curl = capsule(points, (-0.33, 0.16, 0), (-0.36, 0.205, 0), 0.022, 0.012)
    bill = blend_all(
        [
            ellipsoid(head, (0.085, -0.022, 0), (0.05, 0.022, 0.028)),
            ellipsoid(head, (0.125, -0.03, 0), (0.035, 0.011, 0.03)),
        ],
        0.02,
    )
    return union(blend_all([body, *wings], 0.02), curl, bill)


def duck_finish(points: Array, nod: float, look: float, seed: int, white: bool) -> Finish:
    """Green head, white collar, brown breast, grey flanks, feathered back, black and white tail.

    A `white` one is white all over but for its bill and its eyes.
    """
    x, y, z = points
    head = head_frame(points, nod, look)
    ragged = 0.012 * fractal(points * 40.0, seed, 2)
    place = np.stack([x * 26.0, np.arctan2(z, y) * 6.0])
    nearest, second, number = cells_around(place, seed + 1)
    feathers = 0.55 + 0.6 * np.clip((second - nearest) * 1.8, 0, 1) + 0.25 * (number - 0.5)
    bars = 0.8 + 0.25 * np.sin(x * 420.0 + 5.0 * fractal(points * 30.0, seed + 2, 2))
    back = np.clip((y + ragged - 0.105 - 0.12 * np.abs(x + 0.1)) / 0.02, 0, 1)
    colour = ramp(back, GREY, BACK) * np.where(back > 0.5, feathers, bars)[:, None]
    breast = np.clip((x + 0.5 * ragged - 0.115) / 0.015, 0, 1)[:, None]
    colour = colour * (1 - breast) + np.array(BROWN) * breast * feathers[:, None]
    rump = (x < -0.24 + ragged)[:, None]
    colour = np.where(rump, np.where((y > 0.13 + ragged)[:, None], 0.02, WHITE), colour)
    speculum = (np.abs(x + 0.2) < 0.035) & (np.abs(y - 0.1) < 0.025) & (np.abs(z) > 0.11)
    colour = np.where(speculum[:, None], (0.03, 0.05, 0.28), colour)
    neck = y + 0.35 * (x - 0.18)
    colour = np.where((neck > 0.225 + 0.3 * ragged)[:, None], WHITE, colour)
    crown = neck > 0.242 + 0.3 * ragged
    sheen = 0.7 + 0.6 * fractal(points * 60.0, seed + 4, 2)[:, None]
    colour = np.where(crown[:, None], np.array(GREEN) * sheen, colour)
    if white:
        colour = np.array(WHITE) * (0.6 + 0.4 * feathers)[:, None]
    bill = (head[0] > 0.062) & (neck > 0.26)
    colour = np.where(bill[:, None], BILL, colour)
    eyes = length(np.stack([head[0] - 0.03, head[1] - 0.018, np.abs(head[2]) - 0.05])) < 0.016
    colour = np.where(eyes[:, None], 0.008, colour)
    gloss = np.where(eyes, 0.8, np.where(crown & ~bill, 0.35, 0.08))
    return Finish.of(colour.T, gloss)


def duck(
    x: float,
    z: float,
    heading: float,
    time: float,
    seed: int,
    scale: float = 1.0,
    target: str | None = None,
    white: bool = False,
) -> Body:
    """A drake or a `white` duck afloat at (x, z), nodding and looking about; `time` in frames."""
    nod = 0.02 * np.sin(0.45 * time)
    look = 0.5 * np.sin(0.11 * time + 1.0)
    bob = 0.008 * np.sin(0.31 * time)
    lift = np.array([[0.0], [0.1], [0.0]])
    return Body(
        distance=lambda p: duck_distance(p + lift, nod, look),
        finish=lambda p: duck_finish(p + lift, nod, look, seed, white),
        relief=lambda p: 0.0015 * fractal(p * np.array([[30.0], [90.0], [90.0]]), seed + 7, 2),
        radius=0.5,
        position=np.array([x, (0.1 + bob) * scale, z]),
        rotation=turn(heading, 0.0, 0.02 * np.sin(0.23 * time)),
        scale=scale,
        target=target,
    )
