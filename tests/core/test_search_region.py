"""Windows: cutting and pasting against plain loops, aiming, and sessions that see through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles.runs import run, same

from samurai.config import TrackerConfig
from samurai.core.preprocess import cropped
from samurai.core.search_region import (
    OPENING,
    SearchRegion,
    SearchRegionTracker,
    prompt_box,
)
from samurai.regions import Box, Mask, Points
from samurai.tracker import Tracker

ROWS, COLUMNS = FRAME = (24, 32)
FILL = (124, 116, 104)
places = st.integers(-40, 40)
sides = st.integers(1, 60)
windows = st.builds(SearchRegion, places, places, sides, sides)


def numbered_frame() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (*FRAME, 3), dtype=np.uint8)


def some_mask(seed: int = 1) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(FRAME) < 0.5


@given(windows)
def test_a_crop_is_the_frame_pixel_by_pixel_and_the_fill_beyond(
    window: SearchRegion,
) -> None:
    frame = numbered_frame()
    expected = np.empty((*window.size, 3), np.uint8)
    for row in range(window.height):
        for column in range(window.width):
            y, x = row + window.top, column + window.left
            inside = 0 <= y < ROWS and 0 <= x < COLUMNS
            expected[row, column] = frame[y, x] if inside else FILL
    np.testing.assert_array_equal(cropped(frame, window, FILL), expected)


@given(windows)
def test_cutting_a_mask_and_pasting_it_back_keeps_what_the_window_shows(
    window: SearchRegion,
) -> None:
    mask = some_mask()
    shown = np.zeros(FRAME, bool)
    top, left = max(window.top, 0), max(window.left, 0)
    shown[top : max(window.top + window.height, 0), left : max(window.left + window.width, 0)] = 1
    cut = window.cut(Mask(mask))
    assert isinstance(cut, Mask) and cut.array.shape == window.size
    np.testing.assert_array_equal(window.paste(cut.array, FRAME), mask & shown)


@given(windows)
def test_boxes_and_points_move_with_the_window(window: SearchRegion) -> None:
    box = window.cut(Box(3.5, 4.25, 6, 7))
    assert box == Box(3.5 - window.left, 4.25 - window.top, 6, 7)
    points = window.cut(Points([[3.5, 4.25]], [1]))
    assert isinstance(points, Points)
    np.testing.assert_allclose(points.coordinates, [[3.5 - window.left, 4.25 - window.top]])


@given(windows)
def test_corners_in_the_square_input_go_back_to_the_frame(window: SearchRegion) -> None:
    side = 64
    assert window.to_frame((0, 0, side, side), side) == pytest.approx(
        (window.left, window.top, window.left + window.width, window.top + window.height)
    )


def test_the_whole_frame_is_not_copied() -> None:
    frame, mask = numbered_frame(), some_mask()
    whole = SearchRegion.whole(FRAME)
    assert cropped(frame, whole, FILL) is frame
    assert whole.paste(mask, FRAME) is mask


boxes = st.builds(
    Box,
    st.floats(-20, 620),
    st.floats(-20, 460),
    st.floats(0.5, 640),
    st.floats(0.5, 480),
)


@given(boxes, st.lists(st.one_of(st.none(), boxes), max_size=60))
def test_a_window_is_square_touches_the_frame_and_is_never_wider(
    first: Box, seen: list[Box | None]
) -> None:
    finder = SearchRegionTracker(4.0, (480, 640), first)
    for box in [first, *seen]:
        window = finder.region()
        assert window.width == window.height <= 640
        assert window.left < 640 and window.left + window.width > 0
        assert window.top < 480 and window.top + window.height > 0
        finder.update(box)


def test_a_window_is_four_sizes_wide_around_the_object_and_goes_with_it() -> None:
    finder = SearchRegionTracker(4.0, (480, 640), Box(100, 200, 40, 40))
    assert finder.region() == SearchRegion(120 - 80, 220 - 80, 160, 160)
    for step in range(1, 30):
        box = Box(100 + 8 * step, 200, 40, 40)
        window = finder.region()
        assert abs(window.left + 80 - (box.x + 20)) < 8.5  # never more than a step behind
        finder.update(box)
    assert abs(finder.region().left + 80 - (100 + 8 * 30 + 20)) <= 1  # its speed is known


def test_a_window_opens_to_the_whole_frame_while_its_object_is_gone_and_then_closes() -> None:
    box = Box(100, 200, 40, 40)
    finder = SearchRegionTracker(4.0, (480, 640), box)
    sides = []
    for _ in range(12):
        sides.append(finder.region().width)
        finder.update(None)
    assert sides[0] == 160 and sides[1] == round(160 * OPENING)
    assert sides == sorted(sides) and sides[-1] == 640
    assert finder.region() == SearchRegion(0, -80, 640, 640)
    finder.update(box)
    assert finder.region() == SearchRegion(40, 140, 160, 160)


def test_a_half_hidden_object_does_not_close_its_window_at_once() -> None:
    finder = SearchRegionTracker(4.0, (480, 640), Box(100, 200, 40, 40))
    finder.update(Box(100, 200, 10, 40))
    assert finder.region().width > 125


def test_prompts_have_boxes() -> None:
    mask = np.zeros(FRAME, bool)
    mask[4:9, 6:16] = True
    assert prompt_box(Mask(mask)) == Box(6, 4, 10, 5)
    assert prompt_box(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4)
    around = prompt_box(Points([[10, 10], [90, 30], [500, 500]], [1, 1, 0]))
    assert around.x <= 10 and around.x + around.width >= 90
    assert around.x + around.width / 2 == 50 and around.y + around.height / 2 == 20


def tracker(model: Any, window: float | None) -> Tracker:
    return Tracker(model, TrackerConfig(policy="samurai", device="cpu", window=window))


def test_a_window_as_large_as_a_square_frame_changes_nothing(
    small_predictor: Any, video: list[NDArray[np.uint8]]
) -> None:
    """The same bits as without windows: a window is only another frame."""
    frames = [np.ascontiguousarray(frame[:, :96]) for frame in video[:12]]
    region = Box(20, 30, 30, 30)
    expected = run(tracker(small_predictor, None).session(), frames, [region])
    assert any(answer[0].mask.any() for answer in expected[1:])
    assert same(run(tracker(small_predictor, 1000.0).session(), frames, [region]), expected)


def test_each_object_has_its_own_window_and_late_ones_too(
    small_predictor: Any, video: list[NDArray[np.uint8]]
) -> None:
    with tracker(small_predictor, 3.0).session() as session:
        session.start(video[0], [Box(20, 30, 20, 20), Box(80, 60, 16, 16)])
        answers = session.step(video[1], [Mask(np.pad(np.ones((10, 10)), ((5, 81), (90, 28))))])
        assert len(answers) == 3
        rows, columns = np.nonzero(answers[2].mask)
        assert rows.size and abs(rows.mean() - 9.5) < 5 and abs(columns.mean() - 94.5) < 5
        for frame in video[2:5]:
            assert [answer.mask.shape for answer in session.step(frame)] == [(96, 128)] * 3
