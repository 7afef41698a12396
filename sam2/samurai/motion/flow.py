"""Dense motion between two frames, behind one interface.

`dis` (OpenCV) comes with the project; `raft` needs torchvision and its weights.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
FlowField = NDArray[np.float32]

SMALLEST = 16
"""Sides in pixels below which DIS finds no pyramid: such pictures get zero flow."""


class DenseFlow(Protocol):
    """Estimates the displacement of every pixel."""

    def between(self, start: Picture, end: Picture) -> FlowField:
        """float32 (h, w, 2): pixel x, y of `start` is at x + field[y, x, 0], y + field[y, x, 1] in
        `end`. The pictures are uint8 (h, w, 3) RGB of one size."""


class Dis:
    """Dense inverse search (arXiv 1603.03590), OpenCV's."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def __reduce__(self) -> tuple[type[Dis], tuple[()]]:
        return Dis, ()  # OpenCV's can't be copied, and holds nothing of a video

    def between(self, start: Picture, end: Picture) -> FlowField:
        """Zero flow for pictures smaller than SMALLEST pixels, which DIS does not accept."""
        if min(start.shape[:2]) < SMALLEST:
            return np.zeros((*start.shape[:2], 2), dtype=np.float32)
        grays = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (start, end)]
        empty = np.zeros((*start.shape[:2], 2), dtype=np.float32)
        field: FlowField = self._dis.calc(grays[0], grays[1], empty)  # type: ignore[assignment]
        return field


def warped(values: FlowField, backwards: FlowField, fill_value: float) -> FlowField:
    """Values (h, w) of an older picture where they moved to: `backwards` is the flow from the newer
    picture to the older one; `fill_value` fills pixels from outside."""
    height, width = values.shape
    columns, rows = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    moved: FlowField = cv2.remap(  # type: ignore[assignment]
        values,
        columns + backwards[..., 0],
        rows + backwards[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=fill_value,
    )
    return moved
