"""The comparison with the installed predictor: its arithmetic, and one step of official networks.

Their real weights can't be had here, so that they get random ones, at a reduced input; from an
equal prompt's frame to the next, each network's own parts at work.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from samurai import Box, Tracker, TrackerConfig, verification
from samurai.errors import ConfigurationError
from samurai.verification import compare, frame_paths, read_frames, run_predictor, run_tracker

BOX = Box(30.0, 33.0, 32.0, 27.0)
OFFICIAL = ["t", "s", "b+", "l"]
STEPS_FROM = (0, 12, 24)


def blocks(*widths: int) -> Any:
    """Masks (T, 4, 10) whose first columns are filled."""
    return np.stack([np.tile(np.arange(10) < width, (4, 1)) for width in widths])


def test_masks_are_compared_frame_by_frame() -> None:
    agreement = compare(blocks(10, 8, 0, 5), blocks(10, 6, 0, 5))
    assert agreement.mean == pytest.approx((1 + 0.75 + 1) / 3)
    assert (agreement.worst, agreement.worst_frame) == (0.75, 1)
    assert (agreement.equal, agreement.filled, agreement.frames) == (3, 3, 4)


def test_a_mask_where_the_other_has_none_counts_as_zero() -> None:
    agreement = compare(blocks(5, 5, 0), blocks(5, 0, 5))
    assert agreement.mean == pytest.approx(1 / 3)
    assert (agreement.worst, agreement.worst_frame, agreement.filled) == (0.0, 1, 1)


def test_empty_masks_never_suffice() -> None:
    for widths in ((0, 0), (0,)):
        agreement = compare(blocks(*widths), blocks(*widths))
        assert (agreement.mean, agreement.filled, agreement.equal) == (0.0, 0, len(widths))
        assert not agreement.suffices("exact") and not agreement.suffices("max")


def test_what_suffices_depends_on_the_speed() -> None:
    nearly = compare(np.ones((1, 10, 10), bool), np.arange(100).reshape(1, 10, 10) < 97)
    assert nearly.mean == pytest.approx(0.97)
    assert [nearly.suffices(speed) for speed in verification.REQUIRED_IOU] == [False, True, True]


def test_videos_of_other_lengths_are_refused() -> None:
    for other in (blocks(1), blocks(1, 1)[:, :3], blocks(1, 1)[:0]):
        with pytest.raises(ConfigurationError, match="can't be compared"):
            compare(blocks(1, 1) if len(other) else other, other)


def test_the_peak_of_a_process_is_read_where_the_system_tells_it() -> None:
    assert verification._resident_peak("Name:\tpython\nVmHWM:\t   2048 kB\n") == 2 << 20
    assert verification._resident_peak("Name:\tpython\n") is None


@pytest.mark.slow
@pytest.mark.parametrize("name", OFFICIAL)
def test_one_step_of_the_official_architectures(
    build_predictor: Callable[..., Any], frame_folder: Path, tmp_path: Path, name: str
) -> None:
    predictor = build_predictor(256, seed=1, small=False, object_bias=1.0, architecture=name)
    tracker = Tracker(
        predictor, TrackerConfig(policy="sam2", device="cpu", dtype="float32", box_prompt="points")
    )
    expected, masks = [], []
    for first in STEPS_FROM:
        folder = tmp_path / str(first)
        folder.mkdir()
        for number, path in enumerate(frame_paths(frame_folder)[first : first + 2]):
            shutil.copyfile(path, folder / f"{number:05d}.jpg")
        expected.append(run_predictor(predictor, folder, BOX, torch.float32).masks)
        masks.append(run_tracker(tracker, read_frames(folder), BOX).masks)
    agreement = compare(np.concatenate(expected), np.concatenate(masks))
    assert agreement.filled == 2 * len(STEPS_FROM)
    assert agreement.suffices("exact") and agreement.worst >= 0.99
    shares = np.concatenate(expected).mean((1, 2))
    assert (shares < 0.9).all(), "a mask of the whole frame shows nothing"
    del predictor, tracker
    gc.collect()  # large alone takes a gigabyte
