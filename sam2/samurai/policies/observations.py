"""The observations of a policy: the decoder's candidates, the grid of their pixels, and pictures.
No torch.

All positions are in the *policies' coordinates*: pixels of the network's square input, as the
references measure them, or, for a model that sees windows, pixels of the frame. They are comparable
over all frames of a video.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.geometry import Corners, mask_corners

Mask = NDArray[np.bool_]
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Grid:
    """Where a candidate's mask lies: in the policies' coordinates, its pixel in column c and row r
    begins at `left + c * scale_x`, `top + r * scale_y`."""

    left: float = 0.0
    top: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0

    def corners(self, mask: Mask) -> Corners | None:
        """Smallest and largest pixel of a mask, without + 1; None if it is empty."""
        found = mask_corners(mask)
        if found is None:
            return None
        left, top, right, bottom = found
        return (
            self.left + left * self.scale_x,
            self.top + top * self.scale_y,
            self.left + right * self.scale_x,
            self.top + bottom * self.scale_y,
        )

    def area(self, mask: Mask) -> float:
        """Pixels of the policies' coordinates that a mask covers."""
        return float(np.count_nonzero(mask)) * self.scale_x * self.scale_y

    def points(self, pixels: NDArray[np.integer]) -> NDArray[np.float32]:
        """Centers of mask pixels, (N, 2) of column and row, as x and y."""
        scale = np.array([self.scale_x, self.scale_y])
        points: NDArray[np.float32] = ((pixels + 0.5) * scale + (self.left, self.top)).astype("f4")
        return points

    def pixels(self, points: NDArray[np.float32]) -> NDArray[np.int64]:
        """The mask pixels, column and row, that points (N, 2) fall into; they may be outside."""
        scale = np.array([self.scale_x, self.scale_y])
        pixels: NDArray[np.int64] = np.floor((points - (self.left, self.top)) / scale).astype(int)
        return pixels

    def resampled(
        self, values: NDArray[np.float32], size: tuple[int, int], fill_value: float
    ) -> NDArray[np.float32]:
        """Values of the mask's pixels over a whole picture (height, width), between them linear;
        `fill_value` where the grid doesn't reach."""
        matrix = np.array(
            [
                [self.scale_x, 0, self.left + (self.scale_x - 1) / 2],
                [0, self.scale_y, self.top + (self.scale_y - 1) / 2],
            ]
        )
        resampled: NDArray[np.float32] = cv2.warpAffine(  # type: ignore[assignment]
            values,
            matrix,
            (size[1], size[0]),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=fill_value,
        )
        return resampled


@dataclass(frozen=True)
class Candidate:
    """One of the decoder's masks.

    Attributes:
        predicted_iou: the network's own estimate of the mask's overlap with the truth, 0 to 1.
        corners: smallest and largest pixel (left, top, right, bottom) of the mask at the input's
            size, without + 1; None when it is empty or boxes weren't asked for.
        area: of the mask, in pixels of the policies' coordinates; 0 if areas weren't asked for.
    """

    predicted_iou: float
    corners: Corners | None = None
    area: float = 0.0


@dataclass(frozen=True)
class Decoded:
    """The network's prediction for one hypothesis in one frame.

    Attributes:
        frame_index: the frame's number in the session.
        object_score: logit of "the object is visible"; where it isn't above the gate, every
            candidate is empty.
        candidates: three on tracked frames, one or three on a prompt's frame.
        logits: copies one candidate's mask logits from the device: float32, a quarter of the input
            size; above zero is object.
        grid: where the pixels of those masks lie.
    """

    frame_index: int
    object_score: float
    candidates: tuple[Candidate, ...]
    logits: Callable[[int], NDArray[np.float32]]
    grid: Grid = field(default_factory=Grid)

    def best(self) -> int:
        """The candidate with the highest predicted IoU, the first of equals."""
        return int(np.argmax([candidate.predicted_iou for candidate in self.candidates]))

    def mask(self, candidate: int) -> Mask:
        """One candidate's mask, boolean, a quarter of the input size."""
        mask: Mask = self.logits(candidate) > 0
        return mask


class RecentFrames(Protocol):
    """The newest frame and `PolicyRequirements.frames` before it, fewer at a video's start."""

    @property
    def ago(self) -> int:
        """The number of frames before the newest."""

    def rgb(self, ago: int = 0) -> Picture:
        """The frame so long ago, uint8 (h, w, 3), in the policies' coordinates."""

    def gray(self, ago: int = 0) -> Picture:
        """The same, uint8 (h, w)."""
