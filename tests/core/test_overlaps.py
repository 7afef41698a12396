"""Masks without shared pixels: the argmax over objects, in sessions too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from samurai.masks import separated
from samurai.regions import Box
from samurai.tracker import Tracker


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
