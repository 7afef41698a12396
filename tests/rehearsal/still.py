"""`python -m rehearsal.still`: a tracker that says that nothing moves.

STILL=inverted makes it answer the background, STILL=moody another confidence in every process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Answer, Box, Mask, Points
from vot_wrapper.trax.process import run

MOOD = os.environ.get("STILL", "")


class StillTracker:
    def session(self) -> StillSession:
        return StillSession()


class StillSession:
    """The objects of one video, where they were first."""

    def __init__(self) -> None:
        self._masks: list[NDArray[np.bool_]] = []

    def start(self, frame: NDArray[np.uint8], objects: Sequence[Any]) -> list[Answer]:
        self._masks = []
        return self.step(frame, objects)

    def step(self, frame: NDArray[np.uint8], new_objects: Sequence[Any]) -> list[Answer]:
        self._masks += [_pixels(each, frame.shape[:2]) for each in new_objects]
        sure = os.getpid() % 1000 / 1000 if MOOD == "moody" else 0.5
        masks = [~mask for mask in self._masks] if MOOD == "inverted" else self._masks
        return [Answer(n, mask, Box.of_mask(mask), sure, False) for n, mask in enumerate(masks)]

    def update_memory_async(self) -> None:
        """Nothing is remembered."""


def _pixels(region: Any, size: tuple[int, int]) -> NDArray[np.bool_]:
    if isinstance(region, Points):
        x, y = (int(value) for value in region.coordinates[0])
        mask = np.zeros(size, np.bool_)
        mask[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4] = True
        return mask
    assert isinstance(region, Mask)
    return np.asarray(region.array, np.bool_)


if __name__ == "__main__":
    sys.exit(run(lambda settings: StillTracker()))
