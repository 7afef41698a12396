"""SAM 3's memory selection on scripted scores against a restatement of its rules. No torch."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.scenes import prompt

from samurai.policies.base import Candidate, Decoded, PolicyContext
from samurai.policies.sam3 import Sam3Parameters, Sam3Policy


def decoded(frame_index: int, ious: list[float], object_score: float) -> Decoded:
    candidates = tuple(Candidate(iou) for iou in ious)
    return Decoded(frame_index, object_score, candidates, lambda _: np.zeros((1, 1), np.float32))


def listed(scores: dict[int, float], frame: int, pointers: int) -> list[int]:
    """Frames that frame `frame` may look at, oldest first: going back, those above 0.01, until one
    less than `pointers` are found; the frame before in any case. Frame 0 is the prompt."""
    found: list[int] = []
    for earlier in range(frame - 1, 0, -1):
        if scores[earlier] > 0.01:
            found.insert(0, earlier)
        if len(found) >= pointers - 1:
            break
    if frame - 1 not in found:
        found.append(frame - 1)
    return [each for each in found if each > 0]


@settings(max_examples=150)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 20), st.sampled_from([0.2, 0.7])
)
def test_decisions_equal_the_published_rules(
    seed: int, length: int, first: int, seen: float
) -> None:
    random = np.random.default_rng(seed)
    context = PolicyContext()
    policy, scores = Sam3Policy(context), dict[int, float]()
    policy.start(prompt(first))
    [keep] = policy.remember(first)
    maps, pointers = set(keep.maps), set(keep.pointers)
    for frame in range(1, length + 1):
        [recall] = policy.recall(first + frame)
        frames = listed(scores, frame, context.pointers)
        expected = [(0, 0)] + [
            (frames[-rank], context.slots - rank)
            for rank in range(context.slots - 1, 0, -1)
            if rank <= len(frames)
        ]
        assert [(m.frame_index - first, m.slot) for m in recall.maps] == expected
        expected = [(0, frame)]
        expected += [(frames[-n], n) for n in range(1, context.pointers) if n < len(frames)]
        assert [(p.frame_index - first, p.distance) for p in recall.pointers] == expected
        assert {m.frame_index for m in recall.maps} <= maps
        assert {p.frame_index for p in recall.pointers} <= pointers

        ious = [float(v) for v in random.uniform(0.0, 1.0, 3)]
        object_score = float(random.normal(2, 2)) if random.random() < seen else -3.0
        [choice] = policy.choose([decoded(first + frame, ious, object_score)])
        assert choice.candidate == int(np.argmax(ious))
        visible = 2 / (1 + math.exp(-object_score)) - 1 if object_score > 0 else 0.0
        scores[frame] = max(ious) * visible
        [keep] = policy.remember(first + frame)
        assert len(keep.maps) <= policy.requirements.maps
        assert len(keep.pointers) <= policy.requirements.pointers
        maps = (maps | {first + frame}) & keep.maps
        pointers = (pointers | {first + frame}) & keep.pointers


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(st.booleans(), st.booleans()), max_size=50))
def test_what_is_recalled_after_corrections_was_kept(
    seed: int, frames: list[tuple[bool, bool]]
) -> None:
    random = np.random.default_rng(seed)
    policy = Sam3Policy(PolicyContext())
    policy.start(prompt(0))
    [keep] = policy.remember(0)
    maps, pointers = set(keep.maps), set(keep.pointers)
    corrected = set[int]()
    for frame, (good, correction) in enumerate(frames, start=1):
        [recall] = policy.recall(frame)
        assert {m.frame_index for m in recall.maps} <= maps
        assert {p.frame_index for p in recall.pointers} <= pointers
        assert not corrected & {m.frame_index for m in recall.maps[1:-1]}
        seen = decoded(frame, [float(random.uniform(0.1, 1))], 3.0 if good else -3.0)
        policy.choose([seen])
        [keep] = policy.remember(frame)
        maps = (maps | {frame}) & keep.maps
        pointers = (pointers | {frame}) & keep.pointers
        if correction:
            policy.correct(seen, 0)
            corrected.add(frame)


def test_the_threshold_is_a_parameter() -> None:
    policy = Sam3Policy(PolicyContext(), Sam3Parameters(memory_score=0.9))
    policy.start(prompt(0))
    for frame in range(1, 5):
        policy.choose([decoded(frame, [0.5], 8.0)])
        policy.remember(frame)
    [recall] = policy.recall(5)
    assert [m.frame_index for m in recall.maps] == [0, 4]
