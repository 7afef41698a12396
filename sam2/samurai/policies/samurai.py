"""SAMURAI (arXiv 2411.11922): motion-aware choice of the mask, quality-aware choice of the memory.

The constants are those of the public code; where it and the paper differ, the code counts (the
weight of the motion score is per model size and comes with the model's configuration).

Where this departs from the reference, because there it is a defect:

* the filter and its counter belong to one object of one session; the reference keeps them on the
  network, where they survive from video to video and are shared by all objects;
* an absent object (no candidate above the object gate, or an empty mask) measures nothing: the
  filter isn't updated with an empty box, and motion starts anew when the object is back. The
  reference feeds the filter the box 0, 0, 0, 0 when the predicted IoU is 0.3 or more;
* frames are counted from the object's own prompt, so that an object may start in any frame.
"""

from __future__ import annotations

from collections.abc import Sequence

from samurai.geometry import Corners, corners_overlap
from samurai.motion.kalman import BoxMotion
from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    MapRecall,
    Needs,
    Policy,
    Recall,
    Traits,
    kept_pointers,
    recent_pointers,
)

STABLE_FRAMES = 15
"""Frames with a trusted measurement before the motion model has a say."""

STABLE_IOU = 0.3
"""Predicted IoU under which a choice isn't trusted as a measurement."""

OBJECT_GATE = -1.0
"""Object score above which the head lets masks through (SAM 2: 0)."""

MEMORY_IOU, MEMORY_OBJECT, MEMORY_MOTION = 0.5, 0.0, 0.0
"""What a frame must exceed to be remembered: predicted IoU, object score, motion score."""


class SamuraiPolicy(Policy):
    """A Kalman filter helps to choose; only frames that look right are remembered."""

    name = "samurai"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self._prompt = 0
        self._motion: BoxMotion | None = None
        self._stable = 0
        self._trusted = False
        self._trusted_maps: tuple[int, ...] = ()

    @property
    def needs(self) -> Needs:
        # The prompt's map, the trusted ones, and the newest where it isn't trusted.
        maps = self.traits.slots + 1
        return Needs(maps, self.traits.pointers, boxes=True, object_gate=OBJECT_GATE)

    def start(self, decoded: Decoded) -> Choice:
        self._prompt = decoded.time
        if len(decoded.candidates) == 1:  # a box or a mask: nothing to choose, nothing to measure
            return Choice(0)
        return self._follow(decoded)

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        return [self._follow(decoded[0])]

    def _follow(self, decoded: Decoded) -> Choice:
        """Choose a candidate, move the filter, and note whether the frame is worth remembering."""
        if self._motion is None or self._stable == 0:
            chosen, motion_score = decoded.best(), None
            self._start_motion(decoded.candidates[chosen].corners)
        else:
            self._motion = self._motion.predicted()
            if self._stable < STABLE_FRAMES:
                chosen, motion_score = decoded.best(), None
            else:
                chosen, motion_score = self._weigh(decoded, self._motion.corners)
            self._measure(decoded, chosen, self._motion)
        self._trusted = (
            decoded.candidates[chosen].predicted_iou > MEMORY_IOU
            and decoded.object_score > MEMORY_OBJECT
            and (motion_score is None or motion_score > MEMORY_MOTION)
        )
        return Choice(chosen)

    def _start_motion(self, corners: Corners | None) -> None:
        if corners is not None:
            self._motion = BoxMotion.start(corners)
            self._stable = 1

    def _weigh(self, decoded: Decoded, expected: Corners) -> tuple[int, float]:
        """The candidate with the best mix of motion score and predicted IoU; its motion score."""
        weight = self.traits.motion_weight
        overlaps = [
            corners_overlap(expected, candidate.corners) if candidate.corners else 0.0
            for candidate in decoded.candidates
        ]
        scores = [
            weight * overlap + (1 - weight) * candidate.predicted_iou
            for overlap, candidate in zip(overlaps, decoded.candidates, strict=True)
        ]
        chosen = scores.index(max(scores))
        return chosen, overlaps[chosen]

    def _measure(self, decoded: Decoded, chosen: int, motion: BoxMotion) -> None:
        """Update the filter with the chosen box, or stop trusting it."""
        candidate = decoded.candidates[chosen]
        # The two bounds differ at exactly 0.3, as in the reference: a young filter must exceed it.
        young = self._stable < STABLE_FRAMES
        trusted = candidate.predicted_iou > STABLE_IOU or (
            not young and candidate.predicted_iou == STABLE_IOU
        )
        if candidate.corners is None or not trusted:
            self._stable = 0
            return
        self._motion = motion.updated(candidate.corners)
        if young:
            self._stable += 1

    def recall(self, time: int) -> Sequence[Recall]:
        frames = [t for t in self._trusted_maps if t != time - 1]
        if time - 1 > self._prompt:
            frames.append(time - 1)
        frames = frames[-(self.traits.slots - 1) :]
        oldest = self.traits.slots - len(frames)
        recent = (MapRecall(t, oldest + rank) for rank, t in enumerate(frames))
        maps = (MapRecall(self._prompt, 0), *recent)
        return [Recall(maps, recent_pointers(self._prompt, time, self.traits.pointers))]

    def remember(self, time: int) -> Sequence[Keep]:
        # The frame right after the prompt is never a trusted one: the reference scans down to the
        # second, and uses the first only as "the newest".
        if self._trusted and time >= self._prompt + 2:
            self._trusted_maps = (*self._trusted_maps, time)[-(self.traits.slots - 1) :]
        maps = frozenset((self._prompt, time, *self._trusted_maps))
        return [Keep(maps, kept_pointers(self._prompt, time, self.traits.pointers))]
