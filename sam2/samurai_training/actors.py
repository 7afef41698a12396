"""The actors of a clip: appearance, pose, motion, limbs, and a tracked part.

World coordinates: one unit is the target's own size (the square root of its box's area) in the
first frame; x right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.assets import Assets, Picture
from samurai_training.people import Person
from samurai_training.sprites import CutOut, Deformation, Look, cut_out

Matrix = NDArray[np.float64]

FIGURES = 0.3
"""Share of actors that are drawn people."""


@dataclass
class Pose:
    """Where a sprite is: center, size (its longer side in units), angle, stretch, tilt."""

    x: float
    y: float
    size: float
    angle: float = 0.0
    stretch: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)

    def matrix(self, height: int, width: int) -> Matrix:
        """From sprite pixels to the world, a homography."""
        scale = self.size / max(height, width)
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        linear = turn @ np.diag([scale * np.exp(self.stretch), scale * np.exp(-self.stretch)])
        center = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]], dtype=float)
        lean = np.eye(3)
        lean[2, :2] = np.array(self.tilt) / max(height, width)
        place = np.eye(3)
        place[:2, :2] = linear
        place[:2, 2] = self.x, self.y
        matrix: Matrix = place @ lean @ center
        return matrix


@dataclass
class Motion:
    """How a pose changes from frame to frame: inertia, random pushes, turns, growth."""

    velocity: NDArray[np.float64]
    push: float
    spin: float
    growth: float
    pull: float = 0.02
    """Strength of the pull back to its start, which keeps it within reach."""

    @classmethod
    def drawn(cls, random: Generator, upright: bool = False) -> Motion:
        """upright: it turns little, as people do."""
        speed = float(np.clip(np.exp(random.normal(np.log(0.07), 0.9)), 0, 0.7))  # units per frame
        heading = random.uniform(0, 6.28)
        spin = 0.003 if upright else 0.04 if random.random() < 0.6 else 0.15
        return cls(
            velocity=speed * np.array([np.cos(heading), np.sin(heading)]),
            push=speed * random.uniform(0.05, 0.5),
            spin=float(random.normal(0, spin)),
            growth=float(random.normal(0, 0.02)),
        )

    def advance(self, pose: Pose, home: tuple[float, float], random: Generator) -> Pose:
        """The pose one frame later; velocity, growth and tilt are random walks pulled towards
        `home`."""
        self.velocity = self.velocity * 0.98 + random.normal(0, self.push + 1e-4, 2)
        self.velocity -= self.pull * (np.array([pose.x, pose.y]) - home) * np.abs(self.velocity)
        self.growth = 0.9 * self.growth + random.normal(0, 0.008)
        size = pose.size * np.exp(self.growth)
        stretch = float(np.clip(pose.stretch + random.normal(0, 0.03), -0.4, 0.4))
        tilt = tuple(float(np.clip(t + random.normal(0, 0.03), -0.35, 0.35)) for t in pose.tilt)
        return Pose(
            pose.x + float(self.velocity[0]),
            pose.y + float(self.velocity[1]),
            float(np.clip(size, 0.15, 9.0)),
            pose.angle + self.spin + float(random.normal(0, 0.015)),
            stretch,
            (tilt[0], tilt[1]),
        )


@dataclass
class Limb:
    """A second sprite hinged to a first one: position, size, and amplitude of its swing."""

    sprite: Picture
    at: tuple[float, float]
    size: float
    swing: float
    pace: float


@dataclass(frozen=True)
class Layer:
    """A layer to draw: a picture (H, W, 4), its homography into the world, and its pixels that
    belong to the actor, uint8 (H, W); None for all opaque ones."""

    picture: Picture
    place: Matrix
    part: Picture | None = None


@dataclass
class Actor:
    """A look with limbs, pose and motion."""

    look: Look
    pose: Pose
    motion: Motion
    limbs: list[Limb] = field(default_factory=list)
    home: tuple[float, float] = (0.0, 0.0)
    time: int = 0

    def advance(self, random: Generator) -> None:
        """Move by one frame."""
        self.pose = self.motion.advance(self.pose, self.home, random)
        self.time += 1

    def place_at(self, x: float, y: float) -> None:
        """Move to a place, and stay near it."""
        self.pose.x, self.pose.y = self.home = (x, y)

    def focus(self) -> tuple[float, float, float]:
        """Approximate center and size (the square root of its box's area) of the tracked part."""
        height, width = self.look.size
        left, top, right, bottom = self.look.part_box()
        middle = np.array([(left + right) / 2 * width, (top + bottom) / 2 * height, 1.0])
        x, y, depth = self.pose.matrix(height, width) @ middle
        share = np.sqrt((right - left) * (bottom - top) * height * width) / max(height, width)
        return float(x / depth), float(y / depth), float(self.pose.size * share)

    def double(self, random: Generator, pose: Pose, motion: Motion) -> Actor:
        """A distractor with the same appearance."""
        limbs = [replace(limb, pace=limb.pace * random.uniform(0.7, 1.4)) for limb in self.limbs]
        return Actor(self.look.double(random), pose, motion, limbs)

    def layers(self) -> list[Layer]:
        """The layers, back to front."""
        body = self.look.at(self.time)
        # independent of the margin of its appearance
        grown = max(body.shape[:2]) / max(self.look.size)
        pose = replace(self.pose, size=self.pose.size * grown)
        part = self.look.part(self.time)
        drawn = [Layer(body, pose.matrix(*body.shape[:2]), part)]
        cosine, sine = np.cos(self.pose.angle), np.sin(self.pose.angle)
        for limb in self.limbs:
            x, y = limb.at[0] * self.pose.size, limb.at[1] * self.pose.size
            angle = self.pose.angle + limb.swing * np.sin(limb.pace * self.time)
            place = Pose(
                self.pose.x + cosine * x - sine * y,
                self.pose.y + sine * x + cosine * y,
                limb.size * self.pose.size,
                float(angle),
            )
            none = None if part is None else np.zeros(limb.sprite.shape[:2], np.uint8)
            drawn.append(Layer(limb.sprite, place.matrix(*limb.sprite.shape[:2]), none))
        return drawn


def actor(assets: Assets, random: Generator, size: float = 1.0, figures: float = FIGURES) -> Actor:
    """A new actor at the origin, about `size` units large.

    Args:
        figures: the probability that it is a drawn person.
    """
    person = random.random() < figures
    look: Look = (
        Person.drawn(assets, random)
        if person
        else CutOut(cut_out(assets, random), Deformation.drawn(random))
    )
    pose = _pose(look, random, size, upright=person)
    limbs = [] if person or random.random() >= 0.25 else _limbs(assets, look, random)
    return Actor(look, pose, Motion.drawn(random, upright=person), limbs)


def _pose(look: Look, random: Generator, size: float, upright: bool) -> Pose:
    height, width = look.size
    turned = 0.25 if not upright else 0.05
    return Pose(
        0.0,
        0.0,
        float(size * max(height, width) / np.sqrt(height * width)),
        float(random.normal(0, turned)),
        float(random.normal(0, 0.1)),
        (float(random.normal(0, 0.08)), float(random.normal(0, 0.08))),
    )


def _limbs(assets: Assets, look: Look, random: Generator) -> list[Limb]:
    limbs = []
    for _ in range(random.integers(1, 4)):
        reach, heading = random.uniform(0.2, 0.45), random.uniform(0, 6.28)
        limbs.append(
            Limb(
                cut_out(assets, random) if random.random() < 0.5 else look.at(0),
                (reach * np.cos(heading), reach * np.sin(heading)),
                random.uniform(0.25, 0.6),
                random.uniform(0.1, 0.9),
                random.uniform(0.1, 0.8),
            )
        )
    return limbs
