from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import trax
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samurai.errors import RegionError
from samurai.geometry import rasterize
from samurai.regions import Answer, Box, Mask, Points
from vot_wrapper.trax.regions import (
    MAX_RUNS,
    PointTrack,
    answer_kind,
    to_prompt,
    to_trax,
)

SIZE = (13, 17)
quarters = st.integers(-24, 92).map(lambda value: value / 4)
Corner = tuple[float, float]
corners = st.lists(st.tuples(quarters, quarters), min_size=3, max_size=9)


def exact_crossings(points: list[Corner], row: int) -> list[Fraction]:
    """Where the polygon's edges cross the line of a row's pixel centers, as exact fractions."""
    y = Fraction(2 * row + 1, 2)
    found = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        if (y0 <= y) != (y1 <= y):
            slope = (Fraction(x1) - Fraction(x0)) / (Fraction(y1) - Fraction(y0))
            found.append(Fraction(x0) + (y - Fraction(y0)) * slope)
    return found


def mask_of(region: Any) -> NDArray[np.bool_]:
    """The mask that a region becomes as a prompt."""
    prompt = to_prompt(region, SIZE, "region")
    assert isinstance(prompt, Mask)
    return prompt.array


@settings(deadline=None, max_examples=100)
@given(corners)
def test_a_pixel_is_inside_when_a_ray_from_its_center_crosses_an_odd_number_of_edges(
    points: list[Corner],
) -> None:
    mask = rasterize(np.array(points, np.float64), SIZE)
    for row in range(SIZE[0]):
        crossings = exact_crossings(points, row)
        for column in range(SIZE[1]):
            center = Fraction(2 * column + 1, 2)
            # On a slanted edge rounding decides; the filled box below has the other edges.
            if all(abs(crossing - center) > Fraction(1, 10**9) for crossing in crossings):
                odd = sum(crossing < center for crossing in crossings) % 2 == 1
                assert mask[row, column] == odd


@settings(deadline=None)
@given(*[st.integers(-12, 48)] * 2, *[st.integers(16, 80)] * 2)
def test_a_rectangular_polygon_is_the_filled_box(
    left: int, top: int, columns: int, rows: int
) -> None:
    x, y, width, height = left / 4, top / 4, columns / 4, rows / 4
    points = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    expected = Box(x, y, width, height).filled(SIZE).array
    assert np.array_equal(rasterize(np.array(points), SIZE), expected)


def test_the_even_odd_rule_leaves_the_middle_of_a_star_empty() -> None:
    angles = np.arange(5) * 4 * np.pi / 5
    star = 20 + 18 * np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    mask = rasterize(star, (40, 40))
    assert not mask[20, 20]
    assert mask[6, 20]


@settings(deadline=None)
@given(st.data())
def test_a_mask_is_pasted_at_its_offset_and_clipped(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 30))
    x, y = data.draw(st.integers(-35, 35)), data.draw(st.integers(-35, 35))
    seed = data.draw(st.integers(0, 99))
    array = np.random.default_rng(seed).integers(0, 3, (height, width), np.uint8)
    expected = np.zeros(SIZE, bool)
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            inside = 0 <= row - y < height and 0 <= column - x < width
            expected[row, column] = inside and array[row - y, column - x] != 0
    region = trax.Mask.create(array, x, y)
    if expected.any():
        assert np.array_equal(mask_of(region), expected)
        assert to_prompt(region, SIZE, "box") == Box.of_mask(expected)
    else:
        with pytest.raises(RegionError):
            to_prompt(region, SIZE, "region")
        with pytest.raises(RegionError):
            to_prompt(region, SIZE, "box")


@pytest.mark.parametrize(
    ("region", "complaint"),
    [
        (trax.Mask.create(np.zeros((5, 5), np.uint8)), "empty"),
        (trax.Mask.create(np.ones((5, 5), np.uint8), -5, -5), "outside the 17x13 frame"),
        (trax.Rectangle.create(5, 5, 10, -3), "no area"),
        (trax.Rectangle.create(float("nan"), 5, 10, 3), "not finite"),
        (trax.Rectangle.create(17, 0, 5, 5), "outside the 17x13 frame"),
        (trax.Rectangle.create(-5, 0, 5, 5), "outside the 17x13 frame"),
        (trax.Polygon.create([(0, 0), (5, float("inf")), (9, 9)]), "not finite"),
        (trax.Polygon.create([(70, 0), (80, 0), (75, 9)]), "outside the 17x13 frame"),
        (trax.Polygon.create([(5, 5), (5, 5), (5, 9)]), "no area"),
        (trax.Polygon.create([(0, 0), (3, 9), (1, 3), (2, 6)]), "on one line"),
        (trax.Polygon.create([(-1e30, -1e30), (0, 0), (1e30, 1e30)]), "on one line"),
        (None, "can't be tracked"),
    ],
)
def test_regions_that_cannot_be_tracked(region: Any, complaint: str) -> None:
    for init in ("region", "box"):
        with pytest.raises(RegionError, match=complaint):
            to_prompt(region, SIZE, init)


def test_a_clipped_mask_is_noted_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    to_prompt(trax.Mask.create(np.ones((4, 4), np.uint8), 15, 0), SIZE, "region")
    assert "8 pixels are cut off" in caplog.text


def test_a_rectangle_keeps_its_fractions() -> None:
    region = trax.Rectangle.create(1.25, -2.5, 3.75, 9.5)
    assert to_prompt(region, SIZE, "region") == Box(1.25, -2.5, 3.75, 9.5)
    assert to_prompt(region, SIZE, "box") == Box(1.25, -2.5, 3.75, 9.5)


def test_a_polygon_that_is_too_thin_for_a_center_keeps_one_pixel() -> None:
    needle = trax.Polygon.create([(3.6, 2.6), (3.9, 2.6), (3.9, 2.9)])
    assert np.argwhere(mask_of(needle)).tolist() == [[2, 3]]


def test_a_polygon_as_a_box_is_its_extent() -> None:
    triangle = trax.Polygon.create([(1.5, 2), (10, 3.25), (4, 12)])
    assert to_prompt(triangle, SIZE, "box") == Box(1.5, 2, 8.5, 10)


@pytest.mark.parametrize(
    ("region", "kind"),
    [
        (trax.Rectangle.create(1, 1, 2, 2), "rectangle"),
        (trax.Mask.create(np.ones((2, 2), np.uint8)), "mask"),
        (trax.Polygon.create([(0, 0), (5, 0), (5, 5)]), "mask"),
    ],
)
def test_answers_follow_the_initial_region_unless_told_otherwise(region: Any, kind: str) -> None:
    assert answer_kind(region, "auto") == kind
    assert answer_kind(region, "mask") == "mask"
    assert answer_kind(region, "rectangle") == "rectangle"


def answer(mask: NDArray[np.bool_]) -> Answer:
    box = Box.of_mask(mask)
    return Answer(0, mask, box, 0.5, absent=box is None)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.2))
def test_an_answer_survives_the_wire(seed: int, density: float) -> None:
    mask = np.random.default_rng(seed).random((23, 31)) < density
    region = to_trax(answer(mask), "mask")
    array, (x, y) = region.array(), region.offset()
    canvas = np.zeros_like(mask)
    canvas[y : y + array.shape[0], x : x + array.shape[1]] = array
    assert np.array_equal(canvas, mask)
    if mask.any():
        # Nothing around the object travels.
        assert array[0].any() and array[-1].any() and array[:, 0].any() and array[:, -1].any()
        prompt = to_prompt(region, mask.shape, "region")
        assert isinstance(prompt, Mask) and np.array_equal(prompt.array, mask)
        box = to_trax(answer(mask), "rectangle").bounds()
        assert Box(*box) == Box.of_mask(mask)


def test_an_absent_object_is_empty_whatever_its_mask_and_box_say() -> None:
    mask = np.ones((5, 5), bool)
    for box in (None, Box(1, 1, 2, 2)):
        absent = Answer(0, mask, box, 0.1, absent=True)
        assert to_trax(absent, "rectangle").bounds() == (0, 0, 0, 0)
        assert not to_trax(absent, "mask").array().any()


@pytest.mark.parametrize("density", [0.02, 0.5])
def test_masks_with_too_many_runs_are_coarsened(
    density: float, caplog: pytest.LogCaptureFixture
) -> None:
    mask = np.random.default_rng(0).random((1200, 1600)) < density
    sent = to_trax(answer(mask), "mask").array()
    flat = sent.ravel()
    assert np.count_nonzero(flat[1:] != flat[:-1]) < MAX_RUNS
    assert sent.any()
    assert "coarsened" in caplog.text


def test_even_a_checkerboard_becomes_storable() -> None:
    mask = np.indices((400, 500)).sum(axis=0) % 2 == 0
    assert to_trax(answer(mask), "mask").array().all()


def test_ordinary_masks_are_sent_as_they_are() -> None:
    stripes = (np.indices((400, 500))[1] // 4) % 2 == 0
    assert np.array_equal(to_trax(answer(stripes), "mask").array(), stripes[:, :500])


POINT = {"prompt": "point"}


def test_a_marked_rectangle_of_no_size_is_a_click_and_is_answered_as_one() -> None:
    region = trax.Rectangle.create(4.25, 7.5, 0, 0)
    for init, output in itertools.product(("region", "box"), ("auto", "mask", "rectangle")):
        prompt = to_prompt(region, SIZE, init, POINT)
        assert isinstance(prompt, Points)
        assert prompt.coordinates.tolist() == [[4.25, 7.5]]
        assert prompt.labels.tolist() == [1]
        assert answer_kind(region, output, POINT) == "point"


def test_without_the_mark_it_is_a_broken_box() -> None:
    with pytest.raises(RegionError, match="no area"):
        to_prompt(trax.Rectangle.create(4.25, 7.5, 0, 0), SIZE, "region", {"prompt": "box"})


def test_a_click_outside_the_frame_is_refused() -> None:
    with pytest.raises(RegionError, match="outside the 17x13 frame"):
        to_prompt(trax.Rectangle.create(18, 2, 0, 0), SIZE, "region", POINT)


@settings(deadline=None)
@given(*[st.integers(0, 4)] * 2, *[st.integers(2, 6)] * 2, st.floats(0, 1), st.floats(0, 1))
def test_a_point_keeps_its_place_in_the_object(
    x: int, y: int, width: int, height: int, across: float, down: float
) -> None:
    def answer(left: int, top: int, columns: int, rows: int) -> Answer:
        mask = np.zeros((30, 30), bool)
        mask[top : top + rows, left : left + columns] = True
        return Answer(0, mask, Box.of_mask(mask), 0.9, absent=False)

    def place(region: Any) -> tuple[float, float]:
        left, top, columns, rows = region.bounds()
        assert (columns, rows) == (0, 0)
        return left, top

    point = (x + across * width, y + down * height)
    track = PointTrack(*point)
    nothing = Answer(0, np.zeros((30, 30), bool), None, 0.0, absent=True)
    assert place(track.follow(nothing)) == pytest.approx(point, abs=1e-4)
    assert place(track.follow(answer(x, y, width, height))) == pytest.approx(point, abs=1e-4)
    moved = (x + 5 + across * 2 * width, y + 3 + down * 2 * height)
    larger = answer(x + 5, y + 3, 2 * width, 2 * height)
    assert place(track.follow(larger)) == pytest.approx(moved, abs=1e-4)
    assert place(track.follow(nothing)) == pytest.approx(moved, abs=1e-4)
