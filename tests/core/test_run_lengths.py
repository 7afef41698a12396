from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask as coco

from samurai.errors import RegionError
from samurai.masks import from_coco_rle, to_coco_rle


@st.composite
def masks(draw: st.DrawFn) -> NDArray[np.bool_]:
    """From noise to large areas, with runs of one to many pixels, of any side from one."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["noise", "rare", "box", "none", "all"]))
    if kind == "noise":
        return random.random((height, width)) < 0.5
    if kind == "rare":
        return random.random((height, width)) < 0.01
    mask = np.full((height, width), kind == "all")
    if kind == "box":
        mask[random.integers(height) :, random.integers(width) :] = True
    return mask


@settings(max_examples=40)
@given(mask=masks())
def test_run_lengths_are_those_of_coco_byte_for_byte(mask: NDArray[np.bool_]) -> None:
    theirs = coco.encode(np.asfortranarray(mask.view(np.uint8)))
    ours = to_coco_rle(mask)
    assert ours == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    assert np.array_equal(from_coco_rle(ours), mask)
    assert np.array_equal(from_coco_rle(theirs), mask)  # bytes


def test_long_runs_and_large_frames() -> None:
    mask = np.zeros((2160, 3840), np.bool_)
    for area in ((slice(0, 0), slice(0, 0)), (slice(700, 2160), slice(3000, 3840))):
        mask[area] = True
        theirs = coco.encode(np.asfortranarray(mask.view(np.uint8)))
        assert to_coco_rle(mask)["counts"] == theirs["counts"].decode()
        assert np.array_equal(from_coco_rle(to_coco_rle(mask)), mask)


def test_a_view_of_any_layout_is_read() -> None:
    mask = np.random.default_rng(0).random((31, 64)) < 0.4
    for view in (mask[::2, ::-3], mask.T, np.asfortranarray(mask)):
        assert to_coco_rle(view) == to_coco_rle(np.ascontiguousarray(view))


@settings(max_examples=50)
@given(runs=st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_uncompressed_runs_are_read(runs: list[int]) -> None:
    total = sum(runs)
    if total:
        height = next(side for side in (7, 5, 3, 2, 1) if total % side == 0)
        uncompressed = {"size": [height, total // height], "counts": runs}
        theirs = coco.decode(coco.frPyObjects(uncompressed, height, total // height))
        assert np.array_equal(from_coco_rle(uncompressed), theirs != 0)


@pytest.mark.parametrize(
    "rle",
    [
        {},
        {"size": [2, 3]},
        {"size": [2], "counts": "6"},
        {"size": [-2, -3], "counts": "6"},
        {"size": [2.0, 3.0], "counts": "6"},
        {"size": [2, 3], "counts": None},
        {"size": [2, 3], "counts": 6},
        {"size": [2, 3], "counts": ""},
        {"size": [2, 3], "counts": "7"},  # one pixel too many
        {"size": [2, 3], "counts": "ä"},
        {"size": [2, 3], "counts": "P"},  # the last letter wants another
        {"size": [2, 3], "counts": "P" * 40 + "1"},
        {"size": [2, 3], "counts": "!"},
        {"size": [2, 3], "counts": "O7"},  # a negative run
        {"size": [2, 3], "counts": [1, 2.5]},
        {"size": [2, 3], "counts": [7, -1]},
        {"size": [2, 3], "counts": [2**70]},
        {"size": [10**12, 10**12], "counts": "1"},
    ],
)
def test_what_isnt_a_run_length_code_is_refused(rle: dict[str, Any]) -> None:
    with pytest.raises(RegionError):
        from_coco_rle(rle)


@settings(max_examples=50)
@given(counts=st.text(st.characters(min_codepoint=40, max_codepoint=120), max_size=40))
def test_any_text_is_a_mask_or_refused(counts: str) -> None:
    try:
        mask = from_coco_rle({"size": [6, 5], "counts": counts})
    except RegionError:
        return
    assert mask.shape == (6, 5)
