"""Following points from frame to frame, behind one interface.

`lucas-kanade` (OpenCV) comes with the project; `cotracker` needs its package and weights.
Coordinates: pixels, x right, y down, the center of the top-left pixel at 0.5, 0.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Points = NDArray[np.float32]

WINDOW, LEVELS = 21, 3
"""Of Lucas-Kanade: side of the compared patch, and how often the pictures are halved."""

RETURN_ERROR = 1.5
"""A point counts as seen if following it back ends at most so far from its start, in pixels."""


class PointTracker(Protocol):
    """Follows points through a few frames."""

    def follow(self, frames: Sequence[Picture], points: Points) -> tuple[Points, NDArray[np.bool_]]:
        """Follow points from the first frame to the last one.

        Args:
            frames: at least two, uint8 (h, w, 3) RGB, oldest first.
            points: float32 (N, 2) in the first frame.

        Returns:
            The points (N, 2) in the last frame, and which of them are seen there.
        """


class LucasKanade:
    """Pyramidal Lucas-Kanade, from frame to frame, with a forward-backward check (OpenCV)."""

    def follow(self, frames: Sequence[Picture], points: Points) -> tuple[Points, NDArray[np.bool_]]:
        """Frame by frame; a point is lost if tracking it back misses it by over RETURN_ERROR
        pixels."""
        grays: list[Picture] = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]  # type: ignore[misc]
        seen: NDArray[np.bool_] = np.ones(len(points), dtype=np.bool_)
        if not len(points):
            return points, seen
        for before, now in itertools.pairwise(grays):
            moved, found = _flow(before, now, points)
            back, found_back = _flow(now, before, moved)
            error: Points = np.abs(back - points).max(axis=1)
            seen &= found & found_back & _inside(moved, now.shape) & (error <= RETURN_ERROR)
            points = moved
        return points, seen


def _flow(before: Picture, now: Picture, points: Points) -> tuple[Points, NDArray[np.bool_]]:
    half = np.float32(0.5)  # OpenCV counts from pixel centers
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before,
        now,
        (points - half)[:, None],
        np.empty((len(points), 1, 2), np.float32),
        winSize=(WINDOW, WINDOW),
        maxLevel=LEVELS,
    )
    return moved[:, 0].astype(np.float32) + half, found[:, 0].astype(bool)


def _inside(points: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y = points[:, 0], points[:, 1]
    return (x >= 0) & (x < shape[1]) & (y >= 0) & (y < shape[0])


def farthest_points(points: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """As many of the points (N, 2), far apart: farthest-point sampling from the one nearest to the
    mean; all of them where there are no more than `count`."""
    if len(points) <= count:
        return points
    chosen = [int(np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1)))]
    distance = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]
