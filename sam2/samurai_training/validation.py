"""Validation: the real tracker, with its policies and windows, on generated films.

Films use pictures that training never sees and fixed seeds. Overlap is measured as on real
sequences: of boxes, from the second frame on, over frames in which the target is visible, then the
mean per film, then over films.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samurai.geometry import corners_overlap
from samurai.regions import Box
from samurai.tracker import Tracker
from samurai_training.assets import Assets
from samurai_training.clips import Clip, film


@dataclass(frozen=True)
class Score:
    """overlaps: mean per film. survival: share of films whose last fifth still overlaps by 0.1."""

    overlaps: list[float]
    survival: float

    @property
    def mean(self) -> float:
        """Mean IoU over all frames."""
        return float(np.mean(self.overlaps))


def films(assets: Assets, count: int, length: int, first_seed: int = 0) -> list[Clip]:
    """Validation films, each a function of its seed."""
    return [film(assets, length, first_seed + number) for number in range(count)]


def track(tracker: Tracker, clip: Clip) -> list[Box | None]:
    """The tracker's boxes over a film, initialized with the target's box."""
    first = Box.of_mask(clip.masks[0])
    assert first is not None
    with tracker.session() as session:
        answers = session.start(clip.frames[0], [first])
        boxes = [answers[0].box]
        for frame in clip.frames[1:]:
            boxes.append(session.step(frame)[0].box)
    return boxes


def box_overlap(a: Box | None, b: Box | None) -> float:
    """Intersection over union of two boxes, 0 where one is missing."""
    if a is None or b is None:
        return 0.0
    return corners_overlap(*((c.x, c.y, c.x + c.width, c.y + c.height) for c in (a, b)))


def overlaps(boxes: Sequence[Box | None], masks: NDArray[np.bool_]) -> list[float]:
    """Overlap per frame from the second on, where the target is visible."""
    truths = [Box.of_mask(mask) for mask in masks]
    pairs = list(zip(boxes, truths, strict=True))[1:]
    return [box_overlap(box, truth) for box, truth in pairs if truth is not None]


def score(tracker: Tracker, clips: Sequence[Clip]) -> Score:
    """Track all films and sum up."""
    means, alive = [], 0
    for clip in clips:
        values = overlaps(track(tracker, clip), clip.masks)
        means.append(float(np.mean(values)))
        alive += float(np.mean(values[-len(values) // 5 :])) > 0.1
    return Score(means, alive / len(clips))
