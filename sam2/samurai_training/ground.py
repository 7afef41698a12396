"""The background of a clip: a photograph or a texture, and pieces of it that can be tracked.

A piece of a photograph is a target without cut-out artifacts: its edges, its light and its
    surroundings were recorded together.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.assets import Assets, Picture
from samurai_training.sprites import patch


@dataclass
class Ground:
    """A picture (H, W, 3) placed in the world.

    Attributes:
        scale: pixels per unit. origin: the pixel (x, y) at the world's origin.
        piece: uint8 (H, W), 255 on what is tracked; None if the target is not part of the ground.
        tilt: of the ground against the view. leaning: its change per frame.
    """

    picture: Picture
    scale: float
    origin: NDArray[np.float64]
    piece: Picture | None = None
    tilt: NDArray[np.float64] | None = None
    leaning: NDArray[np.float64] | None = None

    @classmethod
    def drawn(cls, assets: Assets, random: Generator) -> Ground:
        """A random background, seen from a random place in it."""
        picture, scale = _background(assets, random)
        origin = random.uniform(0.2, 0.8, 2) * picture.shape[1::-1]
        return cls(picture, scale, origin)

    def choose_piece(self, random: Generator) -> bool:
        """Track a piece of the ground, which then is one unit large, at the origin; returns False
        if no suitable piece was found."""
        for _ in range(12):
            piece = _piece(self.picture, random)
            if piece is not None:
                rows, columns = np.flatnonzero(piece.any(1)), np.flatnonzero(piece.any(0))
                self.piece = piece
                self.origin = np.array(
                    [(columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2]
                )
                self.scale = float(np.sqrt(np.ptp(rows) * np.ptp(columns)))
                return True
        return False

    def cut_piece(self) -> Picture:
        """The tracked piece as a sprite (H, W, 4)."""
        assert self.piece is not None, "no piece was chosen"
        x, y, width, height = cv2.boundingRect(self.piece)
        rows, columns = slice(y, y + height), slice(x, x + width)
        return np.dstack([self.picture[rows, columns], self.piece[rows, columns]])

    def swing(self, random: Generator) -> None:
        """Let the ground tilt and turn a little from frame to frame."""
        self.tilt, self.leaning = np.zeros(2), random.normal(0, 0.02, 2)

    def advance(self, random: Generator) -> None:
        """Lean by one frame, where the ground is tilted."""
        if self.tilt is not None and self.leaning is not None:
            self.leaning = 0.9 * self.leaning + random.normal(0, 0.01, 2)
            self.tilt = np.clip(self.tilt + self.leaning, -0.25, 0.25)

    def matrix(self) -> NDArray[np.float64]:
        """From the picture to the world."""
        x, y = self.origin / self.scale
        lies = np.array([[1 / self.scale, 0, -x], [0, 1 / self.scale, -y], [0, 0, 1]])
        if self.tilt is None:
            return lies
        lean = np.eye(3)
        lean[2, :2] = self.tilt * self.scale / max(self.picture.shape[:2])
        tilted: NDArray[np.float64] = lean @ lies
        return tilted


def _piece(picture: Picture, random: Generator) -> Picture | None:
    """A connected region of like colors, holes filled, uint8 (H, W); None if it is unsuitable."""
    height, width = picture.shape[:2]
    side = float(np.exp(random.uniform(np.log(30), np.log(140))))
    x, y = (int(random.uniform(0.15, 0.85) * length) for length in (width, height))
    left, top = max(0, int(x - 1.5 * side)), max(0, int(y - 1.5 * side))
    cut = picture[top : int(y + 1.5 * side), left : int(x + 1.5 * side)]
    smooth = cv2.GaussianBlur(cut, (0, 0), side / 40 + 0.5)
    found = np.zeros((smooth.shape[0] + 2, smooth.shape[1] + 2), np.uint8)
    seed = np.array([x - left, y - top])
    for _ in range(random.integers(1, 4)):  # an object may have several colors
        spread = (float(random.uniform(6, 28)),) * 3
        place = np.clip(seed, 0, np.array(smooth.shape[1::-1]) - 1).astype(int).tolist()
        if found[place[1] + 1, place[0] + 1] == 0:
            flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
            cv2.floodFill(smooth.copy(), found, place, (0, 0, 0), spread, spread, flags)
        seed = seed + random.normal(0, side / 4, 2)
    inside = cv2.morphologyEx(found[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    largest = max(outlines, key=cv2.contourArea)
    _, _, wide, high = cv2.boundingRect(largest)
    area = cv2.contourArea(largest)
    at_edge = wide >= cut.shape[1] - 2 or high >= cut.shape[0] - 2
    if at_edge or min(wide, high) < 16 or max(wide, high) > 4 * min(wide, high):
        return None
    if area < 0.35 * wide * high:
        return None
    piece = np.zeros((height, width), np.uint8)
    cv2.drawContours(piece, [largest], -1, 255, -1, offset=(left, top))
    return piece


def _background(assets: Assets, random: Generator) -> tuple[Picture, float]:
    """A photo or a texture, some of it cluttered; and its pixels per unit."""
    photo = random.random() < 0.75
    pictures = assets.photos if photo else assets.textures
    picture = pictures[random.integers(len(pictures))]
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    picture = picture.copy()
    if random.random() < 0.25:
        _pave(picture, assets, random)
    if random.random() < 0.4:
        _strew(picture, assets, random)
    return picture, float(np.exp(random.uniform(np.log(30), np.log(200))))


def _pave(picture: Picture, assets: Assets, random: Generator) -> None:
    """Put rectangles of other pictures over a picture, like the signs and windows of streets."""
    rows, columns = picture.shape[:2]
    for _ in range(random.integers(3, 16)):
        height, width = np.exp(random.uniform(np.log(10), np.log(min(rows, columns) / 2), 2))
        y, x = int(random.uniform(0, rows - height)), int(random.uniform(0, columns - width))
        size = (int(height), int(width))
        picture[y : y + size[0], x : x + size[1]] = patch(assets, random, size)


def _strew(picture: Picture, assets: Assets, random: Generator) -> None:
    """Put cut-outs on a picture."""
    for _ in range(random.integers(2, 12)):
        sprite = assets.sprites[random.integers(len(assets.sprites))]
        height, width = sprite.shape[:2]
        if picture.shape[0] <= height or picture.shape[1] <= width:
            continue
        y = random.integers(picture.shape[0] - height)
        x = random.integers(picture.shape[1] - width)
        there = picture[y : y + height, x : x + width]
        there[:] = np.where(sprite[..., 3:] > 127, sprite[..., :3], there)
