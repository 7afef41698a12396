"""Points and dense flow behind their interfaces, on pictures that move by a known amount."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from samurai.errors import ConfigurationError
from samurai.motion import dense_flow, point_tracker
from samurai.motion.cotracker import CoTracker
from samurai.motion.flow import warped
from samurai.motion.points import farthest_points


def picture(shift: tuple[float, float], size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """A smooth texture, moved by so many pixels."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (size[0] // 4, size[1] // 4, 3), dtype=np.uint8)
    large = cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    return cv2.warpAffine(large, move, (size[1], size[0]), borderMode=cv2.BORDER_REFLECT)


INNER = np.array([[40.5, 40.5], [60.0, 30.0], [80.5, 60.5], [64.0, 48.0]], np.float32)


@pytest.mark.parametrize("step", [(0.0, 0.0), (-3.0, 4.0)])
def test_points_are_followed_over_several_frames(step: tuple[float, float]) -> None:
    frames = [picture((step[0] * t, step[1] * t)) for t in range(4)]
    moved, seen = point_tracker("lucas-kanade").follow(frames, INNER)
    assert seen.all() and moved.dtype == np.float32
    np.testing.assert_allclose(moved, INNER + 3 * np.array(step), atol=0.3)


def test_points_that_leave_or_are_hidden_are_not_seen() -> None:
    tracker = point_tracker("lucas-kanade")
    edge = np.array([[2.0, 48.0], [64.0, 48.0]], np.float32)
    _, seen = tracker.follow([picture((0, 0)), picture((-6, 0)), picture((-12, 0))], edge)
    assert seen.tolist() == [False, True]
    noise = np.random.default_rng(1).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    _, seen = tracker.follow([picture((0, 0)), noise], INNER)
    assert not seen.any()
    moved, seen = tracker.follow([picture((0, 0))] * 2, INNER[:0])
    assert moved.shape == (0, 2) and seen.shape == (0,)


@pytest.mark.parametrize("step", [(0.0, 0.0), (-4.0, 1.0)])
def test_dense_flow_carries_values_along(step: tuple[float, float]) -> None:
    before, now = picture((0, 0)), picture(step)
    flow = dense_flow("dis")
    forwards = flow.between(before, now)
    middle = forwards[30:70, 30:90].reshape(-1, 2)
    np.testing.assert_allclose(np.median(middle, axis=0), step, atol=0.3)
    values = np.full((96, 128), -5.0, np.float32)
    values[40:60, 50:80] = 5.0
    moved = warped(values, flow.between(now, before), fill_value=-5.0) > 0
    expected = np.roll(values > 0, (int(step[1]), int(step[0])), axis=(0, 1))
    assert (moved & expected).sum() / (moved | expected).sum() > 0.85


def test_tiny_pictures_are_taken_for_still() -> None:
    small = np.zeros((9, 40, 3), np.uint8)
    assert not dense_flow("dis").between(small, small).any()


@settings(max_examples=50)
@given(st.integers(0, 2**16), st.integers(0, 60), st.integers(1, 20))
def test_farthest_points_are_some_of_them_and_spread(seed: int, have: int, count: int) -> None:
    points = np.random.default_rng(seed).random((have, 2)).astype(np.float32) * 100
    chosen = farthest_points(points, count)
    assert len(chosen) == min(have, count)
    assert {tuple(point) for point in chosen} <= {tuple(point) for point in points}
    if 1 < len(chosen) < have:
        gaps = np.linalg.norm(chosen[:, None] - chosen[None], axis=2)
        nearest = gaps[~np.eye(len(chosen), dtype=bool)].min()
        left = np.linalg.norm(points[:, None] - chosen[None], axis=2).min(axis=1).max()
        assert nearest >= left - 1e-4  # nobody left out is farther off than the chosen ones are


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="lucas-kanade"):
        point_tracker("magic")
    with pytest.raises(ConfigurationError, match="dis"):
        dense_flow("magic")


@pytest.mark.parametrize(
    ("make", "name", "variable"),
    [(point_tracker, "cotracker", "SAMURAI_COTRACKER"), (dense_flow, "raft", "SAMURAI_RAFT")],
)
def test_what_is_not_installed_says_what_it_needs(
    make: Any, name: str, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigurationError, match=f"{variable} must name the"):
        make(name)
    weights = tmp_path / "weights.pth"
    weights.touch()
    monkeypatch.setenv(variable, str(weights))
    for module in ("cotracker", "cotracker.predictor", "torchvision.models.optical_flow"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=r"needs (the package|a torchvision)"):
        make(name)


def test_cotracker_is_asked_as_its_documentation_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stand-in with the documented signature: (B, T, C, H, W) video, (B, N, 3) queries."""

    class Predictor(torch.nn.Module):
        def __init__(self, checkpoint: str) -> None:
            super().__init__()
            assert Path(checkpoint).is_file()

        def forward(self, video: Any, queries: Any) -> Any:
            assert video.shape == (1, 3, 3, 96, 128) and video.dtype == torch.float32
            assert queries.shape == (1, 4, 3) and (queries[..., 0] == 0).all()
            tracks = queries[:, None, :, 1:] + 2 * torch.arange(3)[None, :, None, None]
            visible = torch.ones(1, 3, 4, dtype=torch.bool)
            visible[0, -1, 1] = False
            return tracks, visible

    package = types.ModuleType("cotracker.predictor")
    package.CoTrackerPredictor = Predictor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cotracker", types.ModuleType("cotracker"))
    monkeypatch.setitem(sys.modules, "cotracker.predictor", package)
    weights = tmp_path / "scaled_offline.pth"
    weights.touch()
    monkeypatch.setenv("SAMURAI_COTRACKER", str(weights))
    tracker = point_tracker("cotracker")
    assert isinstance(tracker, CoTracker)
    moved, seen = tracker.follow([picture((0, 0))] * 3, INNER)
    np.testing.assert_allclose(moved, INNER + 4, atol=1e-5)
    assert seen.tolist() == [True, False, True, True]
