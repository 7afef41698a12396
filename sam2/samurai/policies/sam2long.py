"""SAM2Long (arXiv 2410.16268): several memory pathways, of which the best cumulative score wins.

Every frame each pathway's candidates become branches, and the best few of them the new pathways,
each with a memory of its own. Rules and constants are the paper's (sections 3.2 and 3.3). What it
leaves open is as in the public code: the first frame after the prompt doesn't branch, the newest
frame is always remembered, the oldest one lends no pointer, pointers count as many frames ago as
their rank says, and what names that code below.

The published method knows its answer after the last frame. Here every frame is answered at once, by
the pathway that is ahead then; `Tracker(..., offline=True)` answers as published (see `offline`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    MapRecall,
    Needs,
    PointerRecall,
    Policy,
    Recall,
    Traits,
)

PATHWAYS = 3

EPSILON = 1e-5
"""Added to a predicted IoU before its logarithm is added to a pathway's score (public code)."""

CERTAIN = 2.0
"""Largest magnitude of the pathways' object scores up to which a frame is uncertain: then pathways
must differ, by predicted IoUs that differ in the second decimal."""

MEMORY_IOU, MEMORY_OBJECT = 0.3, 0.0
"""What a frame must exceed to be remembered: predicted IoU, object score."""

WEIGHTS = (0.95, 1.05)
"""What the keys of memories are multiplied by: the lowest object score's, the highest's, evenly
between. Maps and pointers are ranked apart, and one alone is the lowest (public code)."""

PROMPT_SCORE = 10.0
"""Object score of the prompt's frame in that ranking (public code)."""


class Seen(NamedTuple):
    """A frame that a pathway may remember, and its object score."""

    time: int
    object_score: float


@dataclass(frozen=True)
class Pathway:
    """A line of decisions. A value: branches share it.

    Attributes:
        score: cumulative logarithm of predicted IoUs.
        trusted: frames that looked right, oldest first.
        newest: the frame before the one that is looked at; None right after the prompt.
    """

    score: float = 0.0
    trusted: tuple[Seen, ...] = ()
    newest: Seen | None = None

    def remembered(self) -> tuple[Seen, ...]:
        """The trusted frames and the newest one, trusted or not; oldest first."""
        if self.newest is None or self.newest in self.trusted:
            return self.trusted
        return (*self.trusted, self.newest)

    def extended(self, decoded: Decoded, candidate: int, at_most: int) -> Pathway:
        """This pathway with one more decision, and that many trusted frames at most."""
        iou = decoded.candidates[candidate].predicted_iou
        newest = Seen(decoded.time, decoded.object_score)
        trusted = self.trusted
        if iou > MEMORY_IOU and decoded.object_score > MEMORY_OBJECT:
            trusted = (*trusted, newest)[-at_most:]
        return Pathway(self.score + gain(iou), trusted, newest)


class Sam2LongPolicy(Policy):
    """Follows three pathways; the answer is the best one's."""

    name = "sam2long"

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self._prompt = 0
        self._pathways = [Pathway()]

    @property
    def needs(self) -> Needs:
        return Needs(PATHWAYS * self.traits.slots, PATHWAYS * self.traits.pointers)

    def start(self, decoded: Decoded) -> Choice:
        self._prompt, self._pathways = decoded.time, [Pathway()]
        return Choice(decoded.best())

    def recall(self, time: int) -> Sequence[Recall]:
        return [self._recalled(pathway, time) for pathway in self._pathways]

    def _recalled(self, pathway: Pathway, time: int) -> Recall:
        """The prompt and what the pathway remembers: the newest as maps, more as pointers."""
        remembered, slots = pathway.remembered(), self.traits.slots
        if not remembered:
            return Recall(
                (MapRecall(self._prompt, 0),), (PointerRecall(self._prompt, time - self._prompt),)
            )
        prompt = Seen(self._prompt, PROMPT_SCORE)
        mapped = (prompt, *remembered[1 - slots :])
        places = (0, *range(slots - len(mapped) + 1, slots))
        pointed = (prompt, *remembered[:0:-1])
        distances = (time - self._prompt, *range(1, len(pointed)))
        return Recall(
            tuple(
                MapRecall(seen.time, slot, weight)
                for seen, slot, weight in zip(mapped, places, ranked_weights(mapped), strict=True)
            ),
            tuple(
                PointerRecall(seen.time, distance, weight)
                for seen, distance, weight in zip(
                    pointed, distances, ranked_weights(pointed), strict=True
                )
            ),
        )

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        if len(decoded) < PATHWAYS:
            chosen = [Choice(decoded[0].best())] * PATHWAYS
        else:
            chosen = self._best_branches(decoded)
        at_most = self.traits.pointers - 1
        grown = [
            self._pathways[branch.hypothesis].extended(
                decoded[branch.hypothesis], branch.candidate, at_most
            )
            for branch in chosen
        ]
        # Only differences count; so the sums stay small however long the video is.
        self._pathways = [replace(path, score=path.score - grown[0].score) for path in grown]
        return chosen

    def _best_branches(self, decoded: Sequence[Decoded]) -> list[Choice]:
        """The branches that become pathways, best first."""

        def total(branch: Choice) -> float:
            candidate = decoded[branch.hypothesis].candidates[branch.candidate]
            return self._pathways[branch.hypothesis].score + gain(candidate.predicted_iou)

        branches = [
            Choice(candidate, hypothesis)
            for hypothesis, seen in enumerate(decoded)
            for candidate in range(len(seen.candidates))
        ]
        branches.sort(key=total, reverse=True)
        if max(abs(seen.object_score) for seen in decoded) <= CERTAIN:
            branches = different_branches(decoded, branches)
        return sorted(branches[:PATHWAYS], key=total, reverse=True)

    def remember(self, time: int) -> Sequence[Keep]:
        keeps = []
        for pathway in self._pathways:
            times = [seen.time for seen in pathway.remembered()]
            maps = frozenset((self._prompt, *times[1 - self.traits.slots :]))
            keeps.append(Keep(maps, frozenset((self._prompt, *times[1:]))))
        return keeps


def gain(predicted_iou: float) -> float:
    """What a candidate adds to its pathway's score."""
    return math.log(max(predicted_iou, 0.0) + EPSILON)


def ranked_weights(frames: Sequence[Seen]) -> list[float]:
    """What each frame's keys are multiplied by, by the rank of its object score."""
    low, high = WEIGHTS
    step = (high - low) / max(1, len(frames) - 1)
    weights = [low] * len(frames)
    for rank, number in enumerate(sorted(range(len(frames)), key=lambda n: frames[n].object_score)):
        weights[number] = low + step * rank
    return weights


def different_branches(decoded: Sequence[Decoded], branches: Sequence[Choice]) -> list[Choice]:
    """The best branch of each predicted IoU in two decimals, a visible object's and an absent one's
    being different; after them the best of each pathway that has no branch among them (public code,
    as is that distinction).

    Args:
        branches: best first.
    """
    different: dict[tuple[float, bool], Choice] = {}
    of_pathway: dict[int, Choice] = {}
    for branch in branches:
        seen = decoded[branch.hypothesis]
        iou = round(seen.candidates[branch.candidate].predicted_iou, 2)
        different.setdefault((iou, seen.object_score > 0), branch)
        of_pathway.setdefault(branch.hypothesis, branch)
    first = list(islice(different.values(), PATHWAYS))
    told = {branch.hypothesis for branch in first}
    return first + [of_pathway[number] for number in range(len(decoded)) if number not in told]
