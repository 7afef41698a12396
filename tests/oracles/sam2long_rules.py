"""SAM2Long's rules (arXiv 2410.16268 and its public code) as plainly as they can be said.

Pathways are whole lists of decisions; scores are summed anew from the beginning, in every frame.
"""

from __future__ import annotations

import math


class Sam2LongRules:
    """Each pathway: a list of (predicted IoU, object score, candidate) per frame from the first."""

    def __init__(self) -> None:
        self.pathways: list[list[tuple[float, float, int]]] = [[]]

    def choose(self, said: list[tuple[list[float], float]]) -> list[tuple[int, int]]:
        """What each pathway was told -> (pathway, candidate) of the new ones, best first."""
        branches = []
        for pathway, (ious, score) in enumerate(said):
            for candidate, iou in enumerate(ious):
                line = [*self.pathways[pathway], (iou, score, candidate)]
                total = sum(math.log(iou + 1e-5) for iou, _, _ in line)
                branches.append((total, pathway, candidate, line))
        branches.sort(key=lambda branch: (-branch[0], branch[1], branch[2]))
        if max(abs(score) for _, score in said) <= 2:
            seen, first, rest = set(), [], []
            for branch in branches:
                iou = round(branch[3][-1][0], 2)
                (rest if iou in seen else first).append(branch)
                seen.add(iou)
            branches = first + rest
        kept = sorted(branches[:3], key=lambda branch: -branch[0])
        self.pathways = [line for _, _, _, line in kept]
        return [(pathway, candidate) for _, pathway, candidate, _ in kept]

    def maps(self, pathway: int, time: int) -> list[tuple[int, int, float]]:
        """Frame, slot and weight of what a pathway recalls in frame `time`; 0 is the prompt."""
        line = self.pathways[pathway]
        good = [
            t
            for t in range(2, time)
            if line[t - 1][0] > 0.1 and line[t - 1][1] > 0 and t != time - 1
        ]
        frames = ([*good, time - 1] if time > 1 else good)[-6:]
        ranked = sorted(frames, key=lambda t: line[t - 1][1])
        weight = {
            t: 0.95 + 0.1 * n / (len(frames) - 1) if len(frames) > 1 else 1.0
            for n, t in enumerate(ranked)
        }
        first = 7 - len(frames)
        return [(0, 0, 1.0)] + [(t, first + n, weight[t]) for n, t in enumerate(frames)]
