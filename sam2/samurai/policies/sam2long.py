"""SAM2Long (arXiv 2410.16268): several memory pathways, of which the best cumulative score wins.

Every frame each pathway's candidates become branches, and the best few of them the new pathways,
each with a memory of its own. Constants are those of the public code.

The published method knows its answer after the last frame. Here every frame is answered at once, by
the pathway that is ahead then; `Tracker(..., offline=True)` answers as published (see `offline`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
from samurai.policies.trusted import TrustedFrames

PATHWAYS = 3

EPSILON = 1e-5
"""Added to a predicted IoU before its logarithm is added to a pathway's score."""

CERTAIN = 2.0
"""Largest magnitude of the pathways' object scores up to which a frame is uncertain: then pathways
must differ, by predicted IoUs that differ in the second decimal."""

MEMORY_IOU, MEMORY_OBJECT = 0.1, 0.0
"""What a frame must exceed to be remembered: predicted IoU, object score."""

WEIGHTS = (0.95, 1.05)
"""What remembered maps are multiplied by: the lowest object score's, the highest's, evenly between
(section 3.3 of the paper)."""


@dataclass(frozen=True)
class Pathway:
    """A line of decisions: its cumulative log score, its memory, the object scores of what it
    remembers. A value: branches share it."""

    memory: TrustedFrames
    score: float = 0.0
    object_scores: dict[int, float] = field(default_factory=dict)

    def extended(self, decoded: Decoded, candidate: int) -> Pathway:
        """This pathway with one more decision."""
        iou = decoded.candidates[candidate].predicted_iou
        trusted = iou > MEMORY_IOU and decoded.object_score > MEMORY_OBJECT
        memory = self.memory.after(decoded.time, trusted)
        scores = {**self.object_scores, decoded.time: decoded.object_score}
        kept = memory.kept(decoded.time)
        return Pathway(
            memory,
            self.score + gain(iou),
            {time: score for time, score in scores.items() if time in kept},
        )

    def recalled(self, time: int) -> tuple[MapRecall, ...]:
        """Maps with their weights, the prompt's with 1."""
        prompt, *recent = self.memory.recalled(time)
        order = sorted(range(len(recent)), key=lambda n: self.object_scores[recent[n].time])
        low, high = WEIGHTS
        step = (high - low) / max(1, len(recent) - 1)
        weights = {number: low + step * rank for rank, number in enumerate(order)}
        if len(recent) == 1:
            weights = {0: 1.0}
        weighted = (entry._replace(weight=weights[n]) for n, entry in enumerate(recent))
        return (prompt, *weighted)


class Sam2LongPolicy(Policy):
    """Follows three pathways; the answer is the best one's."""

    name = "sam2long"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self._pathways = [Pathway(TrustedFrames(0, traits.slots))]

    @property
    def needs(self) -> Needs:
        maps = self._pathways[0].memory.capacity
        return Needs(PATHWAYS * maps, PATHWAYS * self.traits.pointers)

    def start(self, decoded: Decoded) -> Choice:
        self._pathways = [Pathway(TrustedFrames(decoded.time, self.traits.slots))]
        return Choice(decoded.best())

    def recall(self, time: int) -> Sequence[Recall]:
        pointers = recent_pointers(self._prompt, time, self.traits.pointers)
        return [Recall(pathway.recalled(time), pointers) for pathway in self._pathways]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        branches = [
            Choice(candidate, hypothesis)
            for hypothesis, seen in enumerate(decoded)
            for candidate in range(len(seen.candidates))
        ]
        branches.sort(key=lambda branch: -self._score(decoded, branch))
        if max(abs(seen.object_score) for seen in decoded) <= CERTAIN:
            branches = _different_first(decoded, branches)
        chosen = branches[:PATHWAYS]
        chosen.sort(key=lambda branch: -self._score(decoded, branch))
        grown = [
            self._pathways[branch.hypothesis].extended(decoded[branch.hypothesis], branch.candidate)
            for branch in chosen
        ]
        # Only differences count; so the sums stay small however long the video is.
        self._pathways = [replace(path, score=path.score - grown[0].score) for path in grown]
        return chosen

    def _score(self, decoded: Sequence[Decoded], branch: Choice) -> float:
        candidate = decoded[branch.hypothesis].candidates[branch.candidate]
        return self._pathways[branch.hypothesis].score + gain(candidate.predicted_iou)

    def remember(self, time: int) -> Sequence[Keep]:
        pointers = kept_pointers(self._prompt, time, self.traits.pointers)
        return [Keep(pathway.memory.kept(time), pointers) for pathway in self._pathways]

    @property
    def _prompt(self) -> int:
        return self._pathways[0].memory.prompt


def gain(predicted_iou: float) -> float:
    """What a candidate adds to its pathway's score."""
    return math.log(max(predicted_iou, 0.0) + EPSILON)


def _different_first(decoded: Sequence[Decoded], branches: Sequence[Choice]) -> list[Choice]:
    """Branches whose predicted IoU no better branch shares (in two decimals), then the others."""
    different: list[Choice] = []
    alike: list[Choice] = []
    known: set[float] = set()
    for branch in branches:
        iou = round(decoded[branch.hypothesis].candidates[branch.candidate].predicted_iou, 2)
        (alike if iou in known else different).append(branch)
        known.add(iou)
    return different + alike
