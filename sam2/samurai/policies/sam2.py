"""The stock memory of SAM 2 (arXiv 2408.00714, section 4): the prompt and the last six frames."""

from __future__ import annotations

from collections.abc import Sequence

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


class Sam2Policy(Policy):
    """The highest predicted IoU wins; every frame is remembered, whatever it shows."""

    name = "sam2"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self._prompt = 0

    @property
    def needs(self) -> Needs:
        return Needs(maps=self.traits.slots, pointers=self.traits.pointers)

    def start(self, decoded: Decoded) -> Choice:
        self._prompt = decoded.time
        return Choice(decoded.best())

    def recall(self, time: int) -> Sequence[Recall]:
        newest = self.traits.slots
        recent = (MapRecall(t, newest - (time - t)) for t in self._recent(time))
        maps = (MapRecall(self._prompt, 0), *recent)
        return [Recall(maps, recent_pointers(self._prompt, time, self.traits.pointers))]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        return [Choice(decoded[0].best())]

    def remember(self, time: int) -> Sequence[Keep]:
        maps = frozenset((self._prompt, *self._recent(time + 1)))
        return [Keep(maps, kept_pointers(self._prompt, time, self.traits.pointers))]

    def _recent(self, time: int) -> range:
        """The frames after the prompt that frame `time` attends to, oldest first."""
        return range(max(self._prompt + 1, time - self.traits.slots + 1), time)
