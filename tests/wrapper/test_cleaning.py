"""Initial masks: slips are removed, inverted masks are turned, everything else stays as given."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from samurai.mask_cleanup import SMALL_PIXELS, cleaned, note_shared
from samurai.regions import Box, Mask


def disc(radius: int = 20) -> NDArray[np.bool_]:
    y, x = np.mgrid[:80, :100]
    return np.asarray((x - 50) ** 2 + (y - 40) ** 2 <= radius**2)


def test_specks_and_pinholes_go(caplog: pytest.LogCaptureFixture) -> None:
    array = disc()
    array[40, 50] = array[30:32, 45] = False
    array[2:4, 3:5] = array[70, 90] = True
    result = cleaned(Mask(array), 7).array
    np.testing.assert_array_equal(result, disc())
    assert "object 7" in caplog.text and "2 holes of 3 pixels" in caplog.text
    assert "2 specks of 5 pixels" in caplog.text


def test_real_parts_and_holes_stay(caplog: pytest.LogCaptureFixture) -> None:
    array = disc()
    array[36:44, 46:55] = False  # 72 pixels
    array[2:12, 3:13] = True  # 100 pixels
    np.testing.assert_array_equal(cleaned(Mask(array), 0).array, array)
    assert not caplog.records


def test_a_mask_of_specks_alone_stays() -> None:
    array = np.zeros((80, 100), bool)
    array[10, 10] = array[50, 60] = True
    np.testing.assert_array_equal(cleaned(Mask(array), 0).array, array)


def test_the_background_is_inverted(caplog: pytest.LogCaptureFixture) -> None:
    np.testing.assert_array_equal(cleaned(Mask(~disc()), 3).array, disc())
    assert "inverted" in caplog.text


@pytest.mark.parametrize("rows", [80, 70])
def test_an_object_that_fills_most_of_the_frame_is_no_background(rows: int) -> None:
    array = np.zeros((80, 100), bool)
    array[:rows] = True
    np.testing.assert_array_equal(cleaned(Mask(array), 0).array, array)


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.98))
def test_a_mask_never_becomes_empty_and_cleaning_twice_changes_nothing(
    seed: int, density: float
) -> None:
    array = np.random.default_rng(seed).random((12, 16)) < density
    array[5, 5] = True
    once = cleaned(Mask(array), 0).array
    assert once.any()
    border = np.concatenate([array[0], array[-1], array[:, 0], array[:, -1]])
    if border.mean() < 0.9:  # not taken for the background
        assert (once ^ array).sum() < SMALL_PIXELS * 100


def test_shared_pixels_are_noted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    other = np.roll(disc(), 30, axis=1)
    note_shared([Mask(disc()), Box(1, 2, 3, 4), Mask(other), Mask(disc())], first=4)
    shared = int((disc() & other).sum())
    assert f"objects 4 and 6 share {shared} pixels" in caplog.text
    assert "objects 4 and 7 have the same initial mask" in caplog.text
