"""The comparison with CSRT: boxes, overlaps, the enlarged sequences (CSRT itself is not here)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vot.dataset import load_sequence
from vot.region import Special
from vot.region.shapes import Mask, Polygon, Rectangle

from benchmarks.against_csrt.__main__ import _enlarge
from benchmarks.against_csrt.boxes import box_of, mean_overlap, overlap
from benchmarks.against_csrt.contestants import peer_environment

whole = st.integers(0, 20)
boxes = st.tuples(whole, whole, st.integers(1, 12), st.integers(1, 12)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)


def test_boxes_of_regions_cover_whole_pixels() -> None:
    pixels = np.zeros((6, 8), np.uint8)
    pixels[2:4, 3:7] = 1
    assert box_of(Mask(pixels, (10, 20))) == (13, 22, 17, 24)
    assert box_of(Rectangle(1.5, 2, 3, 4)) == (1.5, 2, 4.5, 6)
    assert box_of(Polygon([(1, 2), (5, 2.5), (3, 9)])) == (1, 2, 5, 9)
    assert box_of(Mask(np.zeros((3, 3), np.uint8))) is None
    assert box_of(Special(0)) is None


@given(boxes, boxes)
def test_overlap_counts_pixels(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    canvas = np.zeros((2, 40, 40), bool)
    for layer, (left, top, right, bottom) in zip(canvas, (a, b), strict=True):
        layer[int(top) : int(bottom), int(left) : int(right)] = True
    expected = (canvas[0] & canvas[1]).sum() / (canvas[0] | canvas[1]).sum()
    assert overlap(a, b) == pytest.approx(expected)  # type: ignore[arg-type]


def test_the_mean_leaves_out_the_first_frame_and_absent_truth() -> None:
    box = (0.0, 0.0, 2.0, 2.0)
    truth = [box, box, None, box]
    assert mean_overlap([None, box, box, None], truth) == 0.5


def test_speed_is_measured_at_640_by_480_on_the_same_scenes(tmp_path: Path) -> None:
    _enlarge(tmp_path)
    for name in (tmp_path / "list.txt").read_text().split():
        sequence = load_sequence(str(tmp_path / name))
        assert sequence.frame(0).image().shape == (480, 640, 3)
        original = load_sequence(
            str(Path(__file__).parents[2] / "vot_workspace" / "sequences" / name)
        )
        small, large = (box_of(s.groundtruth(3)) for s in (original, sequence))
        assert small is not None and large is not None
        assert large == pytest.approx([2 * value for value in small], abs=0.02)


def test_an_environment_without_csrt_is_refused() -> None:
    with pytest.raises(SystemExit, match="opencv-contrib-python-headless"):
        peer_environment(Path(sys.executable))
