"""SAM2Long (arXiv 2410.16268): several memory pathways, ranked by their cumulative scores.

Every frame each pathway's candidates become branches, and the best few of them the new pathways,
each with a memory of its own. Rules and constants are the paper's (sections 3.2 and 3.3). Details
that it leaves open follow the public code: the first frame after the prompt doesn't branch, the
newest frame is always remembered, the oldest one lends no pointer, pointers count as many frames
ago as their rank says, and everything marked with "public code" below.

The published method knows its answer after the last frame. Here every frame is answered at once, by
the pathway that is ahead then; with `TrackerConfig(offline=True)` as published (`core.offline`).
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
    PointerRecall,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
)
from samurai.policies.parameters import Parameters, number

EPSILON = 1e-5
"""Added to a predicted IoU before its logarithm is added to a pathway's score (public code)."""


@dataclass(frozen=True)
class Sam2LongParameters(Parameters):
    """SAM2Long's constants.

    Attributes:
        pathways: memory pathways.
        certain: largest magnitude of the pathways' object scores up to which a frame is uncertain:
            then pathways must differ, by predicted IoUs that differ in the second decimal.
        memory_iou, memory_object: what a frame must exceed to be remembered: predicted IoU, object
            score.
        lowest_weight, highest_weight: factors of the memories' keys, for the lowest and the highest
            object score, evenly spaced between. Maps and pointers are ranked apart, and one alone
            is the lowest (public code).
        prompt_score: object score of the prompt's frame in that ranking (public code).
    """

    pathways: int = number(3, 1, 8, whole=True)
    certain: float = number(2.0, 0)
    memory_iou: float = number(0.3)
    memory_object: float = number(0.0)
    lowest_weight: float = number(0.95, 0)
    highest_weight: float = number(1.05, 0)
    prompt_score: float = number(10.0)


class RankedFrame(NamedTuple):
    """A frame that a pathway may remember, and its object score."""

    frame_index: int
    object_score: float


@dataclass(frozen=True)
class Pathway:
    """A sequence of decisions; immutable, because branches share it.

    Attributes:
        score: cumulative logarithm of predicted IoUs.
        trusted: frames that looked right, oldest first.
        newest: the frame before the one that is looked at; None right after the prompt.
    """

    score: float = 0.0
    trusted: tuple[RankedFrame, ...] = ()
    newest: RankedFrame | None = None

    def remembered(self) -> tuple[RankedFrame, ...]:
        """The trusted frames and the newest one, trusted or not; oldest first."""
        if self.newest is None or self.newest in self.trusted:
            return self.trusted
        return (*self.trusted, self.newest)

    def extended(
        self, decoded: Decoded, candidate: int, at_most: int, of: Sam2LongParameters
    ) -> Pathway:
        """This pathway with one more decision, and that many trusted frames at most."""
        iou = decoded.candidates[candidate].predicted_iou
        newest = RankedFrame(decoded.frame_index, decoded.object_score)
        trusted = self.trusted
        if iou > of.memory_iou and decoded.object_score > of.memory_object:
            trusted = (*trusted, newest)[-at_most:]
        return Pathway(self.score + gain(iou), trusted, newest)


class Sam2LongPolicy(Policy):
    """Follows three pathways; the answer is the best one's."""

    name = "sam2long"
    parameters_type = Sam2LongParameters

    def __init__(
        self, context: PolicyContext, parameters: Sam2LongParameters | None = None
    ) -> None:
        super().__init__(context)
        self._parameters = parameters or Sam2LongParameters()
        self._prompt = 0
        self._pathways = [Pathway()]

    @property
    def requirements(self) -> PolicyRequirements:
        """One set of maps and pointers per pathway."""
        pathways = self._parameters.pathways
        return PolicyRequirements(pathways * self.context.slots, pathways * self.context.pointers)

    def start(self, decoded: Decoded) -> Choice:
        """The candidate with the best predicted IoU; tracking begins with one pathway."""
        self._prompt, self._pathways = decoded.frame_index, [Pathway()]
        return Choice(decoded.best())

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """Each pathway's own memory."""
        return [self._recalled(pathway, frame_index) for pathway in self._pathways]

    def _recalled(self, pathway: Pathway, frame_index: int) -> Recall:
        """The prompt and what the pathway remembers: the newest as maps, more as pointers."""
        remembered, slots = pathway.remembered(), self.context.slots
        if not remembered:
            return Recall(
                (MapRecall(self._prompt, 0),),
                (PointerRecall(self._prompt, frame_index - self._prompt),),
            )
        of = self._parameters
        prompt = RankedFrame(self._prompt, of.prompt_score)
        mapped = (prompt, *remembered[1 - slots :])
        places = (0, *range(slots - len(mapped) + 1, slots))
        pointed = (prompt, *remembered[:0:-1])
        distances = (frame_index - self._prompt, *range(1, len(pointed)))
        return Recall(
            tuple(
                MapRecall(seen.frame_index, slot, weight)
                for seen, slot, weight in zip(
                    mapped, places, ranked_weights(mapped, of), strict=True
                )
            ),
            tuple(
                PointerRecall(seen.frame_index, distance, weight)
                for seen, distance, weight in zip(
                    pointed, distances, ranked_weights(pointed, of), strict=True
                )
            ),
        )

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """Extend the best branches, at most `pathways` of them; the answer is that of the highest
        score."""
        of = self._parameters
        if len(decoded) < of.pathways:
            chosen = [Choice(decoded[0].best())] * of.pathways
        else:
            chosen = self._best_branches(decoded)
        at_most = self.context.pointers - 1
        grown = [
            self._pathways[branch.hypothesis].extended(
                decoded[branch.hypothesis], branch.candidate, at_most, of
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
        count = self._parameters.pathways
        if max(abs(seen.object_score) for seen in decoded) <= self._parameters.certain:
            branches = different_branches(decoded, branches, count)
        return sorted(branches[:count], key=total, reverse=True)

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """One pathway is left, without any frame before the correction."""
        self._pathways = [Pathway()]

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """Each pathway's mapped frames and pointers."""
        keeps = []
        for pathway in self._pathways:
            frame_indices = [seen.frame_index for seen in pathway.remembered()]
            maps = frozenset((self._prompt, *frame_indices[1 - self.context.slots :]))
            keeps.append(Keep(maps, frozenset((self._prompt, *frame_indices[1:]))))
        return keeps


def gain(predicted_iou: float) -> float:
    """The score that a candidate adds to its pathway."""
    return math.log(max(predicted_iou, 0.0) + EPSILON)


def ranked_weights(frames: Sequence[RankedFrame], of: Sam2LongParameters) -> list[float]:
    """The factor of each frame's keys, by the rank of its object score."""
    low, high = of.lowest_weight, of.highest_weight
    step = (high - low) / max(1, len(frames) - 1)
    weights = [low] * len(frames)
    order = sorted(range(len(frames)), key=lambda each: frames[each].object_score)
    for rank, each in enumerate(order):
        weights[each] = low + step * rank
    return weights


def different_branches(
    decoded: Sequence[Decoded], branches: Sequence[Choice], count: int
) -> list[Choice]:
    """The best branch of each predicted IoU in two decimals, a visible object's and an absent one's
    being different; after them the best of each pathway that has no branch among them (public code,
    as is that distinction).

    Args:
        branches: best first.
        count: of pathways.
    """
    different: dict[tuple[float, bool], Choice] = {}
    of_pathway: dict[int, Choice] = {}
    for branch in branches:
        seen = decoded[branch.hypothesis]
        iou = round(seen.candidates[branch.candidate].predicted_iou, 2)
        different.setdefault((iou, seen.object_score > 0), branch)
        of_pathway.setdefault(branch.hypothesis, branch)
    first = list(islice(different.values(), count))
    told = {branch.hypothesis for branch in first}
    return first + [of_pathway[number] for number in range(len(decoded)) if number not in told]
