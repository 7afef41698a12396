"""Boxes, masks and the Kalman filter against brute force and filterpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles.samurai_rules import Filter

from samurai.errors import RegionError
from samurai.geometry import corners_overlap, filled_box, mask_corners
from samurai.motion.kalman import BoxMotion
from samurai.regions import Box, Mask, Points

masks = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))
integer_boxes = st.tuples(*[st.integers(0, 10)] * 2, *[st.integers(0, 8)] * 2).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)
positions = st.floats(-30, 60, allow_nan=False, width=32)
sizes = st.floats(1 / 64, 40, allow_nan=False, width=32)


@given(masks)
def test_corners_are_the_extreme_pixels(mask: np.ndarray) -> None:
    ys, xs = np.nonzero(mask)
    expected = (xs.min(), ys.min(), xs.max(), ys.max()) if len(xs) else None
    assert mask_corners(mask) == expected


@given(masks)
def test_a_masks_box_covers_whole_pixels(mask: np.ndarray) -> None:
    box = Box.of_mask(mask)
    if box is None:
        assert not mask.any()
    else:
        filled = box.filled(mask.shape).array
        assert (filled & mask).sum() == mask.sum()
        assert filled.sum() == box.width * box.height


@given(integer_boxes, integer_boxes)
def test_overlap_equals_counting_unit_squares(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    def squares(box: tuple[float, ...]) -> set[tuple[int, int]]:
        left, top, right, bottom = (int(value) for value in box)
        return {(x, y) for x in range(left, right) for y in range(top, bottom)}

    union = squares(a) | squares(b)
    expected = len(squares(a) & squares(b)) / len(union) if union else 0.0
    assert corners_overlap(a, b) == pytest.approx(expected)
    assert corners_overlap(a, b) == corners_overlap(b, a)


@given(positions, positions, sizes, sizes)
def test_a_filled_box_holds_the_centers_inside_or_one_pixel(
    x: float, y: float, width: float, height: float
) -> None:
    rows, columns = 20, 30
    mask = filled_box(x, y, width, height, (rows, columns))
    cy, cx = np.mgrid[:rows, :columns] + 0.5
    inside = (cx >= x) & (cx < x + width) & (cy >= y) & (cy < y + height)
    touches = x < columns and y < rows and x + width > 0 and y + height > 0
    if inside.any():
        np.testing.assert_array_equal(mask, inside)
    else:
        assert mask.any() == touches


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_the_filter_equals_filterpys(seed: int, length: int) -> None:
    random = np.random.default_rng(seed)
    x, y, w, h = 100.0, 80.0, 40.0, 30.0
    ours, theirs = BoxMotion.start((x, y, x + w, y + h)), Filter((x, y, x + w, y + h))
    for _ in range(length):
        ours, expected = ours.predicted(), theirs.predict()
        np.testing.assert_allclose(ours.corners, expected, rtol=1e-9, atol=1e-9)
        if random.random() < 0.8:
            x, y = x + random.normal(2, 2), y + random.normal(0, 2)
            w, h = max(w + random.normal(), 0.0), max(h + random.normal(), 0.0)
            ours = ours.updated((x, y, x + w, y + h))
            theirs.update((x, y, x + w, y + h))
        np.testing.assert_allclose(ours.mean, theirs.x, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(ours.covariance, theirs.P, rtol=1e-8, atol=1e-8)


def test_a_box_without_height_counts_as_one_pixel() -> None:
    assert BoxMotion.start((5.0, 7.0, 9.0, 7.0)).mean[2:4].tolist() == [4.0, 1.0]


@pytest.mark.parametrize(
    "region",
    [
        Box(float("nan"), 0, 5, 5),
        Box(0, 0, 0, 5),
        Box(20, 0, 5, 5),
        Mask(np.zeros((10, 20))),
        Mask(np.ones((20, 10))),
        Points([[5, 5]], [0]),
        Points([[float("nan"), 5]], [1]),
        Points([[25, 5]], [1]),
    ],
    ids=repr,
)
def test_regions_that_can_not_be_tracked_are_refused(region: Box | Mask | Points) -> None:
    with pytest.raises(RegionError):
        region.check((10, 20))


def test_regions_that_touch_the_frame_are_taken() -> None:
    for region in (Box(-3.5, 2, 9.25, 30), Mask(np.eye(10, 20)), Points([[0, 10]], [1])):
        region.check((10, 20))
