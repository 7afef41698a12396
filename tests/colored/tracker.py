"""A tracker that follows the color beneath a prompt; what the TraX server needs of a tracker.

An object is where its color is, one pixel too far to the right in every third frame, so that no
measure is perfect. Where its color is nowhere, it is first said to be where it was, with little
confidence, and then to be absent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Answer, Box, Mask, Points

TOLERANCE = 60  # of a color, per channel; a JPEG moves it by less
PATIENCE = 3  # frames

Frame = NDArray[np.uint8]


class ColorTracker:
    """Makes sessions that share nothing."""

    def session(self) -> ColorSession:
        return ColorSession()


class ColorSession:
    """The objects of one video."""

    def __init__(self) -> None:
        self._colors: list[NDArray[np.int16]] = []
        self._masks: list[NDArray[np.bool_]] = []  # the last ones
        self._missing: list[int] = []  # frames since then
        self._count = 0

    def start(self, frame: Frame, objects: Sequence[Box | Mask | Points]) -> list[Answer]:
        self._colors, self._masks, self._missing, self._count = [], [], [], 0
        return self.step(frame, objects)

    def step(self, frame: Frame, new_objects: Sequence[Box | Mask | Points]) -> list[Answer]:
        for prompt in new_objects:
            x, y = _middle(prompt)
            self._colors.append(frame[int(y), int(x)].astype(np.int16))
            self._masks.append(np.zeros(frame.shape[:2], np.bool_))
            self._missing.append(0)
        shift = int(self._count % 3 == 2)
        self._count += 1
        return [self._answer(index, frame, shift) for index in range(len(self._colors))]

    def update_memory_async(self) -> None:
        """Nothing waits for the reply."""

    def _answer(self, index: int, frame: Frame, shift: int) -> Answer:
        distance = np.abs(frame - self._colors[index]).max(axis=2)
        found = np.roll(distance < TOLERANCE, shift, axis=1)
        if found.any():
            self._masks[index], self._missing[index] = found, 0
            return Answer(index, found, Box.of_mask(found), 0.9 - 0.2 * shift, absent=False)
        self._missing[index] += 1
        if self._missing[index] <= PATIENCE:
            mask = self._masks[index]
            return Answer(index, mask, Box.of_mask(mask), 0.1, absent=False)
        return Answer(index, found, None, 0.0, absent=True)


def _middle(prompt: Box | Mask | Points) -> tuple[float, float]:
    if isinstance(prompt, Points):
        x, y = prompt.coordinates[0]
        return float(x), float(y)
    box = Box.of_mask(prompt.array) if isinstance(prompt, Mask) else prompt
    assert box is not None
    return box.x + box.width / 2, box.y + box.height / 2
