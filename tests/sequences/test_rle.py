"""Our mask lines against the toolkit's reader and writer."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from vot.region import Mask
from vot.region.io import parse_region

from benchmarks.bundled.rle import EMPTY, mask_line, read_mask_line

any_mask = arrays.arrays(
    np.bool_, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.booleans()
)


def extent(mask: NDArray[np.bool_]) -> int:
    """The shorter side of the mask's box, in pixels."""
    sides = [np.flatnonzero(mask.any(axis=axis)) for axis in (0, 1)]
    return min(int(side[-1] - side[0]) + 1 if side.size else 0 for side in sides)


# vot-toolkit 0.9.0 takes a mask one pixel wide or high for an empty one; the generator writes none.
toolkit_mask = any_mask.filter(lambda mask: extent(mask) != 1)


@settings(max_examples=200, deadline=None)
@given(toolkit_mask)
def test_the_toolkit_reads_what_we_write(mask: NDArray[np.bool_]) -> None:
    region = parse_region(mask_line(mask))
    assert isinstance(region, Mask)
    painted = region.rasterize((0, 0, mask.shape[1] - 1, mask.shape[0] - 1))
    assert np.array_equal(painted > 0, mask)


@settings(max_examples=200, deadline=None)
@given(toolkit_mask)
def test_we_write_what_the_toolkit_writes(mask: NDArray[np.bool_]) -> None:
    assert mask_line(mask) == str(Mask(mask.astype(np.uint8), optimize=True))


@settings(max_examples=200, deadline=None)
@given(any_mask)
def test_reading_undoes_writing(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(read_mask_line(mask_line(mask), *mask.shape), mask)


def test_an_empty_mask_is_an_empty_mask_to_the_toolkit() -> None:
    assert mask_line(np.zeros((5, 7), dtype=np.bool_)) == EMPTY
    region = parse_region(EMPTY)
    assert isinstance(region, Mask)
    assert region.is_empty()


def test_a_line_that_is_no_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="not a mask line"):
        read_mask_line("1,2,3,4", 10, 10)
    with pytest.raises(ValueError, match="add up"):
        read_mask_line("m0,0,2,2,1,2", 10, 10)
