"""The data of a picture: a run of a tracker over a sequence with its results, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]  # RGB (height, width, 3)


class State(Enum):
    """The state of one object in one frame of a result."""

    NONE = "no answer"  # not started yet, or not asked after a failure
    INIT = "init"
    TRACKED = ""
    ABSENT = "absent"  # the answer is that the object isn't there
    FAILED = "failed"


@dataclass(frozen=True)
class MaskShape:
    """Pixels: uint8 (h, w), non-zero inside; `x` and `y` are the frame's pixel of [0, 0]."""

    pixels: NDArray[np.uint8]
    x: int
    y: int


@dataclass(frozen=True)
class PolygonShape:
    """A closed line through `points`, float (n, 2) of x, y in frame pixels; boxes have four."""

    points: NDArray[np.float64]


Shape = MaskShape | PolygonShape


@dataclass(frozen=True)
class Track:
    """One object over a run: every list and array has one entry per frame of the run.

    Attributes:
        name: the object's name in the sequence; empty where there is only one.
        states: those of the result.
        answers: the answered shape; None where there is none.
        truths: the annotated shape; None where the object is absent or not annotated.
        hidden: bool, whether the annotation says that the object is not in view.
        overlaps: float64, the toolkit's overlap of answer and annotation; NaN where it has none.
        confidences: float64, as the tracker gave them; NaN where it gave none.
    """

    name: str
    states: list[State]
    answers: list[Shape | None]
    truths: list[Shape | None]
    hidden: NDArray[np.bool_]
    overlaps: NDArray[np.float64]
    confidences: NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """One run of a tracker over a sequence, with its results.

    Attributes:
        tracker, experiment, sequence: their names.
        name: short and unique within the three, fit for a file name.
        title: the run's name for readers; empty where there is only one.
        frames: the sequence's 0-based frame numbers in the order in which they were tracked.
        length: of the sequence, in frames.
        fps: the sequence's frames per second.
        tracks: one per object.
        image: the picture of the run's n-th frame.
    """

    tracker: str
    experiment: str
    sequence: str
    name: str
    title: str
    frames: list[int]
    length: int
    fps: float
    tracks: list[Track]
    image: Callable[[int], Frame]

    @property
    def mean_overlap(self) -> float | None:
        """Over all frames and objects that have one; None if none has."""
        overlaps = np.concatenate([track.overlaps for track in self.tracks])
        known = overlaps[~np.isnan(overlaps)]
        return float(known.mean()) if known.size else None

    @property
    def failures(self) -> list[int]:
        """Frames of the run in which an object was lost and the tracker restarted, in order."""
        lost = {
            index
            for track in self.tracks
            for index, state in enumerate(track.states)
            if state is State.FAILED
        }
        return sorted(lost)
