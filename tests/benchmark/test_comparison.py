"""Differences of two trackers: order, intervals beside a plain restatement, attributes."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from oracles.made_scores import make_score

from samurai.benchmark.comparison import (
    AttributeMean,
    attribute_mean,
    attributes_of,
    mean_difference,
    primary,
    sequence_differences,
)
from samurai.benchmark.scores import SequenceScore, TrackerScore
from samurai.evaluation.bootstrap import FEWEST, RESAMPLES, SEED, paired_difference


def test_sequences_by_their_difference() -> None:
    first = make_score("x", {"a": 50, "b": 60, "c": 70, "d": 5, "e": math.nan, "only": 1})
    second = make_score("y", {"e": 1, "d": 5, "c": 10, "b": 80, "a": 50})
    found = sequence_differences(first, second, "auc")
    assert [(each.name, each.difference) for each in found] == [
        *(("c", 60), ("a", 0), ("d", 0), ("b", -20)),
    ]
    assert (found[0].first, found[0].second) == (70, 10)


def restated(gaps: list[float], weights: list[int]) -> tuple[float, float, float]:
    """Sequences drawn with the same random numbers, their frames pooled, in plain loops."""
    count = len(gaps)
    drawn = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count)).tolist()
    means: list[float] = []
    for draw in drawn:
        total = sum(gaps[place] * weights[place] for place in draw)
        means.append(total / sum(weights[place] for place in draw))
    means.sort()

    def quantile(part: float) -> float:
        place = part * (len(means) - 1)
        low = math.floor(place)
        return means[low] + (place - low) * (means[min(low + 1, len(means) - 1)] - means[low])

    mean = sum(gap * weight for gap, weight in zip(gaps, weights, strict=True)) / sum(weights)
    return mean, quantile(0.025), quantile(0.975)


@pytest.mark.parametrize(("protocol", "measure"), [("lasot", "auc"), ("got10k", "ao")])
def test_intervals_are_those_of_a_plain_bootstrap(protocol: str, measure: str) -> None:
    chance = random.Random(4)
    names = [f"s{number}" for number in range(9)]
    frames = {name: chance.randrange(5, 500) for name in names}
    ours = {name: chance.uniform(0, 100) for name in names}
    theirs = {name: chance.uniform(0, 100) for name in names}
    more: dict[str, Any] = {"measure": measure, "protocol": protocol, "frames": frames}
    found = mean_difference(make_score("x", ours, **more), make_score("y", theirs, **more), measure)
    pooled = protocol == "got10k"
    gaps = [ours[name] - theirs[name] for name in names]
    expected = restated(gaps, [frames[name] if pooled else 1 for name in names])
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx(expected, abs=1e-9)
    assert found.sequences == 9


def test_pooled_means_are_those_of_all_frames() -> None:
    """As if the frames of all sequences lay in one list."""
    more: dict[str, Any] = {
        "measure": "ao",
        "protocol": "got10k",
        "frames": {"a": 10, "b": 30, "none": 0},
    }
    first = make_score("x", {"a": 50, "b": 90, "none": 7}, **more)
    second = make_score("y", {"a": 60, "b": 80, "none": 1}, **more)
    found = mean_difference(first, second, "ao")
    assert found is not None and found.sequences == 2, "one without a frame counts nowhere"
    assert found.mean == pytest.approx(np.mean([-10] * 10 + [10] * 30))


def test_masks_are_averaged_over_objects() -> None:
    def score(tracker: str, one: float, two: float) -> TrackerScore:
        objects = {1: {"jf": two}, 2: {"jf": two}, 3: {"jf": two}}
        sequences = (
            SequenceScore("a", {"jf": one}, 10, objects={1: {"jf": one}}),
            SequenceScore("b", {"jf": two}, 10, objects=objects),
        )
        return TrackerScore(tracker, "davis", "pixels", {}, sequences)

    found = mean_difference(score("x", 50, 80), score("y", 30, 70), "jf")
    assert found is not None
    assert found.mean == pytest.approx((20 + 3 * 10) / 4)


def test_few_sequences_have_no_interval() -> None:
    few = {f"s{number}": 1.0 for number in range(FEWEST - 1)}
    found = mean_difference(make_score("x", few), make_score("y", few), "auc")
    assert found is not None and (found.mean, found.low, found.high) == (0, None, None)
    assert mean_difference(make_score("x", {"a": 1}), make_score("y", {"b": 1}), "auc") is None


def test_equal_weights_change_nothing() -> None:
    gaps = [0.5, -1.0, 2.0, 0.25, 0.0, 3.0, -2.5]
    assert paired_difference(gaps, [2] * 7) == paired_difference(gaps)


def test_the_difference_the_other_way_round_has_the_other_sign() -> None:
    first = make_score("x", {f"s{n}": float(n * n % 17) for n in range(30)})
    second = make_score("y", {f"s{n}": float(n * 7 % 23) for n in range(30)})
    one, other = (mean_difference(*pair, "auc") for pair in ((first, second), (second, first)))
    assert one is not None and other is not None
    assert one.low is not None and other.high is not None
    assert one.mean == pytest.approx(-other.mean)
    assert one.low == pytest.approx(-other.high)


def test_attributes_are_averaged_over_their_sequences() -> None:
    tags = {"a": ("OV", "FM"), "b": ("OV",), "c": ()}
    values = {"a": 10, "b": 40, "c": 90}
    plain = make_score("x", values, attributes=tags)
    assert attributes_of([plain]) == ["FM", "OV"]
    assert attribute_mean(plain, "OV", "auc") == AttributeMean(25, 2)
    assert attribute_mean(plain, "FM", "auc") == AttributeMean(10, 1)
    assert attribute_mean(plain, "FM", "precision") is None
    assert attribute_mean(plain, "LR", "auc") is None
    frames = {"a": 30, "b": 10, "c": 5}
    more: dict[str, Any] = {"measure": "ao", "protocol": "got10k", "frames": frames}
    pooled = make_score("x", values, attributes=tags, **more)
    assert attribute_mean(pooled, "OV", "ao") == AttributeMean((300 + 400) / 40, 2)


def test_the_first_score_of_a_tracker_stands_for_it() -> None:
    scores = [
        make_score("x"),
        make_score("x", box="samurai"),
        make_score("y", protocol="otb"),
        make_score("z"),
    ]
    assert primary(scores) == (scores[0], scores[3])
