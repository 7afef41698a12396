"""Every sequence shows what its name says, measured on masks and pictures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def touches_border(sequence: Any, frame: int) -> bool:
    """Whether the mask reaches the picture's border."""
    left, top, right, bottom = sequence.box(frame)
    height, width = sequence.masks.shape[1:]
    return left == 0 or top == 0 or right == width - 1 or bottom == height - 1


def grey(sequence: Any, frame: int) -> NDArray[np.float64]:
    """A frame's brightness, 0 to 255."""
    return np.asarray(cv2.cvtColor(sequence.picture(frame), cv2.COLOR_RGB2GRAY), dtype=np.float64)


def test_occlusion_partial_then_complete_inside_the_picture(committed: dict[str, Any]) -> None:
    sequence = committed["occlusion"]
    areas = sequence.masks.sum(axis=(1, 2))
    ((gone, back),) = sequence.absences()
    assert back - gone >= 8
    assert not touches_border(sequence, gone - 1)
    assert not touches_border(sequence, back)
    partly = sequence.occluded & (areas > 0)
    assert partly.sum() >= 15
    assert sequence.occluded[gone:back].all()
    assert not sequence.occluded[0]


def test_reentry_leaves_over_the_border_and_comes_back(committed: dict[str, Any]) -> None:
    sequence = committed["reentry"]
    ((gone, back),) = sequence.absences()
    assert 8 <= back - gone <= 30
    assert touches_border(sequence, gone - 1)
    assert touches_border(sequence, back)
    assert not touches_border(sequence, 0)
    assert not touches_border(sequence, len(sequence.masks) - 1)
    # Out of the picture is not occluded.
    assert not sequence.occluded[gone:back].any()


def test_scale_grows_at_least_fourfold(committed: dict[str, Any]) -> None:
    sequence = committed["scale"]
    areas = sequence.masks.sum(axis=(1, 2))
    sides = np.sqrt(areas)
    assert sides[-1] / sides[0] >= 4.0
    assert areas[0] < 600, "the target starts small"
    assert np.all(np.diff(sides[::10]) > 0)


def test_distractor_looks_like_the_target_and_crosses_it(committed: dict[str, Any]) -> None:
    sequence = committed["distractor"]
    for frame in range(0, len(sequence.masks), 10):
        red, green, blue = (sequence.picture(frame)[..., k].astype(int) for k in range(3))
        orange = (red > 110) & (red > 1.8 * green) & (red > 2.5 * blue)
        mask = cv2.dilate(sequence.masks[frame].astype(np.uint8), np.ones((7, 7))) > 0
        inside, outside = (orange & mask).sum(), (orange & ~mask).sum()
        assert inside > 50
        assert outside > 0.6 * inside
    areas = sequence.masks.sum(axis=(1, 2))
    assert 10 <= sequence.occluded.sum() <= 40
    assert areas[sequence.occluded].min() > 0, "the target never vanishes"


def test_camera_moves_fast_and_loses_focus(committed: dict[str, Any]) -> None:
    sequence = committed["camera"]
    count = len(sequence.masks)
    frames = [grey(sequence, frame) for frame in range(count)]
    window = cv2.createHanningWindow((frames[0].shape[1], frames[0].shape[0]), cv2.CV_64F)
    shifts = [
        float(np.hypot(*cv2.phaseCorrelate(one, two, window)[0])) for one, two in pairwise(frames)
    ]
    assert np.percentile(shifts, 95) > 6.0, "pixels from one frame to the next"
    sharpness = []
    for frame in range(count):
        left, top, right, bottom = sequence.box(frame)
        edges = cv2.Laplacian(cv2.GaussianBlur(frames[frame], (3, 3), 0), cv2.CV_64F)
        sharpness.append(float(edges[top:bottom, left:right].std()))
    assert min(sharpness) < 0.45 * max(sharpness)


def aligned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask moved, turned and scaled to its own principal axes, (64, 64)."""
    rows, columns = np.nonzero(mask)
    points = np.stack([columns, rows]).astype(np.float64)
    points -= points.mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(points @ points.T)
    along = axes[:, ::-1].T @ points / np.sqrt(points.shape[1])
    picture = np.zeros((64, 64), dtype=np.uint8)
    x, y = np.clip(np.rint(32 + 18 * along), 0, 63).astype(int)
    picture[y, x] = 1
    return np.asarray(cv2.morphologyEx(picture, cv2.MORPH_CLOSE, np.ones((3, 3))) > 0)


def test_deformation_changes_shape_and_light(committed: dict[str, Any]) -> None:
    sequence = committed["deformation"]
    first = aligned(sequence.masks[0])
    agreement = []
    for mask in sequence.masks[::4]:
        shape = aligned(mask)
        # The principal axes don't tell front from back or left from right.
        ways = [shape, shape[::-1], shape[:, ::-1], shape[::-1, ::-1]]
        agreement.append(max((first & way).sum() / (first | way).sum() for way in ways))
    assert min(agreement) < 0.6, "not a mere move, turn or change of size"
    light = [grey(sequence, frame).mean() for frame in range(len(sequence.masks))]
    assert min(light) < 0.85 * light[0]


def test_every_target_moves_or_is_moved_over(committed: dict[str, Any]) -> None:
    for sequence in committed.values():
        visible = np.flatnonzero(sequence.masks.any(axis=(1, 2)))
        boxes = np.array([sequence.box(int(frame)) for frame in visible], dtype=float)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        assert np.ptp(centres, axis=0).max() > 25.0
