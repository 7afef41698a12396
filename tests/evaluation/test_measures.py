"""Measures of the benchmarks against plain restatements of their rules, and on cases by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles.one_pass_rules import Rules, hits

from samurai.evaluation.measures import (
    LASOT,
    OTB,
    PYTRACKING,
    PYTRACKING_UAV,
    SAMURAI,
    OnePassProtocol,
    boundary_accuracy,
    got10k_score,
    got10k_summary,
    object_score,
    region_overlap,
    score,
    segmentation_summary,
    summary,
    trackingnet_score,
    trackingnet_summary,
)
from samurai.evaluation.measures.one_pass import OVERLAPS

PLAIN = {
    OTB: Rules(),
    LASOT: Rules(absence_is_known=True),
    PYTRACKING: Rules(
        repairs_nan_and_negative=False,
        invalid_truth_is_a_precision_hit=False,
        absence_is_known=True,
    ),
    PYTRACKING_UAV: Rules(repairs_nan_and_negative=False),
    SAMURAI: Rules(
        all_four_positive=False,
        repairs_nan_and_negative=False,
        invalid_truth_is_a_precision_hit=False,
        absence_is_known=True,
        absence_is_a_normalized_hit=True,
    ),
}

SIDES = st.sampled_from([0.0, -3.0, 1.0, 7.0, 8.0, 20.0, 40.0])
PLACES = st.sampled_from([0.0, 1.0, 5.5, 9.0, 30.0])
ROWS = st.tuples(PLACES, PLACES, SIDES, SIDES)
NOTHING = (math.nan,) * 4


@pytest.mark.parametrize("protocol", list(PLAIN), ids=lambda each: each.name)
@settings(max_examples=150)
@given(data=st.data())
def test_curves_equal_the_rules(protocol: OnePassProtocol, data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 12))
    first = (5.0, 5.0, 20.0, 20.0)
    some = ROWS if protocol.repairs == "empty" else st.one_of(ROWS, st.just(NOTHING))
    truth = [
        first,
        *data.draw(
            st.lists(st.one_of(ROWS, st.just(NOTHING)), min_size=length - 1, max_size=length - 1)
        ),
    ]
    answers = [first, *data.draw(st.lists(some, max_size=length + 2))]
    seen = data.draw(st.lists(st.booleans(), min_size=length, max_size=length))
    rules = PLAIN[protocol]
    visible = np.array(seen) if rules.absence_is_known else None
    found = score(protocol, np.array(truth), np.array(answers), visible)
    success, precision, normalized = hits(list(truth), list(answers), seen, rules)
    places = [0, 10, 15], [0, 20, 50], [0, 20, 50]
    for curve, counts, at in zip(
        (found.success, found.precision, found.normalized_precision),
        (success, precision, normalized),
        places,
        strict=True,
    ):
        np.testing.assert_array_equal(np.round(curve[at] * length).astype(int), counts)


def boxes(*rows: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(rows, float)


def test_perfect_answers_have_the_highest_scores() -> None:
    truth = boxes(*((10 + n, 20, 30, 40) for n in range(50)))
    found = summary([score(OTB, truth, truth)])
    assert found.auc == pytest.approx(100 * 20 / 21)  # an overlap of 1 doesn't exceed 1
    assert found.precision == found.normalized_precision == found.op50 == found.op75 == 100
    assert trackingnet_score(truth, truth).success == pytest.approx(100)
    covered = np.zeros(50, bool)
    assert got10k_summary([got10k_score(truth, truth, covered, (640, 480))]).ao == 100


def test_thresholds_have_the_bits_of_their_tools() -> None:
    """Overlaps of whole boxes can equal a threshold; 1 - 7 * 0.05 is a little less than 0.65."""
    assert OVERLAPS["colon"][15] == OVERLAPS["multiples"][15] == 0.75
    assert OVERLAPS["colon"][13] == 1 - 7 * 0.05 < 0.65 == OVERLAPS["multiples"][13]
    truth, answers = boxes(*[(1, 1, 20, 20)] * 2), boxes((1, 1, 20, 20), (1, 1, 20, 13))
    assert score(OTB, truth, answers).success[13] == 1
    assert score(PYTRACKING, truth, answers).success[13] == 0.5


def test_zero_answers_stay_at_the_first_box() -> None:
    truth = boxes(*((10, 20, 30, 40),) * 10)
    answers = np.zeros((10, 4))
    answers[0] = truth[0]
    assert score(OTB, truth, answers).success[10] == 1


def test_sequences_weigh_the_same() -> None:
    long, short = boxes(*((10, 20, 30, 40),) * 100), boxes(*((10, 20, 30, 40),) * 2)
    missed = boxes((10, 20, 30, 40), *((300, 300, 30, 40),) * 99)
    found = summary([score(OTB, long, missed), score(OTB, short, short)])
    assert found.op50 == pytest.approx((1 + 100) / 2)
    with pytest.raises(ValueError, match="no sequences"):
        summary([])


def test_trackingnets_missing_rows_are_misses_and_missing_files_are_zero_boxes() -> None:
    truth = boxes(*((10, 20, 30, 40),) * 10)
    half = trackingnet_score(truth, truth[:5])
    assert half.success == pytest.approx(50)
    nothing = trackingnet_score(truth, np.zeros((0, 4)))
    assert nothing.success == pytest.approx(10 + 90 * 0.05 / 2)  # above zero at zero alone
    mean = trackingnet_summary([half, nothing])
    assert mean.success == pytest.approx((half.success + nothing.success) / 2)


def test_trackingnets_boxes_are_rounded_and_its_precision_is_an_area() -> None:
    truth = boxes((10, 20, 30, 40), (10.4, 20.4, 30, 40))
    found = trackingnet_score(truth, boxes((10, 20, 30, 40), (9.6, 19.6, 30.4, 39.6)))
    assert found.success == pytest.approx(100)
    off = trackingnet_score(truth, boxes((10, 20, 30, 40), (35, 20, 30, 40)))
    assert off.precision == pytest.approx(50 + 50 * (1 - 0.475))


def test_got10k_pools_frames_and_leaves_out_what_is_covered() -> None:
    truth = boxes((0, 0, 10, 10), (0, 0, 10, 10), (0, 0, 10, 10), (90, 0, 20, 10))
    answers = boxes((50, 50, 9, 9), (5, 0, 10, 10), (50, 50, 9, 9), (90, 0, 10, 10))
    covered = np.array([False, False, True, False])
    found = got10k_summary(
        [
            got10k_score(truth, answers, covered, (100, 100)),
            got10k_score(truth[:2], truth[:2], covered[:2], (100, 100)),
        ]
    )
    assert found.ao == pytest.approx(100 * (1 / 3 + 1 + 1) / 3)  # the last is clipped to 10 x 10
    assert found.sr50 == found.sr75 == pytest.approx(200 / 3)
    assert found.success.shape == (101,)


# --- masks


def plain_boundary_accuracy(a: NDArray[np.bool_], b: NDArray[np.bool_], radius: int) -> float:
    """Distances between all pairs of boundary pixels."""

    def edges(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
        height, width = mask.shape
        found = []
        for y in range(height):
            for x in range(width):
                others = [(y, x + 1), (y + 1, x), (y + 1, x + 1)]
                inside = [o for o in others if o[0] < height and o[1] < width]
                if any(mask[o] != mask[y, x] for o in inside):
                    found.append((y, x))
        return found

    one, other = edges(a), edges(b)
    if not one or not other:
        return 1.0 if not one and not other else 0.0

    def share(these: list[tuple[int, int]], those: list[tuple[int, int]]) -> float:
        near = [min((y - v) ** 2 + (x - u) ** 2 for v, u in those) <= radius**2 for y, x in these]
        return sum(near) / len(near)

    precision, recall = share(one, other), share(other, one)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3]))
def test_boundary_accuracy_equals_the_distances(seed: int, radius: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (random.random((9, 11)) > 0.9 for _ in range(2))
    a[2:5, 3:7] = True
    assert boundary_accuracy(a, b, radius) == pytest.approx(plain_boundary_accuracy(a, b, radius))


def test_empty_masks() -> None:
    empty, full = np.zeros((8, 8), bool), np.pad(np.ones((4, 4), bool), 2)
    assert region_overlap(empty, empty) == boundary_accuracy(empty, empty) == 1
    assert region_overlap(empty, full) == boundary_accuracy(empty, full) == 0
    assert boundary_accuracy(full, empty) == 0


def test_the_first_and_last_frame_of_an_object_do_not_count() -> None:
    mask, empty = np.pad(np.ones((4, 4), bool), 2), np.zeros((8, 8), bool)
    frames = [(empty, mask), *[(mask, mask)] * 4, *[(empty, mask)] * 4, (empty, mask)]
    one = object_score(frames)
    assert one.regions.tolist() == [1] * 4 + [0] * 4
    other = object_score([(mask, mask)] * 4)
    found = segmentation_summary([one, other, object_score([(mask, mask)] * 2)])
    assert (found.j, found.j_recall, found.objects) == (75, 75, 2)
    assert found.j_decay == pytest.approx(50)
    assert found.jf == pytest.approx((found.j + found.f) / 2)
