"""A tracker that needs no network: an object is the pixels that have the color it was shown with.

Importable in processes that are started afresh, which environment variables let misbehave.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.config import TrackerConfig
from samurai.regions import Answer, Box, Mask

KILL, KILL_AT = "STUB_KILL", 77
"""A file that doesn't exist yet; the process that is shown a frame with that color in its corner
makes it, and is killed."""


def load_stub(config: TrackerConfig, workers: int) -> StubTracker:
    return StubTracker()


class StubTracker:
    def session(self) -> StubSession:
        return StubSession()


class StubSession:
    """As much of a `Session` as benchmarks use; it refuses what a session refuses."""

    def __init__(self) -> None:
        self._colors: dict[int, int] = {}
        self._size: tuple[int, ...] = ()

    def __enter__(self) -> StubSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._colors.clear()

    def start(self, frame: NDArray[np.uint8], objects: Any = ()) -> list[Answer]:
        self._size = frame.shape
        return self._answers(frame, objects)

    def step(self, frame: NDArray[np.uint8], new_objects: Any = None) -> list[Answer]:
        assert self._size, "start comes first"
        return self._answers(frame, () if new_objects is None else new_objects)

    def update_memory_async(self) -> None:
        """There is none."""

    def _answers(self, frame: NDArray[np.uint8], new: Any) -> list[Answer]:
        assert frame.shape == self._size and frame.dtype == np.uint8
        _perhaps_die(frame)
        for number, region in _numbered(new, len(self._colors)).items():
            region.check(frame.shape[:2])
            mask = region.array if isinstance(region, Mask) else _inside(region, frame)
            values, counts = np.unique(frame[..., 0][mask], return_counts=True)
            self._colors[number] = int(values[counts.argmax()])
        return [_answer(number, frame, color) for number, color in self._colors.items()]


def _numbered(new: Mapping[int, Any] | Sequence[Any], taken: int) -> Mapping[int, Any]:
    if isinstance(new, Mapping):
        return new
    return {taken + place: region for place, region in enumerate(new)}


def _inside(box: Box, frame: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return box.filled((frame.shape[0], frame.shape[1])).array


def _answer(number: int, frame: NDArray[np.uint8], color: int) -> Answer:
    mask = frame[..., 0] == color
    box = Box.of_mask(mask)
    return Answer(number, mask, box, 0.0 if box is None else 0.75, box is None)


def _perhaps_die(frame: NDArray[np.uint8]) -> None:
    file = os.environ.get(KILL)
    if file and frame[0, 0, 0] == KILL_AT and not Path(file).exists():
        Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
