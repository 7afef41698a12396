"""HiM2SAM (PRCV 2025, arXiv 2507.07603): motion in two levels, memory in two terms.

Motion: SAMURAI's filter first; where its choice is uncertain, points that are followed through the
last frames vote too (see `point_vote`). Memory: short-term frames that looked right, with a gap
between them, and one long-term frame in which the object was clearly distinguished from something
else. Constants are those of the paper and its public code; the paper's intervals differ between the
large model and the small ones.

As released, parts of the reference don't take effect (a misspelt name switches the long-term memory
off in some configurations, pointers come from the wrong frame). This follows the paper there. Where
both are silent, our reading: the long-term conditions compare the best candidate with the second
best (its score ratio, area ratio and distance), and the long-term frame has the oldest recent slot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from samurai.motion import point_tracker
from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    MapRecall,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
    RecentFrames,
    kept_pointers,
    recent_pointers,
)
from samurai.policies.motion_choice import OBJECT_GATE, Chosen, MotionChoice, MotionParameters
from samurai.policies.observations import Mask
from samurai.policies.parameters import number
from samurai.policies.point_vote import PointVote, VoteParameters

LONG_GAP, SHORT_GAP = {True: 5, False: 15}, {True: 2, False: 5}
"""Frames from one remembered frame to the next: of the large model, of the others."""


@dataclass(frozen=True)
class Him2SamParameters(MotionParameters, VoteParameters):
    """HiM2SAM's constants.

    Attributes:
        vote_weight: weight of the points' vote in a candidate's score, when they are asked.
        warm_up_iou: points are asked while the filter warms up and the best predicted IoU is below
            this,
        steady_iou, steady_score: later when the best candidate's predicted IoU or its score is
            below these.
        short_iou, short_object: what a frame must exceed to be remembered for a short time:
            predicted IoU, object score.
        long_iou, long_motion, long_lead: what a long-term frame must exceed: predicted IoU, motion
            score, best score / second-best.
        long_area_low, long_area_high: bounds of its area over the second candidate's.
        long_distance: Hausdorff distance between both, in equivalent diameters, that it must
            exceed.
        long_gap, short_gap: frames from one remembered frame to the next; None takes `LONG_GAP` and
            `SHORT_GAP` of the model's size.
    """

    motion_weight: float = number(0.15, 0, 1)
    vote_weight: float = number(0.25, 0, 1)
    warm_up_iou: float = number(0.8)
    steady_iou: float = number(0.3)
    steady_score: float = number(0.8)
    short_iou: float = number(0.5)
    short_object: float = number(0.0)
    long_iou: float = number(0.8)
    long_motion: float = number(0.8)
    long_lead: float = number(1.5, 0)
    long_area_low: float = number(0.75, 0)
    long_area_high: float = number(1.25, 0)
    long_distance: float = number(2.0, 0)
    long_gap: int | None = number(None, 1, whole=True)
    short_gap: int | None = number(None, 1, whole=True)


class Him2SamPolicy(Policy):
    """Tracked points vote where motion is uncertain; short- and long-term memory."""

    name = "him2sam"
    parameters_type = Him2SamParameters

    def __init__(self, context: PolicyContext, parameters: Him2SamParameters | None = None) -> None:
        super().__init__(context)
        self._parameters = of = parameters or Him2SamParameters()
        self._long_gap = LONG_GAP[context.large] if of.long_gap is None else of.long_gap
        self._short_gap = SHORT_GAP[context.large] if of.short_gap is None else of.short_gap
        self.motion = MotionChoice(context, of)
        self._vote = PointVote(point_tracker(context.points), of)
        self._prompt = 0
        self._short: tuple[int, ...] = ()
        self._long: int | None = None

    @property
    def requirements(self) -> PolicyRequirements:
        """Boxes for the Kalman filter, recent pictures for the vote of tracked points."""
        maps = self.context.slots + 1  # the prompt's, the short-term ones, the long-term one
        frames = self._parameters.vote_frames
        return PolicyRequirements(
            maps, self.context.pointers, boxes=True, object_gate=OBJECT_GATE, frames=frames
        )

    def observe(self, frames: RecentFrames) -> None:
        """Keep the recent pictures for the vote."""
        self._vote.observe(frames)

    def start(self, decoded: Decoded) -> Choice:
        """Best predicted IoU, or the motion rule where the prompt has several candidates."""
        self._prompt = decoded.frame_index
        chosen = decoded.best()
        if len(decoded.candidates) > 1:
            chosen = self.motion.choose(decoded).candidate
        self._vote.note(decoded, chosen)
        return Choice(chosen)

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """Motion-weighted IoU, refined by the vote where it is uncertain; sure frames are
        remembered."""
        seen = decoded[0]
        chosen = self.motion.choose(
            seen, lambda scores, steady: self._refined(seen, scores, steady)
        )
        iou = seen.candidates[chosen.candidate].predicted_iou
        of = self._parameters
        if iou > of.short_iou and seen.object_score > of.short_object:
            self._vote.note(seen, chosen.candidate)
            self._remember(seen, chosen)
        return [Choice(chosen.candidate)]

    def _refined(self, decoded: Decoded, scores: list[float], steady: bool) -> list[float]:
        """The scores, with the points' vote where they are uncertain."""
        of, best = self._parameters, scores.index(max(scores))
        iou = decoded.candidates[best].predicted_iou
        doubtful = iou < of.steady_iou or scores[best] < of.steady_score
        uncertain = doubtful if steady else iou < of.warm_up_iou
        votes = self._vote.of(decoded) if uncertain else None
        if votes is None:
            return scores
        return [
            of.vote_weight * vote + (1 - of.vote_weight) * score
            for vote, score in zip(votes, scores, strict=True)
        ]

    def _remember(self, decoded: Decoded, chosen: Chosen) -> None:
        """Add a trusted frame to short- or long-term memory, if the last one there is old
        enough."""
        frame_index = decoded.frame_index
        last = self._short[-1] if self._short else self._prompt
        if frame_index - last >= self._short_gap:
            self._short = (*self._short, frame_index)[-(self.context.slots - 1) :]
        last = self._prompt if self._long is None else self._long
        if frame_index - last >= self._long_gap and is_distinct(decoded, chosen, self._parameters):
            self._long = frame_index

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """Motion and points start at the corrected mask; short- and long-term memory are empty."""
        self.motion.restart(decoded.candidates[candidate].corners)
        self._vote.forget()
        self._vote.note(decoded, candidate)
        self._short, self._long = (), None

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The prompt's map, the long-term map in slot 1, and short-term maps up to the newest
        slot."""
        slots = self.context.slots
        maps = [MapRecall(self._prompt, 0)]
        recent = [t for t in self._short if t != self._long]
        if self._long is not None:
            maps.append(MapRecall(self._long, 1))
            recent = recent[-(slots - 2) :]
        oldest = slots - len(recent)
        maps += [MapRecall(t, oldest + rank) for rank, t in enumerate(recent)]
        return [
            Recall(tuple(maps), recent_pointers(self._prompt, frame_index, self.context.pointers))
        ]

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The prompt, the short-term frames and the long-term frame."""
        maps = {self._prompt, *self._short}
        if self._long is not None:
            maps.add(self._long)
        return [
            Keep(frozenset(maps), kept_pointers(self._prompt, frame_index, self.context.pointers))
        ]


def is_distinct(decoded: Decoded, chosen: Chosen, of: Him2SamParameters) -> bool:
    """Whether the chosen candidate is sure, where expected, and clearly not the second one."""
    ious = [candidate.predicted_iou for candidate in decoded.candidates]
    if chosen.motion_score is None or chosen.motion_score <= of.long_motion:
        return False
    if ious[chosen.candidate] <= of.long_iou or len(ious) < 2:
        return False
    others = [number for number in range(len(ious)) if number != chosen.candidate]
    second = max(others, key=lambda number: ious[number])
    if ious[chosen.candidate] <= of.long_lead * ious[second]:
        return False
    mask, other = decoded.mask(chosen.candidate), decoded.mask(second)
    area, other_area = np.count_nonzero(mask), np.count_nonzero(other)
    if not area or not other_area:
        return False
    if not of.long_area_low <= area / other_area <= of.long_area_high:
        return False
    diameter = math.sqrt(4 * area / math.pi)
    return hausdorff(mask, other) > of.long_distance * diameter


def hausdorff(a: Mask, b: Mask) -> float:
    """Hausdorff distance of two masks that aren't empty, in pixels."""
    to_a, to_b = _distance_to(a), _distance_to(b)
    return float(max(to_b[a].max(), to_a[b].max()))


def _distance_to(mask: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Distance of every pixel to the nearest one of a mask."""
    outside = (~mask).astype(np.uint8)
    return cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float32)
