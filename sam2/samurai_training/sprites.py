"""What moves in a clip: cut-outs with a look, a way of deforming, and a path through the world.

World coordinates: one unit is the target's own size (the square root of its box's area) in the
first frame; x right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.assets import Assets, Picture

Matrix = NDArray[np.float64]


def cut_out(assets: Assets, random: Generator) -> Picture:
    """A sprite (H, W, 4) in a new look: photographed, drawn, or a silhouette with a texture."""
    photographic = random.random() < 0.5
    span = (0, assets.photographic) if photographic else (assets.photographic, len(assets.sprites))
    sprite = assets.sprites[random.integers(*span) if span[1] > span[0] else 0].copy()
    if random.random() < (0.15 if photographic else 0.6):
        share = random.uniform(0.6, 1.0)
        texture = patch(assets, random, sprite.shape[:2])
        sprite[..., :3] = cv2.addWeighted(sprite[..., :3].copy(), 1 - share, texture, share, 0)
    sprite = _recoloured(sprite, random)
    sprite[..., 3] = np.where(sprite[..., 3] > 100, 255, 0)
    return sprite[:, ::-1].copy() if random.random() < 0.5 else sprite


def patch(assets: Assets, random: Generator, size: tuple[int, int]) -> Picture:
    """A piece (H, W, 3) of a photograph or a texture."""
    pictures = assets.photos if random.random() < 0.6 else assets.textures
    picture = pictures[random.integers(len(pictures))]
    height, width = size
    zoom = random.uniform(0.6, 2.5)
    rows = min(int(height * zoom) + 1, picture.shape[0])
    columns = min(int(width * zoom) + 1, picture.shape[1])
    y = random.integers(picture.shape[0] - rows + 1)
    x = random.integers(picture.shape[1] - columns + 1)
    piece = picture[y : y + rows, x : x + columns]
    return cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA)


def _recoloured(sprite: Picture, random: Generator) -> Picture:
    """Other brightness, contrast and, now and then, other colours."""
    colour: Picture = sprite[..., :3].astype(np.float32)
    if random.random() < 0.3:
        colour = colour[..., random.permutation(3)]
    gain = random.uniform(0.6, 1.3) * random.uniform(0.85, 1.15, 3)
    colour = colour * gain + random.uniform(-25, 25)
    height, width = colour.shape[:2]
    slope = np.linspace(-1, 1, width)[None, :, None] * random.normal(0, 0.15)
    slope = slope + np.linspace(-1, 1, height)[:, None, None] * random.normal(0.05, 0.15)
    return np.dstack([np.clip(colour * (1 + slope), 0, 255).astype(np.uint8), sprite[..., 3]])


@dataclass
class Deformation:
    """A smooth wave through a sprite that changes with time: limbs swing, cloth flutters."""

    amplitude: float
    waves: NDArray[np.float64]
    """(2, 4): for x and y, cycles over the height and the width, phase, radians per frame."""

    @classmethod
    def drawn(cls, random: Generator) -> Deformation:
        amplitude = random.choice([0.0, 0.03, 0.07, 0.12], p=[0.3, 0.25, 0.25, 0.2])
        waves = np.stack(
            [
                random.uniform(0.2, 1.4, 2),
                random.uniform(0.2, 1.4, 2),
                random.uniform(0, 6.28, 2),
                random.normal(0, 0.5, 2),
            ],
            axis=1,
        )
        return cls(float(amplitude), waves)

    def apply(self, sprite: Picture, time: float) -> Picture:
        """The sprite, with a margin for what swings out of it."""
        if self.amplitude == 0:
            return sprite
        margin = int(self.amplitude * max(sprite.shape[:2])) + 1
        sprite = cv2.copyMakeBorder(
            sprite, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
        )
        height, width = sprite.shape[:2]
        y = np.linspace(0, 6.28, height, dtype=np.float32)[:, None]
        x = np.linspace(0, 6.28, width, dtype=np.float32)[None, :]
        reach = self.amplitude * max(height, width)
        moved = [
            reach * np.sin(w[0] * y + w[1] * x + w[2] + w[3] * time).astype(np.float32)
            for w in self.waves
        ]
        columns, rows = np.meshgrid(
            np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        )
        return cv2.remap(sprite, columns + moved[0], rows + moved[1], cv2.INTER_LINEAR)


@dataclass
class Pose:
    """Where a sprite is: centre, size (its longer side in units), angle, stretch, tilt."""

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
        centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]], dtype=float)
        lean = np.eye(3)
        lean[2, :2] = np.array(self.tilt) / max(height, width)
        place = np.eye(3)
        place[:2, :2] = linear
        place[:2, 2] = self.x, self.y
        matrix: Matrix = place @ lean @ centre
        return matrix


@dataclass
class Motion:
    """How a pose changes from frame to frame: inertia, random pushes, turns, growth."""

    velocity: NDArray[np.float64]
    push: float
    spin: float
    growth: float
    pull: float = 0.02
    """How strongly it is drawn back to where it began, so that it stays in reach."""
    phase: float = 0.0

    @classmethod
    def drawn(cls, random: Generator, speed: float | None = None) -> Motion:
        """speed: units per frame; a log-normal draw around 0.07 unless given."""
        if speed is None:
            speed = float(np.clip(np.exp(random.normal(np.log(0.07), 0.9)), 0, 0.7))
        heading = random.uniform(0, 6.28)
        return cls(
            velocity=speed * np.array([np.cos(heading), np.sin(heading)]),
            push=speed * random.uniform(0.05, 0.5),
            spin=float(random.normal(0, 0.04) if random.random() < 0.6 else random.normal(0, 0.15)),
            growth=float(random.normal(0, 0.02)),
            phase=float(random.uniform(0, 6.28)),
        )

    def advance(self, pose: Pose, home: tuple[float, float], random: Generator) -> Pose:
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
    """A second sprite hinged to a first one: where, how big, how far it swings."""

    sprite: Picture
    at: tuple[float, float]
    size: float
    swing: float
    pace: float


@dataclass
class Actor:
    """A sprite with its deformation, limbs, pose and motion."""

    sprite: Picture
    pose: Pose
    motion: Motion
    deformation: Deformation
    limbs: list[Limb] = field(default_factory=list)
    opacity: float = 1.0
    home: tuple[float, float] = (0.0, 0.0)
    time: int = 0

    def advance(self, random: Generator) -> None:
        self.pose = self.motion.advance(self.pose, self.home, random)
        self.time += 1

    def layers(self) -> list[tuple[Picture, Matrix]]:
        """The sprites to draw and their homographies into the world, back to front."""
        body = self.deformation.apply(self.sprite, self.time)
        # the margin that a deformation adds doesn't make the sprite smaller
        grown = max(body.shape[:2]) / max(self.sprite.shape[:2])
        pose = Pose(**{**self.pose.__dict__, "size": self.pose.size * grown})
        drawn = [(body, pose.matrix(*body.shape[:2]))]
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
            drawn.append((limb.sprite, place.matrix(*limb.sprite.shape[:2])))
        return drawn


def actor(assets: Assets, random: Generator, size: float = 1.0) -> Actor:
    """A new actor at the origin, about `size` units large."""
    sprite = cut_out(assets, random)
    limbs = []
    if random.random() < 0.25:
        for _ in range(random.integers(1, 4)):
            reach, heading = random.uniform(0.2, 0.45), random.uniform(0, 6.28)
            limbs.append(
                Limb(
                    cut_out(assets, random) if random.random() < 0.5 else sprite,
                    (reach * np.cos(heading), reach * np.sin(heading)),
                    random.uniform(0.25, 0.6),
                    random.uniform(0.1, 0.9),
                    random.uniform(0.1, 0.8),
                )
            )
    height, width = sprite.shape[:2]
    longer = size * max(height, width) / np.sqrt(height * width)
    pose = Pose(
        0.0,
        0.0,
        float(longer),
        float(random.normal(0, 0.25)),
        float(random.normal(0, 0.1)),
        (float(random.normal(0, 0.08)), float(random.normal(0, 0.08))),
    )
    return Actor(sprite, pose, Motion.drawn(random), Deformation.drawn(random), limbs)
