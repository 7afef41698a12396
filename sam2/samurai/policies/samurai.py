"""SAMURAI (arXiv 2411.11922): motion-aware choice of the mask, quality-aware choice of the memory.

The constants are those of the public code; where it and the paper differ, the code decides (the
weight of the motion score is per model size and comes with the model's configuration).

Where this departs from the reference, because there it is a defect:

* the filter and its counter belong to one object of one session; the reference keeps them on the
  network, where they survive from video to video and are shared by all objects;
* an absent object gives no measurement (see `motion_choice`);
* frames are counted from the object's own prompt, so that an object may start in any frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
    kept_pointers,
    recent_pointers,
)
from samurai.policies.motion_choice import OBJECT_GATE, Chosen, MotionChoice, MotionParameters
from samurai.policies.parameters import number
from samurai.policies.trusted import TrustedFrames


@dataclass(frozen=True)
class MemoryParameters(MotionParameters):
    """Constants of the motion-aware choice and the quality-aware memory.

    Attributes:
        memory_iou, memory_object, memory_motion: what a frame must exceed to be remembered:
            predicted IoU, object score, motion score.
    """

    memory_iou: float = number(0.5)
    memory_object: float = number(0.0)
    memory_motion: float = number(0.0)

    def trusts(self, decoded: Decoded, chosen: Chosen) -> bool:
        """Whether a frame is worth remembering."""
        motion_score = chosen.motion_score
        return (
            decoded.candidates[chosen.candidate].predicted_iou > self.memory_iou
            and decoded.object_score > self.memory_object
            and (motion_score is None or motion_score > self.memory_motion)
        )


@dataclass(frozen=True)
class SamuraiParameters(MemoryParameters):
    """SAMURAI's constants.

    Attributes:
        object_gate: object score above which the head lets masks through.
    """

    object_gate: float = number(OBJECT_GATE)


class SamuraiPolicy(Policy):
    """A Kalman filter helps to choose the candidate; only trusted frames are remembered."""

    name = "samurai"
    parameters_type = SamuraiParameters

    def __init__(self, context: PolicyContext, parameters: SamuraiParameters | None = None) -> None:
        super().__init__(context)
        self._parameters = parameters or SamuraiParameters()
        self.motion = MotionChoice(context, self._parameters)
        self._memory = TrustedFrames(0, context.slots)
        self._trusted = False

    @property
    def requirements(self) -> PolicyRequirements:
        """Boxes for the Kalman filter, and a gate on the object score."""
        maps, pointers = self._memory.capacity, self.context.pointers
        return PolicyRequirements(
            maps, pointers, boxes=True, object_gate=self._parameters.object_gate
        )

    def start(self, decoded: Decoded) -> Choice:
        """A single candidate (box or mask prompt) is taken as it is; the filter starts a frame
        later."""
        self._memory = TrustedFrames(decoded.frame_index, self.context.slots)
        if len(decoded.candidates) == 1:  # a box or a mask: no choice, no measurement
            return Choice(0)
        return self._follow(decoded)

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """The best weighted sum of predicted IoU and motion score."""
        return [self._follow(decoded[0])]

    def _follow(self, decoded: Decoded) -> Choice:
        """Choose a candidate, and note whether the frame is worth remembering."""
        chosen = self.motion.choose(decoded)
        self._trusted = self._parameters.trusts(decoded, chosen)
        return Choice(chosen.candidate)

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """Motion starts at the corrected box; frames trusted before are forgotten."""
        self.motion.restart(decoded.candidates[candidate].corners)
        self._memory = TrustedFrames(self._memory.prompt, self.context.slots)
        self._trusted = False

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The prompt frame and the newest trusted frames."""
        pointers = recent_pointers(self._memory.prompt, frame_index, self.context.pointers)
        return [Recall(self._memory.recalled(frame_index), pointers)]

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The prompt frame and the trusted frames that can still be recalled."""
        self._memory = self._memory.after(frame_index, self._trusted)
        pointers = kept_pointers(self._memory.prompt, frame_index, self.context.pointers)
        return [Keep(self._memory.kept(frame_index), pointers)]
