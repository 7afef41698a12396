"""SAMURAI's motion-aware choice of a mask (arXiv 2411.11922, section 4.1): a Kalman filter whose
prediction counts once it is stable. Policies based on SAMURAI share it; their memories differ.

An absent object (no candidate above the object gate, or an empty mask) gives no measurement: the
filter isn't updated with an empty box, and motion restarts when the object is back. (The public
code feeds the filter the box 0, 0, 0, 0 when the predicted IoU is 0.3 or more.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from samurai.geometry import Corners, corners_overlap
from samurai.motion.kalman import BoxMotion
from samurai.policies.base import Decoded, PolicyContext
from samurai.policies.parameters import Parameters, number

OBJECT_GATE = -1.0
"""Object score above which the head lets masks through (SAM 2: 0)."""


@dataclass(frozen=True)
class MotionParameters(Parameters):
    """Constants of the motion-aware choice.

    Attributes:
        motion_weight: weight of the motion score in a candidate's score; None takes the model's.
        stable_frames: frames with a trusted measurement before the motion score counts.
        stable_iou: predicted IoU under which a choice isn't trusted as a measurement.
    """

    motion_weight: float | None = number(None, 0, 1)
    stable_frames: int = number(15, 1, whole=True)
    stable_iou: float = number(0.3)


Rescore: TypeAlias = Callable[[list[float], bool], list[float]]
"""A function from the candidates' scores, and whether motion counts in them, to refined scores."""


class Chosen(NamedTuple):
    """A candidate, and its motion score (overlap with the predicted box): None while the filter
    doesn't count."""

    candidate: int
    motion_score: float | None


def _as_they_are(scores: list[float], _: bool) -> list[float]:
    return scores


class MotionChoice:
    """One object's filter and its counter.

    Args:
        context: of the model, whose motion weight is used unless the parameters have one.
    """

    def __init__(self, context: PolicyContext, parameters: MotionParameters) -> None:
        given = parameters.motion_weight
        self._weight = context.motion_weight if given is None else given
        self._parameters = parameters
        self._motion: BoxMotion | None = None
        self.stable = 0
        """Trusted measurements in a row, up to `stable_frames`."""

    def choose(self, decoded: Decoded, rescore: Rescore = _as_they_are) -> Chosen:
        """The candidate of the best score: its predicted IoU, later mixed with the motion score."""
        ious = [candidate.predicted_iou for candidate in decoded.candidates]
        if self._motion is None or self.stable == 0:
            chosen = _best(rescore(ious, False))
            self._start(decoded.candidates[chosen].corners)
            return Chosen(chosen, None)
        self._motion = self._motion.predicted()
        if self.stable < self._parameters.stable_frames:
            chosen, motion_score = _best(rescore(ious, False)), None
        else:
            overlaps = _overlaps(decoded, self._motion.corners)
            mixed = [
                self._weight * overlap + (1 - self._weight) * iou
                for overlap, iou in zip(overlaps, ious, strict=True)
            ]
            chosen = _best(rescore(mixed, True))
            motion_score = overlaps[chosen]
        self._measure(decoded, chosen, self._motion)
        return Chosen(chosen, motion_score)

    def restart(self, corners: Corners | None) -> None:
        """Forget all motion; begin at a box, if there is one."""
        self._motion, self.stable = None, 0
        self._start(corners)

    def _start(self, corners: Corners | None) -> None:
        if corners is not None:
            self._motion = BoxMotion.start(corners)
            self.stable = 1

    def _measure(self, decoded: Decoded, chosen: int, motion: BoxMotion) -> None:
        """Update the filter with the chosen box, or stop trusting it."""
        candidate = decoded.candidates[chosen]
        # The two bounds differ at exactly 0.3, as in the reference: a young filter must exceed it.
        young = self.stable < self._parameters.stable_frames
        bound = self._parameters.stable_iou
        trusted = candidate.predicted_iou > bound or (
            not young and candidate.predicted_iou == bound
        )
        if candidate.corners is None or not trusted:
            self.stable = 0
            return
        self._motion = motion.updated(candidate.corners)
        if young:
            self.stable += 1


def _overlaps(decoded: Decoded, expected: Corners) -> list[float]:
    """Overlap of every candidate's box with the expected one."""
    return [
        corners_overlap(expected, candidate.corners) if candidate.corners else 0.0
        for candidate in decoded.candidates
    ]


def _best(scores: list[float]) -> int:
    """The highest, the first of equals."""
    return scores.index(max(scores))
