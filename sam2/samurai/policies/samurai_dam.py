"""samurai-dam, ours: SAMURAI's choice (arXiv 2411.11922), DAM4SAM's memory (arXiv 2411.17576), and
re-detection after an absence.

Motion decides between candidates while the object is followed. What is remembered is distractor-
aware, and must also look right by SAMURAI's measure. When the object was gone for a while, whatever
comes back is only answered with, not remembered, until the network is sure of it: a distractor that
is taken for the object for a moment doesn't get into the memory by which the object is found again.
"""

from __future__ import annotations

from collections.abc import Sequence

from samurai.policies.anchors import AnchorMemory
from samurai.policies.base import Choice, Decoded, Keep, Needs, Policy, Recall, Traits
from samurai.policies.dam import PROMPT_CANDIDATES
from samurai.policies.motion_choice import MotionChoice
from samurai.policies.samurai import MEMORY_IOU, MEMORY_MOTION, MEMORY_OBJECT

GONE_FRAMES = 5
"""Frames in a row without the object after which it must be found anew."""

FOUND_IOU = 0.7
"""Predicted IoU that ends the search."""


class SamuraiDamPolicy(Policy):
    """Motion-aware choice, distractor-aware memory, caution after an absence."""

    name = "samurai-dam"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self.motion = MotionChoice(traits.motion_weight)
        self._memory = AnchorMemory(traits)
        self._absent = 0

    @property
    def searching(self) -> bool:
        """Whether the object was gone for so long that its return must be proved."""
        return self._absent >= GONE_FRAMES

    @property
    def needs(self) -> Needs:
        return Needs(
            self._memory.maps,
            self._memory.pointers,
            boxes=True,
            areas=True,
            box_as_mask=True,
            prompt_candidates=PROMPT_CANDIDATES,
        )

    def start(self, decoded: Decoded) -> Choice:
        chosen = decoded.best()
        if len(decoded.candidates) > 1:
            chosen = self.motion.choose(decoded).candidate
        self._memory.start(decoded, chosen)
        return Choice(chosen)

    def recall(self, time: int) -> Sequence[Recall]:
        return [self._memory.recall(time)]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        seen = decoded[0]
        chosen, motion_score = self.motion.choose(seen)
        candidate = seen.candidates[chosen]
        self._note_absence(candidate.area, candidate.predicted_iou)
        trusted = (
            not self.searching
            and candidate.predicted_iou > MEMORY_IOU
            and seen.object_score > MEMORY_OBJECT
            and (motion_score is None or motion_score > MEMORY_MOTION)
        )
        self._memory.observe(seen, chosen, trusted)
        return [Choice(chosen)]

    def _note_absence(self, area: float, predicted_iou: float) -> None:
        if not area:
            self._absent += 1
        elif not self.searching or predicted_iou > FOUND_IOU:
            self._absent = 0

    def remember(self, time: int) -> Sequence[Keep]:
        return [self._memory.keep(time)]
