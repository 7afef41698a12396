"""SAM 3's memory selection (arXiv 2511.16719; the public tracker's `use_memory_selection`): the
prompt, and the newest frames in which the object was surely seen.

A frame's score is its best predicted IoU times how far the probability that the object is visible
lies above one half, doubled. Frames count by rank, not by age: the newest has the newest slot,
however long ago it was. The frame just before is always recalled, whatever its score.

As in the public code, the oldest frame of the list has a map but no pointer. It looks for good
frames as far back as it takes; here, too, a good frame is forgotten only for newer ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    MapRecall,
    PointerRecall,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
)
from samurai.policies.parameters import Parameters, number


@dataclass(frozen=True)
class Sam3Parameters(Parameters):
    """SAM 3's constants.

    Attributes:
        memory_score: what a frame's score, 0 to 1, must exceed; -1 remembers every frame.
    """

    memory_score: float = number(0.01, -1, 1)


class Sam3Policy(Policy):
    """The candidate with the highest predicted IoU is chosen; good frames are remembered."""

    name = "sam3"
    parameters_type = Sam3Parameters

    def __init__(self, context: PolicyContext, parameters: Sam3Parameters | None = None) -> None:
        super().__init__(context)
        self._parameters = parameters or Sam3Parameters()
        self._prompt = self._newest = 0
        self._good: tuple[int, ...] = ()

    @property
    def requirements(self) -> PolicyRequirements:
        """As many maps as the network has slots, and as many pointers as it attends to."""
        return PolicyRequirements(maps=self.context.slots, pointers=self.context.pointers)

    def start(self, decoded: Decoded) -> Choice:
        """The candidate with the best predicted IoU."""
        self._prompt = self._newest = decoded.frame_index
        self._good = ()
        return Choice(decoded.best())

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The prompt and the listed frames, by rank."""
        maps = [MapRecall(self._prompt, 0)]
        mapped = self._listed(self.context.slots - 1)
        maps += [MapRecall(t, self.context.slots - rank) for rank, t in reversed(mapped)]
        pointers = [PointerRecall(self._prompt, frame_index - self._prompt)]
        pointed = self._listed(self.context.pointers)[:-1]
        pointers += [PointerRecall(t, rank) for rank, t in pointed]
        return [Recall(tuple(maps), tuple(pointers))]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """The candidate with the best predicted IoU; a good frame joins the list."""
        seen = decoded[0]
        best = seen.best()
        score = seen.candidates[best].predicted_iou * certainty(seen.object_score)
        if score > self._parameters.memory_score:
            self._good = (*self._good, seen.frame_index)[1 - self.context.pointers :]
        return [Choice(best)]

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """What was remembered stays; the corrected frame is recalled as a prompt from now on."""
        self._good = tuple(t for t in self._good if t != decoded.frame_index)

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The prompt and the frames that the next one recalls, or that later ones may."""
        self._newest = frame_index
        maps = (t for _, t in self._listed(self.context.slots - 1))
        pointers = (t for _, t in self._listed(self.context.pointers - 1))
        return [Keep(frozenset((self._prompt, *maps)), frozenset((self._prompt, *pointers)))]

    def _listed(self, most: int) -> list[tuple[int, int]]:
        """Rank (1 is the newest) and frame of those that may be recalled, newest first."""
        frames = [t for t in self._good if t != self._newest]
        if self._newest > self._prompt:
            frames.append(self._newest)
        return list(enumerate(reversed(frames), start=1))[:most]


def certainty(object_score: float) -> float:
    """How far the probability of an object score lies above one half, doubled: 0 to 1."""
    return max(0.0, math.tanh(object_score / 2))
