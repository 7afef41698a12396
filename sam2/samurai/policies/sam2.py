"""The stock memory of SAM 2 (arXiv 2408.00714, section 4): the prompt and the last six frames."""

from __future__ import annotations

from collections.abc import Sequence

from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    MapRecall,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
    kept_pointers,
    recent_pointers,
)


class Sam2Policy(Policy):
    """The candidate with the highest predicted IoU is chosen; every frame is remembered."""

    name = "sam2"

    def __init__(self, context: PolicyContext) -> None:
        super().__init__(context)
        self._prompt = 0

    @property
    def requirements(self) -> PolicyRequirements:
        """As many maps as the network has slots, and as many pointers as it attends to."""
        return PolicyRequirements(maps=self.context.slots, pointers=self.context.pointers)

    def start(self, decoded: Decoded) -> Choice:
        """The candidate with the best predicted IoU."""
        self._prompt = decoded.frame_index
        return Choice(decoded.best())

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The prompt frame and the newest frames, each in the slot of its age."""
        newest = self.context.slots
        recent = (MapRecall(t, newest - (frame_index - t)) for t in self._recent(frame_index))
        maps = (MapRecall(self._prompt, 0), *recent)
        return [Recall(maps, recent_pointers(self._prompt, frame_index, self.context.pointers))]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """The candidate with the best predicted IoU."""
        return [Choice(decoded[0].best())]

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """As in SAM 2, what was remembered since the prompt stays."""

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The prompt frame and those that the next frame can recall."""
        maps = frozenset((self._prompt, *self._recent(frame_index + 1)))
        return [Keep(maps, kept_pointers(self._prompt, frame_index, self.context.pointers))]

    def _recent(self, frame_index: int) -> range:
        """The frames after the prompt that frame `frame_index` attends to, oldest first."""
        return range(max(self._prompt + 1, frame_index - self.context.slots + 1), frame_index)
