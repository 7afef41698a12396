"""The constant-velocity Kalman filter of SAMURAI (arXiv 2411.11922, section 4.1 and public code).

The state is (x, y, a, h) and its velocities: box center, aspect ratio width / height, height, in
pixels of the network's square input (so the aspect ratio is that of the squeezed image), one frame
a step, float64. The noise scales with the height, as in DeepSORT's tracker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samurai.geometry import Corners

Vector = NDArray[np.float64]

POSITION_WEIGHT = 1 / 20
VELOCITY_WEIGHT = 1 / 160
ASPECT_STD = 1e-2
ASPECT_VELOCITY_STD = 1e-5
MEASURED_ASPECT_STD = 1e-1

_TRANSITION: Vector = np.eye(8) + np.eye(8, k=4)
"""Position += velocity * 1 frame."""


@dataclass(frozen=True, eq=False)
class BoxMotion:
    """A Gaussian over a box and its velocity: mean (8,), covariance (8, 8). A value."""

    mean: Vector
    covariance: Vector

    @classmethod
    def start(cls, corners: Corners) -> BoxMotion:
        """A box at rest."""
        measured = _measurement(corners)
        position, velocity = 2 * POSITION_WEIGHT * measured[3], 10 * VELOCITY_WEIGHT * measured[3]
        std = _std(position, ASPECT_STD, velocity, ASPECT_VELOCITY_STD)
        return cls(np.concatenate([measured, np.zeros(4)]), np.diag(std**2))

    def predicted(self) -> BoxMotion:
        """The state one frame later."""
        position, velocity = POSITION_WEIGHT * self.mean[3], VELOCITY_WEIGHT * self.mean[3]
        noise = _std(position, ASPECT_STD, velocity, ASPECT_VELOCITY_STD)
        covariance = _TRANSITION @ self.covariance @ _TRANSITION.T + np.diag(noise**2)
        return BoxMotion(_TRANSITION @ self.mean, covariance)

    def updated(self, corners: Corners) -> BoxMotion:
        """The state after a box was seen."""
        position = POSITION_WEIGHT * self.mean[3]
        noise = np.array([position, position, MEASURED_ASPECT_STD, position])
        innovation_covariance = self.covariance[:4, :4] + np.diag(noise**2)
        gain = np.linalg.solve(innovation_covariance, self.covariance[:4, :]).T
        mean = self.mean + gain @ (_measurement(corners) - self.mean[:4])
        return BoxMotion(mean, self.covariance - gain @ innovation_covariance @ gain.T)

    @property
    def corners(self) -> Corners:
        """The mean box as (left, top, right, bottom)."""
        x, y, aspect, height = (float(value) for value in self.mean[:4])
        width = aspect * height
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _std(position: float, aspect: float, velocity: float, aspect_velocity: float) -> Vector:
    return np.array(
        [position, position, aspect, position, velocity, velocity, aspect_velocity, velocity]
    )


def _measurement(corners: Corners) -> Vector:
    """(x, y, a, h) of a corner box; a height of zero counts as one pixel."""
    left, top, right, bottom = corners
    height = bottom - top or 1.0
    return np.array([(left + right) / 2, (top + bottom) / 2, (right - left) / height, height])
