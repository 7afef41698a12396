"""A fire salamander: a chain of rods along a winding path, black with yellow blotches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..noise import Array, fractal
from ..scene import Body, Finish
from ..shapes import along, blend, blend_all, capsule, column, length, union

YELLOW, BLACK = (0.62, 0.36, 0.012), (0.018, 0.017, 0.018)
# Distance behind the snout and radius there, for a body of length 1.
GIRTH = (
    (0.0, 0.03),
    (0.05, 0.052),
    (0.11, 0.054),
    (0.15, 0.042),
    (0.25, 0.058),
    (0.38, 0.062),
    (0.5, 0.05),
    (0.58, 0.04),
    (0.75, 0.026),
    (1.0, 0.008),
)
SPINE = np.linspace(0.0, 1.0, 17)
Path = Callable[[float], tuple[float, float]]


class Salamander:
    """One moment of the animal: its spine in world coordinates and the parts around it."""

    def __init__(self, path: Path, walked: float, seed: int) -> None:
        """`path` maps metres along it to (x, z); the snout has `walked` so far."""
        self.seed = seed
        self.cycle = walked / 0.3
        behind, radii = zip(*GIRTH, strict=True)
        self.radii = np.interp(SPINE, behind, radii)
        flat = np.array([path(walked - s) for s in SPINE])
        ahead = np.gradient(flat, axis=0)
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        self.side = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        wave = 0.028 * np.sin(2 * np.pi * (self.cycle - 1.1 * SPINE)) * (0.25 + SPINE)
        flat = flat + self.side * wave[:, None]
        height = 0.062 - 0.03 * np.clip((SPINE - 0.5) / 0.3, 0, 1)
        spine = np.stack([flat[:, 0], height, flat[:, 1]], axis=1)
        self.centre = spine.mean(axis=0)
        self.spine = spine - self.centre
        self.legs = [self.leg(k, s, p) for k, p in ((4, 0.0), (8, 0.5)) for s in (-1, 1)]

    def leg(self, joint: int, side: int, phase: float) -> tuple[Array, Array, Array]:
        """Shoulder, elbow and foot; left and right legs move in turn."""
        turns = self.cycle + phase + (0.25 if side > 0 else 0.75)
        swing = 0.09 * np.sin(2 * np.pi * turns)
        lift = 0.02 * max(0.0, float(np.cos(2 * np.pi * turns)))
        out = np.array([self.side[joint, 0], 0.0, self.side[joint, 1]]) * side
        ahead = self.spine[joint - 1] - self.spine[joint]
        ahead = ahead / np.linalg.norm(ahead)
        shoulder = self.spine[joint] + out * 0.035
        elbow = shoulder + out * 0.075 + ahead * swing * 0.4
        foot = elbow + out * 0.04 + ahead * (swing + 0.02)
        foot[1] = 0.016 + lift - self.centre[1]
        return shoulder, elbow, foot

    def distance(self, points: Array) -> Array:
        """Body and legs; points relative to the middle of the spine."""
        body = union(
            *(
                capsule(points, self.spine[k], self.spine[k + 1], self.radii[k], self.radii[k + 1])
                for k in range(len(SPINE) - 1)
            )
        )
        limbs = [
            blend(
                blend(
                    capsule(points, shoulder, elbow, 0.024, 0.017),
                    capsule(points, elbow, foot, 0.017, 0.013),
                    0.01,
                ),
                capsule(points, foot, foot + (foot - elbow) * (0.4, 0.0, 0.4), 0.014, 0.01),
                0.01,
            )
            for shoulder, elbow, foot in self.legs
        ]
        return blend_all([body, *limbs], 0.025) * 0.9

    def along_body(self, points: Array) -> tuple[Array, Array]:
        """Distance behind the snout and signed distance to the right of the spine."""
        best = np.full(points.shape[1], np.inf)
        behind, right = np.zeros(points.shape[1]), np.zeros(points.shape[1])
        for k in range(len(SPINE) - 1):
            place, distance = along(points, self.spine[k], self.spine[k + 1])
            closer = distance < best
            relative = points - column(self.spine[k])
            across = relative[0] * self.side[k, 0] + relative[2] * self.side[k, 1]
            best = np.where(closer, distance, best)
            behind = np.where(closer, SPINE[k] + place * (SPINE[1] - SPINE[0]), behind)
            right = np.where(closer, across, right)
        return behind, right

    def finish(self, points: Array) -> Finish:
        """Two broken yellow bands along the back, spots on the flanks, wet black skin."""
        behind, right = self.along_body(points)
        body = np.stack([behind, right, points[1]])
        ragged = 0.35 * fractal(body * 60.0, self.seed + 1, 3)
        blotch = fractal(body * np.array([[11.0], [17.0], [9.0]]), self.seed, 2)
        band = 0.35 * np.cos((np.abs(right) - 0.034) * 60.0) - 0.1
        yellow = np.clip((blotch + band + 0.4 * ragged) / 0.06, 0.0, 1.0)
        dirt = 0.85 + 0.4 * fractal(body * 25.0, self.seed + 5, 3)
        colour = np.array(BLACK) * (1 - yellow[:, None]) + np.array(YELLOW) * yellow[:, None]
        eyes = length(np.stack([behind - 0.055, np.abs(right) - 0.036])) < 0.013
        colour = np.where(eyes[:, None], 0.006, colour * dirt[:, None])
        return Finish.of(colour.T, 0.6)

    def body(self, target: str | None = None) -> Body:
        """The animal as a body of the scene."""
        reach = float(np.linalg.norm(self.spine, axis=1).max()) + 0.12
        return Body(
            distance=self.distance,
            finish=self.finish,
            radius=reach,
            position=self.centre,
            relief=lambda p: 0.0012 * fractal(p * 70.0, self.seed + 3, 2),
            target=target,
        )
