"""SAM2Long's rules (arXiv 2410.16268, sections 3.2 and 3.3) as plainly as they can be said.

Pathways are whole lists of decisions; scores are summed anew from the beginning and memories looked
for anew from the newest frame backwards, in every frame. What the paper leaves open is as in the
public code: the beginning, the newest and the oldest frame, ties, ranks as distances, the prompt's
score.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Decision(NamedTuple):
    iou: float
    score: float
    candidate: int


class Sam2LongRules:
    """Three pathways: a list of decisions each, of the frames 1, 2, 3 ...; frame 0 is the prompt's.

    In the first frame there is one memory, and all three pathways go on with its best candidate.
    """

    def __init__(self) -> None:
        self.pathways: list[list[Decision]] = [[], [], []]

    def choose(self, said: list[tuple[list[float], float]]) -> list[tuple[int, int]]:
        """What each pathway was told -> (pathway, candidate) of the new ones, best first."""
        if len(said) == 1:
            [(ious, score)] = said
            best = ious.index(max(ious))
            self.pathways = [[Decision(ious[best], score, best)]] * 3
            return [(0, best)] * 3
        branches = [
            (sum(math.log(d.iou + 1e-5) for d in line), pathway, line)
            for pathway, (ious, score) in enumerate(said)
            for candidate, iou in enumerate(ious)
            for line in [[*self.pathways[pathway], Decision(iou, score, candidate)]]
        ]
        branches.sort(key=lambda branch: -branch[0])
        if max(abs(score) for _, score in said) <= 2:
            branches = self._different(branches)
        kept = sorted(branches[:3], key=lambda branch: -branch[0])
        self.pathways = [line for _, _, line in kept]
        return [(pathway, line[-1].candidate) for _, pathway, line in kept]

    def _different(
        self, branches: list[tuple[float, int, list[Decision]]]
    ) -> list[tuple[float, int, list[Decision]]]:
        """The best of each rounded IoU, where an absent object's counts as negative; if these are
        less than three, then the best of each pathway that has none."""
        first: list[tuple[float, int, list[Decision]]] = []
        values = []
        for branch in branches:
            _, _, line = branch
            value = round(line[-1].iou, 2) * (1 if line[-1].score > 0 else -1)
            if value not in values and len(first) < 3:
                first.append(branch)
                values.append(value)
        for pathway in range(3):
            if all(pathway != other for _, other, _ in first):
                first.append(next(branch for branch in branches if branch[1] == pathway))
        return first

    def memory(self, pathway: int, frame_index: int) -> list[tuple[int, float]]:
        """Frames that a pathway remembers, newest first, and their scores: fifteen that look right,
        and the newest whatever it looks like."""
        line = self.pathways[pathway]
        right = [
            (t, line[t - 1].score)
            for t in range(frame_index - 1, 0, -1)
            if line[t - 1].iou > 0.3 and line[t - 1].score > 0
        ][:15]
        newest = [(frame_index - 1, line[-1].score)] if frame_index > 1 else []
        return right if newest == right[:1] else newest + right

    def maps(self, pathway: int, frame_index: int) -> list[tuple[int, int, float]]:
        """Frame, slot and weight: the prompt, then six frames, oldest first, in the last slots."""
        frames = self.memory(pathway, frame_index)[:6][::-1]
        weights = _weights([10.0, *(score for _, score in frames)]) if frames else [1.0]
        slots = [0, *range(7 - len(frames), 7)]
        return list(zip([0, *(t for t, _ in frames)], slots, weights, strict=True))

    def pointers(self, pathway: int, frame_index: int) -> list[tuple[int, int, float]]:
        """Frame, distance and weight: the prompt, then all but the oldest, newest first."""
        remembered = self.memory(pathway, frame_index)
        frames = remembered[:-1]
        weights = _weights([10.0, *(score for _, score in frames)]) if remembered else [1.0]
        distances = [frame_index, *range(1, len(frames) + 1)]
        return list(zip([0, *(t for t, _ in frames)], distances, weights, strict=True))


def _weights(scores: list[float]) -> list[float]:
    """0.95 for the lowest score, 1.05 for the highest, evenly between."""
    last = max(1, len(scores) - 1)
    return [0.95 + 0.1 * sorted(scores).index(score) / last for score in scores]
