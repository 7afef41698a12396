"""Several pathways on scripted scores against the restatement of SAM2Long's rules. No torch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.sam2long_rules import Sam2LongRules
from oracles.scenes import prompt

from samurai.policies.base import Candidate, Decoded, Traits
from samurai.policies.sam2long import PATHWAYS, Sam2LongPolicy

Said = tuple[list[float], float]


def decoded(time: int, said: Said) -> Decoded:
    candidates = tuple(Candidate(iou) for iou in said[0])
    return Decoded(time, said[1], candidates, lambda _: np.zeros((1, 1), dtype=np.float32))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 20))
def test_decisions_equal_the_published_rules(seed: int, length: int, first: int) -> None:
    """Same branches, same memories with the same weights, for every pathway."""
    random = np.random.default_rng(seed)
    policy, rules = Sam2LongPolicy(Traits()), Sam2LongRules()
    policy.start(prompt(first))
    policy.remember(first)
    certain = True
    for time in range(1, length + 1):
        recalls = policy.recall(first + time)
        assert len(recalls) == len(rules.pathways) == (1 if time == 1 else PATHWAYS)
        for number, recall in enumerate(recalls):
            found = [(m.time - first, m.slot, m.weight) for m in recall.maps]
            expected = rules.maps(number, time)
            assert [entry[:2] for entry in found] == [entry[:2] for entry in expected]
            np.testing.assert_allclose([e[2] for e in found], [e[2] for e in expected])
        certain = certain if random.random() < 0.8 else not certain
        scale = 4.0 if certain else 0.6
        said = [
            ([float(v) for v in random.uniform(0.0, 1.0, 3)], float(random.normal(0.5, 1) * scale))
            for _ in recalls
        ]
        choices = policy.choose([decoded(first + time, one) for one in said])
        assert [(c.hypothesis, c.candidate) for c in choices] == rules.choose(said)
        keeps = policy.remember(first + time)
        assert sum(len(keep.maps) for keep in keeps) <= policy.needs.maps


@pytest.mark.parametrize(("score", "kept"), [(5.0, [0, 1, 2]), (1.0, [0, 2, 1])])
def test_when_nothing_is_certain_pathways_must_differ(score: float, kept: list[int]) -> None:
    """0.900 and 0.899 are the same in two decimals; so the third one comes first."""
    policy = Sam2LongPolicy(Traits())
    policy.start(prompt())
    policy.remember(0)
    policy.recall(1)
    branches = policy.choose([decoded(1, ([0.900, 0.899, 0.5], score))])
    assert sorted(branch.candidate for branch in branches) == [0, 1, 2]
    policy.remember(1)
    policy.recall(2)
    said = ([0.900, 0.899, 0.5], score)
    branches = policy.choose([decoded(2, said)] * 3)
    first = [(branch.hypothesis, branch.candidate) for branch in branches]
    if score > 2:
        assert first == [(0, 0), (0, 1), (1, 0)]
    else:
        assert first == [(0, 0), (0, 2), (0, 1)] or {c for _, c in first} == {0, 2, 1}


def test_a_late_winner_overtakes() -> None:
    """The pathway that answers may change: a line that was second is ahead when it fares better."""
    policy = Sam2LongPolicy(Traits())
    policy.start(prompt())
    policy.remember(0)
    policy.recall(1)
    policy.choose([decoded(1, ([0.9, 0.8, 0.1], 5.0))])
    policy.remember(1)
    policy.recall(2)
    bad, good = ([0.2, 0.1, 0.1], 5.0), ([0.9, 0.1, 0.1], 5.0)
    [best, *_] = policy.choose([decoded(2, said) for said in (bad, good, bad)])
    assert (best.hypothesis, best.candidate) == (1, 0)


def test_scores_stay_small_over_a_long_video() -> None:
    policy = Sam2LongPolicy(Traits())
    policy.start(prompt())
    policy.remember(0)
    for time in range(1, 3000):
        policy.recall(time)
        policy.choose([decoded(time, ([0.01, 0.005, 0.001], 5.0))] * (1 if time == 1 else 3))
        policy.remember(time)
    assert max(abs(pathway.score) for pathway in policy._pathways) < 20
