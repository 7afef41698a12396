"""samurai-dam, ours: SAMURAI's choice (arXiv 2411.11922), DAM4SAM's memory (arXiv 2411.17576), and
re-detection after an absence.

Motion decides between candidates while the object is followed. What is remembered is distractor-
aware, and must also look right by SAMURAI's measure. After an absence, answers are not remembered
until the network is sure of them: a distractor that is briefly taken for the object doesn't enter
the memory that is needed to find it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samurai.policies.anchors import AnchorMemory, AnchorParameters
from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
)
from samurai.policies.motion_choice import MotionChoice
from samurai.policies.parameters import number
from samurai.policies.samurai import MemoryParameters


@dataclass(frozen=True)
class SamuraiDamParameters(MemoryParameters, AnchorParameters):
    """Constants of both, and of the search.

    Attributes:
        gone_frames: frames in a row without the object before the search begins.
        found_iou: predicted IoU that ends the search.
    """

    gone_frames: int = number(5, 1, whole=True)
    found_iou: float = number(0.7)


class SamuraiDamPolicy(Policy):
    """Motion-aware choice, distractor-aware memory, caution after an absence."""

    name = "samurai-dam"
    parameters_type = SamuraiDamParameters

    def __init__(
        self, context: PolicyContext, parameters: SamuraiDamParameters | None = None
    ) -> None:
        super().__init__(context)
        self._parameters = parameters or SamuraiDamParameters()
        self.motion = MotionChoice(context, self._parameters)
        self._memory = AnchorMemory(context, self._parameters)
        self._absent = 0

    @property
    def searching(self) -> bool:
        """Whether the object was absent for so long that its return must be confirmed."""
        return self._absent >= self._parameters.gone_frames

    @property
    def requirements(self) -> PolicyRequirements:
        """Boxes for SAMURAI's motion, areas for DAM4SAM's memory."""
        return PolicyRequirements(
            self._memory.maps,
            self._memory.pointers,
            boxes=True,
            areas=True,
            box_as_mask=True,
            prompt_candidates=self._parameters.prompt_candidates,
        )

    def start(self, decoded: Decoded) -> Choice:
        """Best predicted IoU, or the motion rule where the prompt has several candidates."""
        chosen = decoded.best()
        if len(decoded.candidates) > 1:
            chosen = self.motion.choose(decoded).candidate
        self._memory.start(decoded, chosen)
        return Choice(chosen)

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The recent and the distractor-resolving memory (DRM)."""
        return [self._memory.recall(frame_index)]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """The best weighted sum of predicted IoU and motion score; a found object resets the
        search."""
        seen = decoded[0]
        chosen = self.motion.choose(seen)
        candidate = seen.candidates[chosen.candidate]
        self._note_absence(candidate.area, candidate.predicted_iou)
        trusted = not self.searching and self._parameters.trusts(seen, chosen)
        self._memory.observe(seen, chosen.candidate, trusted)
        return [Choice(chosen.candidate)]

    def _note_absence(self, area: float, predicted_iou: float) -> None:
        if not area:
            self._absent += 1
        elif not self.searching or predicted_iou > self._parameters.found_iou:
            self._absent = 0

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """As in `samurai` and `dam`; the search for a lost object ends."""
        self.motion.restart(decoded.candidates[candidate].corners)
        self._memory.forget()
        self._absent = 0

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The frames of both memories; a frame that entered neither is not encoded."""
        return [self._memory.keep(frame_index)]
