"""SAMURAI (arXiv 2411.11922): motion-aware choice of the mask, quality-aware choice of the memory.

The constants are those of the public code; where it and the paper differ, the code counts (the
weight of the motion score is per model size and comes with the model's configuration).

Where this departs from the reference, because there it is a defect:

* the filter and its counter belong to one object of one session; the reference keeps them on the
  network, where they survive from video to video and are shared by all objects;
* an absent object measures nothing (see `motion_choice`);
* frames are counted from the object's own prompt, so that an object may start in any frame.
"""

from __future__ import annotations

from collections.abc import Sequence

from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    Needs,
    Policy,
    Recall,
    Traits,
    kept_pointers,
    recent_pointers,
)
from samurai.policies.motion_choice import OBJECT_GATE, MotionChoice
from samurai.policies.trusted import TrustedFrames

MEMORY_IOU, MEMORY_OBJECT, MEMORY_MOTION = 0.5, 0.0, 0.0
"""What a frame must exceed to be remembered: predicted IoU, object score, motion score."""


class SamuraiPolicy(Policy):
    """A Kalman filter helps to choose; only frames that look right are remembered."""

    name = "samurai"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self.motion = MotionChoice(traits.motion_weight)
        self._memory = TrustedFrames(0, traits.slots)
        self._trusted = False

    @property
    def needs(self) -> Needs:
        maps, pointers = self._memory.capacity, self.traits.pointers
        return Needs(maps, pointers, boxes=True, object_gate=OBJECT_GATE)

    def start(self, decoded: Decoded) -> Choice:
        self._memory = TrustedFrames(decoded.time, self.traits.slots)
        if len(decoded.candidates) == 1:  # a box or a mask: nothing to choose, nothing to measure
            return Choice(0)
        return self._follow(decoded)

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        return [self._follow(decoded[0])]

    def _follow(self, decoded: Decoded) -> Choice:
        """Choose a candidate, and note whether the frame is worth remembering."""
        chosen, motion_score = self.motion.choose(decoded)
        self._trusted = (
            decoded.candidates[chosen].predicted_iou > MEMORY_IOU
            and decoded.object_score > MEMORY_OBJECT
            and (motion_score is None or motion_score > MEMORY_MOTION)
        )
        return Choice(chosen)

    def recall(self, time: int) -> Sequence[Recall]:
        pointers = recent_pointers(self._memory.prompt, time, self.traits.pointers)
        return [Recall(self._memory.recalled(time), pointers)]

    def remember(self, time: int) -> Sequence[Keep]:
        self._memory = self._memory.after(time, self._trusted)
        pointers = kept_pointers(self._memory.prompt, time, self.traits.pointers)
        return [Keep(self._memory.kept(time), pointers)]
