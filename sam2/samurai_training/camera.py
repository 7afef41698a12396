"""Simulates a camera and a video codec, with constant parameters throughout a clip."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samurai_training.assets import Picture

GRAY = (104, 116, 124)
"""The color outside the frame, BGR: the mean that the network's input is normalized with."""


@dataclass
class Camera:
    """One clip's camera; `expose` turns a rendered picture into a recorded one.

    Attributes:
        resolution: share of the picture's detail that the sensor keeps (a small object in a large
            frame, enlarged by a window, shows few pixels).
        gain, drift: exposure, and its change per frame. tint: per channel.
        noise: standard deviation of the sensor, in gray levels.
        defocus: Gaussian blur in pixels. shake: longest motion blur in pixels.
        quality: of JPEG, None for none. gray: without color.
    """

    resolution: float
    gain: float
    drift: float
    tint: NDArray[np.float32]
    gamma: float
    noise: float
    defocus: float
    shake: float
    quality: int | None
    gray: bool

    @classmethod
    def drawn(cls, random: Generator) -> Camera:
        """A random camera; every fault of it is absent in a share of the draws."""
        return cls(
            resolution=float(random.choice([1.0, random.uniform(0.25, 1.0)])),
            gain=float(random.uniform(0.75, 1.25)),
            drift=float(random.normal(0, 0.012) * (random.random() < 0.5)),
            tint=random.uniform(0.9, 1.1, 3).astype(np.float32),
            gamma=float(np.exp(random.normal(0, 0.2))),
            noise=float(random.choice([0.0, random.uniform(1, 9)])),
            defocus=float(random.choice([0.0, 0.0, random.uniform(0.4, 1.3)])),
            shake=float(random.choice([0.0, 0.0, random.uniform(2, 9)])),
            quality=int(random.integers(25, 92)) if random.random() < 0.6 else None,
            gray=bool(random.random() < 0.12),
        )

    def expose(self, picture: Picture, random: Generator) -> Picture:
        """A BGR picture (H, W, 3) as this camera records it, at the same size."""
        height, width = picture.shape[:2]
        if self.shake and random.random() < 0.6:
            picture = _streaked(picture, self.shake * random.random(), random.uniform(0, 3.14))
        if self.defocus:
            picture = cv2.GaussianBlur(picture, (0, 0), self.defocus)
        if self.resolution < 0.95:
            small = (max(16, int(width * self.resolution)), max(16, int(height * self.resolution)))
            picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        light = np.linspace(0, 1, 256, dtype=np.float32)[:, None] ** self.gamma
        table = np.clip(light * self.gain * self.tint * 255, 0, 255).astype(np.uint8)
        picture = cv2.LUT(picture, table[:, None, :])
        self.gain = float(np.clip(self.gain + self.drift, 0.5, 1.5))
        if self.noise:
            grain = random.integers(-127, 128, picture.shape, dtype=np.int8)
            noisy = picture + grain * np.float32(self.noise / 73)
            picture = np.clip(noisy, 0, 255).astype(np.uint8)
        if self.gray:
            picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
        if self.quality is not None:
            _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            compressed = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
            assert compressed is not None, "OpenCV reads what it has just written"
            picture = compressed
        if picture.shape[:2] != (height, width):
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        return picture


def _streaked(picture: Picture, length: float, angle: float) -> Picture:
    """Motion blur along one direction."""
    side = int(length) | 1
    if side < 3:
        return picture
    kernel = np.zeros((side, side), np.float32)
    middle = side // 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    ends = (np.round(middle - reach).astype(int), np.round(middle + reach).astype(int))
    cv2.line(kernel, ends[0].tolist(), ends[1].tolist(), 1.0)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())
