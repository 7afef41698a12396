"""Scripted scenes: what a network may say of an object over many frames, masks included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from samurai.policies.base import Candidate, Decoded, Keep, Policy
from samurai.policies.observations import Grid

SIDE = 40
SCALE = 4.0


@dataclass
class Said:
    """One frame: three masks with their predicted IoUs, and the object score."""

    ious: list[float]
    score: float
    masks: list[NDArray[np.bool_]]

    def decoded(self, frame_index: int) -> Decoded:
        gone = np.zeros((SIDE, SIDE), dtype=bool)
        masks = self.masks if self.score > -1.0 else [gone] * len(self.masks)
        grid = Grid(0.0, 0.0, SCALE, SCALE)
        candidates = tuple(
            Candidate(iou, grid.corners(mask), grid.area(mask))
            for iou, mask in zip(self.ious, masks, strict=True)
        )
        logits = [np.where(mask, 6.0, -6.0).astype(np.float32) for mask in masks]
        return Decoded(frame_index, self.score, candidates, lambda n: logits[n], grid)


def block(x: int, y: int, width: int, height: int) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)] = True
    return mask


def prompt(frame_index: int = 0, mask: NDArray[np.bool_] | None = None) -> Decoded:
    """A prompt's frame: one candidate, sure."""
    return Said([1.0], 10.0, [block(10, 10, 8, 8) if mask is None else mask]).decoded(frame_index)


@st.composite
def scenes(draw: st.DrawFn, longest: int = 90) -> list[Said]:
    """Good stretches, doubtful ones, absences, and a distractor that some candidates take along."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, y, width, height, mood = 10.0, 10.0, 8.0, 8.0, "good"
    frames = []
    for _ in range(draw(st.integers(1, longest))):
        if random.random() < 0.1:
            mood = str(random.choice(["good", "good", "crowded", "crowded", "doubtful", "absent"]))
        x, y = np.clip([x, y] + random.normal(0, 0.7, 2), 2, 24)
        width, height = np.clip([width, height] * np.exp(random.normal(0, 0.05, 2)), 3, 14)
        low, high = (0.75, 1.0) if mood in ("good", "crowded") else (0.0, 0.7)
        ious = [float(np.float32(value)) for value in random.uniform(low, high, 3)]
        masks = [
            block(round(x + dx), round(y), round(width), round(height))
            for dx in random.integers(-1, 2, 3)
        ]
        for number in range(3):
            if mood == "crowded" and random.random() < 0.4:
                away = int(random.integers(0, 2))
                distractor = block(30 * away, 30, 8, 8)
                masks[number] = masks[number] | distractor if random.random() < 0.6 else distractor
            if random.random() < 0.03:
                masks[number] = block(0, 0, 0, 0)
        score = float(random.normal(-4.0 if mood == "absent" else 3.0, 1.5))
        frames.append(Said(ious, score, masks))
    return frames


class Remembered:
    """Checks that a policy recalls only what it kept, and never keeps more than it declared."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.kept: list[Keep] = []

    def start(self, decoded: Decoded) -> int:
        choice = self.policy.start(decoded)
        self._remember(decoded.frame_index)
        return choice.candidate

    def step(self, decoded: Decoded) -> int:
        frame_index = decoded.frame_index
        for recall, keep in zip(self.policy.recall(frame_index), self.kept, strict=True):
            assert {entry.frame_index for entry in recall.maps} <= keep.maps
            assert {entry.frame_index for entry in recall.pointers} <= keep.pointers
            slots = [entry.slot for entry in recall.maps]
            assert slots == sorted(slots) and slots[0] == 0
            recent = [slot for slot in slots if slot]
            assert len(set(recent)) == len(recent) and max(slots) < self.policy.context.slots
        choices = self.policy.choose([decoded] * len(self.kept))
        parents = [self.kept[choice.hypothesis] for choice in choices]
        self._remember(frame_index, parents)
        return choices[0].candidate

    def _remember(self, frame_index: int, parents: list[Keep] | None = None) -> None:
        keeps = list(self.policy.remember(frame_index))
        requirements = self.policy.requirements
        assert sum(len(keep.maps) for keep in keeps) <= requirements.maps
        assert sum(len(keep.pointers) for keep in keeps) <= requirements.pointers
        for keep, parent in zip(keeps, parents or [Keep(frozenset(), frozenset())], strict=True):
            assert keep.maps <= parent.maps | {frame_index}
            assert keep.pointers <= parent.pointers | {frame_index}
        self.kept = keeps
