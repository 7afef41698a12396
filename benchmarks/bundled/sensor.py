"""From linear light to the bytes of a small camera: exposure, tone, vignette, grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .noise import Array, grain


@dataclass(frozen=True)
class Sensor:
    """`noise` is the grain's standard deviation in mid-grey, in 8-bit steps."""

    exposure: float = 1.0
    noise: float = 2.2
    vignette: float = 0.22

    def develop(self, light: Array, seed: int) -> NDArray[np.uint8]:
        """Linear light (H, W, 3) as an sRGB picture (H, W, 3) uint8."""
        height, width = light.shape[:2]
        y, x = np.mgrid[0:height, 0:width]
        radius = np.hypot((x - width / 2) / width, (y - height / 2) / height)
        exposed = light * self.exposure * (1.0 - self.vignette * (2 * radius**2))[..., None]
        toned = exposed * (1.0 + exposed / 6.0) / (1.0 + exposed)
        encoded = np.where(
            toned <= 0.0031308, 12.92 * toned, 1.055 * np.maximum(toned, 1e-9) ** (1 / 2.4) - 0.055
        )
        speckle = grain((height, width, 3), seed)
        shared = speckle.mean(axis=2, keepdims=True) * 1.2 + 0.5 * speckle
        # Neighbours share a little of their noise, as after a camera's demosaicing.
        soft = 0.6 * shared + 0.2 * (np.roll(shared, 1, axis=0) + np.roll(shared, 1, axis=1))
        strength = self.noise * (1.25 - 0.5 * np.clip(encoded, 0, 1))
        steps = np.rint(encoded * 255.0 + strength * soft)
        return np.asarray(np.clip(steps, 0, 255).astype(np.uint8))
