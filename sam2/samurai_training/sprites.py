"""The appearance of objects in a clip: cut-outs that deform, in varying colors and textures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.assets import Assets, Picture


class Look(Protocol):
    """A picture that may change with time."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the thing itself, without the margin that `at` may add."""

    def at(self, time: float) -> Picture:
        """uint8 (H, W, 4), the thing in the middle."""

    def part(self, time: float) -> Picture | None:
        """uint8 (H, W), 255 on the part that is tracked, as large as `at`; None for all of it."""

    def part_box(self) -> tuple[float, float, float, float]:
        """The tracked part's left, top, right and bottom as shares of `size`, about."""

    def choose_part(self, random: Generator) -> None:
        """Track only a part from now on."""

    def double(self, random: Generator) -> Look:
        """Another one that looks (nearly) the same."""

    def blend(self, texture: Picture, share: float) -> None:
        """Take on that share of a texture, uint8 (H, W, 3) of this look's `size`."""


def cut_out(assets: Assets, random: Generator) -> Picture:
    """A sprite (H, W, 4) in a new look: photographed, drawn, or a silhouette with a texture."""
    photographic = random.random() < 0.5
    span = (0, assets.photographic) if photographic else (assets.photographic, len(assets.sprites))
    sprite = assets.sprites[random.integers(*span) if span[1] > span[0] else 0].copy()
    if random.random() < (0.15 if photographic else 0.6):
        share = random.uniform(0.6, 1.0)
        texture = patch(assets, random, sprite.shape[:2])
        sprite[..., :3] = cv2.addWeighted(sprite[..., :3].copy(), 1 - share, texture, share, 0)
    sprite = recolored(sprite, random)
    sprite[..., 3] = np.where(sprite[..., 3] > 100, 255, 0)
    if random.random() < 0.5:  # recorded edges are soft, scissors' are not
        sprite[..., 3] = cv2.GaussianBlur(sprite[..., 3], (0, 0), random.uniform(0.5, 2.0))
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


def recolored(sprite: Picture, random: Generator) -> Picture:
    """Other brightness, contrast and, now and then, other colors."""
    color: Picture = sprite[..., :3].astype(np.float32)
    if random.random() < 0.3:
        color = color[..., random.permutation(3)]
    gain = random.uniform(0.6, 1.3) * random.uniform(0.85, 1.15, 3)
    color = color * gain + random.uniform(-25, 25)
    height, width = color.shape[:2]
    slope = np.linspace(-1, 1, width)[None, :, None] * random.normal(0, 0.15)
    slope = slope + np.linspace(-1, 1, height)[:, None, None] * random.normal(0.05, 0.15)
    return np.dstack([np.clip(color * (1 + slope), 0, 255).astype(np.uint8), sprite[..., 3]])


@dataclass
class Deformation:
    """A smooth wave through a sprite that changes with time: limbs swing, cloth flutters."""

    amplitude: float
    waves: NDArray[np.float64]
    """(2, 4): for x and y, cycles over the height and the width, phase, radians per frame."""

    @classmethod
    def drawn(cls, random: Generator) -> Deformation:
        """A random wave; three in ten are still."""
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
        """The sprite (or its mask), with a margin for parts that swing out."""
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
class CutOut:
    """A sprite (H, W, 4) that deforms; of it, an ellipse may be what is tracked."""

    sprite: Picture
    deformation: Deformation
    ellipse: tuple[float, float, float, float] | None = None
    """Left, top, right and bottom as shares of the sprite."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sprite in pixels."""
        height, width = self.sprite.shape[:2]
        return height, width

    def at(self, time: float) -> Picture:
        """The deformed sprite (H, W, 4) at a time in frames."""
        return self.deformation.apply(self.sprite, time)

    def part(self, time: float) -> Picture | None:
        """Mask (H, W) of the tracked ellipse, 255 inside; None for the whole sprite."""
        if self.ellipse is None:
            return None
        height, width = self.size
        left, top, right, bottom = self.ellipse
        inside = np.zeros((height, width), np.uint8)
        center = (round((left + right) / 2 * width), round((top + bottom) / 2 * height))
        axes = (round((right - left) / 2 * width), round((bottom - top) / 2 * height))
        cv2.ellipse(inside, center, axes, 0, 0, 360, 255, -1)
        return self.deformation.apply(inside, time)

    def part_box(self) -> tuple[float, float, float, float]:
        """The tracked part as (left, top, right, bottom), in shares of the sprite."""
        return self.ellipse or (0.0, 0.0, 1.0, 1.0)

    def choose_part(self, random: Generator) -> None:
        """Track a random ellipse only."""
        width, height = random.uniform(0.35, 0.65, 2)
        left, top = random.uniform(0, 1 - width), random.uniform(0, 1 - height)
        self.ellipse = (float(left), float(top), float(left + width), float(top + height))

    def double(self, random: Generator) -> CutOut:
        """The same sprite with another deformation: a distractor."""
        return CutOut(self.sprite, Deformation.drawn(random))

    def blend(self, texture: Picture, share: float) -> None:
        """Mix a texture (H, W, 3) into the colors; `share` 1 replaces them."""
        color = self.sprite[..., :3].copy()
        self.sprite[..., :3] = cv2.addWeighted(color, 1 - share, texture, share, 0)
