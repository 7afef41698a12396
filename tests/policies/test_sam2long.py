"""Several pathways on scripted scores against the restatement of SAM2Long's rules. No torch."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.sam2long_rules import Sam2LongRules
from oracles.scenes import prompt

from samurai.policies.base import Candidate, Decoded, PolicyContext
from samurai.policies.sam2long import Sam2LongParameters, Sam2LongPolicy

PATHWAYS = Sam2LongParameters.pathways

Said = tuple[list[float], float]


def decoded(frame_index: int, said: Said) -> Decoded:
    candidates = tuple(Candidate(iou) for iou in said[0])
    return Decoded(frame_index, said[1], candidates, lambda _: np.zeros((1, 1), dtype=np.float32))


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 20))
def test_decisions_equal_the_published_rules(seed: int, length: int, first: int) -> None:
    """Same branches, same memories with the same weights, for every pathway."""
    random = np.random.default_rng(seed)
    policy, rules = Sam2LongPolicy(PolicyContext()), Sam2LongRules()
    policy.start(prompt(first))
    policy.remember(first)
    certain = True
    for frame_index in range(1, length + 1):
        recalls = policy.recall(first + frame_index)
        assert len(recalls) == (1 if frame_index == 1 else PATHWAYS)
        for number, recall in enumerate(recalls):
            maps = [(m.frame_index - first, m.slot, m.weight) for m in recall.maps]
            agree(maps, rules.maps(number, frame_index))
            pointers = [(p.frame_index - first, p.distance, p.weight) for p in recall.pointers]
            agree(pointers, rules.pointers(number, frame_index))
        certain = certain if random.random() < 0.8 else not certain
        scale = 4.0 if certain else 0.6
        said = [
            ([float(v) for v in random.uniform(0.0, 1.0, 3)], float(random.normal(0.5, 1) * scale))
            for _ in recalls
        ]
        if random.random() < 0.2:  # pathways that are told the same, as copies of one another are
            said = said[:1] * len(said)
        choices = policy.choose([decoded(first + frame_index, one) for one in said])
        assert [(c.hypothesis, c.candidate) for c in choices] == rules.choose(said)
        keeps = policy.remember(first + frame_index)
        assert sum(len(keep.maps) for keep in keeps) <= policy.requirements.maps
        assert sum(len(keep.pointers) for keep in keeps) <= policy.requirements.pointers


Entries = list[tuple[int, int, float]]


def agree(found: Entries, expected: Entries) -> None:
    assert [entry[:2] for entry in found] == [entry[:2] for entry in expected]
    np.testing.assert_allclose([e[2] for e in found], [e[2] for e in expected])


def pathways(said: Said) -> Sam2LongPolicy:
    """A policy in its second frame, after a first one in which it was told that."""
    policy = Sam2LongPolicy(PolicyContext())
    policy.start(prompt())
    policy.remember(0)
    policy.recall(1)
    policy.choose([decoded(1, said)])
    policy.remember(1)
    policy.recall(2)
    return policy


def chosen(policy: Sam2LongPolicy, said: list[Said]) -> list[tuple[int, int]]:
    """Hypotheses and candidates that live on in the second frame."""
    return [(c.hypothesis, c.candidate) for c in policy.choose([decoded(2, one) for one in said])]


def test_a_certain_frame_takes_what_scores_best() -> None:
    """Also where that makes copies: diversity is for uncertain frames."""
    said = ([0.900, 0.899, 0.5], 5.0)
    assert chosen(pathways(said), [said] * 3) == [(0, 0), (1, 0), (2, 0)]


def test_in_an_uncertain_frame_pathways_must_differ() -> None:
    """0.900 and 0.899 are the same in two decimals; so are copies."""
    said = ([0.900, 0.899, 0.5], 1.0)
    assert chosen(pathways(said), [said] * 3) == [(0, 0), (1, 0), (0, 2)]
    said = ([0.900, 0.7, 0.5], 1.0)
    assert chosen(pathways(said), [said] * 3) == [(0, 0), (0, 1), (0, 2)]
    said = ([0.6, 0.6, 0.6], 1.0)
    assert chosen(pathways(said), [said] * 3) == [(0, 0), (1, 0), (2, 0)]


def test_present_and_absent_differ_whatever_their_predicted_iou() -> None:
    here, gone = ([0.6, 0.5, 0.4], 1.0), ([0.6, 0.5, 0.4], -1.0)
    assert chosen(pathways(here), [here, here, gone]) == [(0, 0), (2, 0), (0, 1)]


def test_a_doubtful_frame_leaves_neither_map_nor_pointer() -> None:
    """Only as the newest frame, before the next one comes. The oldest, 1, lends no pointer."""
    policy = pathways(([0.9, 0.8, 0.7], 5.0))
    for frame_index, said in enumerate((([0.25] * 3, 5.0), ([0.9] * 3, -1.0), ([0.9] * 3, 5.0)), 2):
        policy.choose([decoded(frame_index, said)] * 3)
        policy.remember(frame_index)
        for recall in policy.recall(frame_index + 1):
            assert {entry.frame_index for entry in recall.maps} == {0, 1, frame_index}
            assert {entry.frame_index for entry in recall.pointers} == {0, frame_index}


def test_a_late_winner_overtakes() -> None:
    """The pathway that answers may change: a line that was second is ahead when it fares better."""
    policy = pathways(([0.9, 0.8, 0.1], 1.0))
    assert chosen(policy, [([0.9, 0.8, 0.1], 1.0)] * 3) == [(0, 0), (0, 1), (0, 2)]
    policy.remember(2)
    policy.recall(3)
    bad, good = ([0.2, 0.1, 0.1], 5.0), ([0.9, 0.1, 0.1], 5.0)
    [best, *_] = policy.choose([decoded(3, said) for said in (bad, good, bad)])
    assert (best.hypothesis, best.candidate) == (1, 0)


def test_scores_stay_small_over_a_long_video() -> None:
    policy = Sam2LongPolicy(PolicyContext())
    policy.start(prompt())
    policy.remember(0)
    for frame_index in range(1, 3000):
        policy.recall(frame_index)
        policy.choose(
            [decoded(frame_index, ([0.01, 0.005, 0.001], 5.0))] * (1 if frame_index == 1 else 3)
        )
        policy.remember(frame_index)
    assert max(abs(pathway.score) for pathway in policy._pathways) < 20
