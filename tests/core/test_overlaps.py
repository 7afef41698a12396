"""Masks without shared pixels: the argmax over objects, in sessions too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles.small_networks import random_predictor
from sam2.modeling.sam2_base import SAM2Base

from samurai.core.mask_separation import Claim, resampled, separated_logits
from samurai.core.search_region import SearchRegion
from samurai.masks import separated
from samurai.regions import Box
from samurai.tracker import Tracker

MODEL = random_predictor(64, seed=2, small=True)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_a_pixel_goes_to_the_highest_logit(seed: int, count: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(count, 6, 7)).astype(np.float32)
    masks = list(logits > 0)
    result = separated(masks, lambda number: logits[number])
    for row in range(6):
        for column in range(7):
            values = logits[:, row, column]
            expected = [n == values.argmax() and values[n] > 0 for n in range(count)]
            assert [bool(mask[row, column]) for mask in result] == expected


def test_logits_are_only_asked_of_objects_that_share() -> None:
    masks = [np.eye(4, dtype=bool), np.eye(4, dtype=bool), np.eye(4, dtype=bool)[::-1]]
    asked: list[int] = []

    def logits(number: int) -> NDArray[np.float32]:
        asked.append(number)
        return np.full((4, 4), float(number), np.float32)

    result = separated(masks, logits)
    assert asked == [0, 1]
    assert not result[0].any() and (result[1] == masks[1]).all() and (result[2] == masks[2]).all()


@pytest.mark.parametrize("window", [None, 3.0])
def test_a_session_reports_without_overlap_and_tracks_as_before(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], window: Any
) -> None:
    boxes = [Box(30, 34, 30, 26), Box(40, 40, 34, 30)]
    free = make_tracker(window=window).session()
    apart = make_tracker(window=window, overlap=False).session()
    shared = 0
    for frame_index, frame in enumerate(video[:8]):
        ours = apart.step(frame) if frame_index else apart.start(frame, boxes)
        theirs = free.step(frame) if frame_index else free.start(frame, boxes)
        np.testing.assert_array_equal(apart.logits, free.logits)
        shared += int((theirs[0].mask & theirs[1].mask).sum())
        assert not (ours[0].mask & ours[1].mask).any()
        union = theirs[0].mask | theirs[1].mask
        np.testing.assert_array_equal(ours[0].mask | ours[1].mask, union)
    assert shared > 0


# --- what is remembered


@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_remembered_logits_equal_the_packages_without_overlap(seed: int, count: int) -> None:
    logits = torch.from_numpy(np.random.default_rng(seed).normal(0, 12, size=(count, 1, 6, 6)))
    logits[1] = logits[0].where(logits[1] > 0, logits[1])  # of equal logits the first counts
    claims = [Claim(n, logits[n : n + 1], None) for n in range(count)]
    expected = SAM2Base._apply_non_overlapping_constraints(MODEL, logits)
    result = torch.cat([separated_logits(claim, claims) for claim in claims])
    torch.testing.assert_close(result, expected, rtol=0, atol=0)


def test_claims_through_search_regions_meet_in_the_frame() -> None:
    """Regions of 8x8 pixels, a pixel of the frame each, shifted by two columns and one row."""
    random = np.random.default_rng(5)
    left, right = (torch.from_numpy(random.normal(size=(1, 1, 8, 8))) for _ in range(2))
    one = Claim("one", left, SearchRegion(10, 20, 8, 8))
    other = Claim("other", right, SearchRegion(12, 21, 8, 8))
    result = separated_logits(other, [one, other])[0, 0]
    for row in range(8):
        for column in range(8):
            own = right[0, 0, row, column]
            if row < 7 and column < 6 and left[0, 0, row + 1, column + 2] >= own - 1e-9:
                own = own.clamp(max=-10)
            assert result[row, column] == own
    far = Claim("far", left + 100, SearchRegion(100, 20, 8, 8))
    torch.testing.assert_close(separated_logits(other, [far, other]), right, rtol=0, atol=0)


def test_a_claim_of_another_scale_is_interpolated() -> None:
    slope = torch.arange(8, dtype=torch.float64).expand(1, 1, 8, 8)
    claim = Claim("wide", slope, SearchRegion(0, 0, 16, 16))  # two pixels of the frame each
    seen = resampled(claim, SearchRegion(4, 4, 8, 8))[0, 0]
    centers = (4 + np.arange(8) + 0.5) / 2 - 0.5
    np.testing.assert_allclose(seen.numpy(), np.tile(centers, (8, 1)), atol=1e-6)


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("window", [None, 3.0])
def test_what_two_objects_claim_is_remembered_of_one(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], window: Any, batched: bool
) -> None:
    first, second = Box(30, 34, 30, 26), Box(34, 36, 30, 26)
    apart = make_tracker(window=window, memory_overlap=False)
    free = make_tracker(window=window)

    def logits(tracker: Tracker, boxes: list[Box]) -> list[NDArray[np.float32]]:
        session = tracker.session(batched=batched)
        session.start(video[0], boxes)
        seen = [session.logits]
        for frame in video[1:5]:
            session.step(frame)
            seen.append(session.logits)
        return seen

    ours, theirs = logits(apart, [first, second]), logits(free, [first, second])
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert np.abs(ours[-1] - theirs[-1]).max() > 1e-3
    for alone, expected in zip(logits(apart, [first]), logits(free, [first]), strict=True):
        np.testing.assert_array_equal(alone, expected)
