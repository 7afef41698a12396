"""Points inside earlier masks, followed to the newest frame, vote on its candidates.

The pixel level of HiM2SAM's motion (arXiv 2507.07603): points far apart inside an eroded mask of up
to five frames ago; those still seen make a soft mask by kernel density, and the candidates are
compared with it. The counts, the radii and the threshold are the paper's; the kernel's width isn't
published (here: the spacing that the points had), nor how Dice and box overlap are combined (here:
their mean, where a Dice below the threshold counts as 0).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.geometry import corners_overlap
from samurai.motion.points import PointTracker, farthest_points
from samurai.policies.observations import Decoded, Grid, Mask, RecentFrames
from samurai.policies.parameters import Parameters, number

EROSION, EROSION_SHARE = (5, 21), 0.1
"""Bounds of the erosion's radius in pixels, and its share of the object's size between them."""

CROWD = 4000
"""Pixels of a mask among which points are chosen, at most."""


@dataclass(frozen=True)
class VoteParameters(Parameters):
    """Constants of the vote.

    Attributes:
        vote_frames: how far back a mask may be.
        vote_points, vote_seen: points to follow, and how many must be seen at the end for a vote.
        vote_dice: agreement with the points' soft mask below which it counts as none.
    """

    vote_frames: int = number(5, 1, 30, whole=True)
    vote_points: int = number(100, 1, whole=True)
    vote_seen: int = number(10, 1, whole=True)
    vote_dice: float = number(0.7, 0, 1)


@dataclass(frozen=True)
class _Known:
    """A trusted mask and its grid."""

    frame_index: int
    mask: Mask
    grid: Grid


class PointVote:
    """Votes for one object."""

    def __init__(self, tracker: PointTracker, parameters: VoteParameters) -> None:
        self._tracker = tracker
        self._parameters = parameters
        self._recent: RecentFrames | None = None
        self._known: deque[_Known] = deque(maxlen=parameters.vote_frames)

    def observe(self, frames: RecentFrames) -> None:
        """Keep the pictures in which the points are tracked."""
        self._recent = frames

    def forget(self) -> None:
        """Forget the masks that were trusted."""
        self._known.clear()

    def note(self, decoded: Decoded, chosen: int) -> None:
        """Remember a mask to be trusted as a source of points."""
        mask = decoded.mask(chosen)
        if mask.any():
            self._known.append(_Known(decoded.frame_index, mask, decoded.grid))

    def of(self, decoded: Decoded) -> list[float] | None:
        """0 to 1 for each candidate; None where too few points are seen to say anything."""
        assert self._recent is not None, "a policy that votes asks for frames"
        reach = min(self._parameters.vote_frames, self._recent.ago)
        source = next(
            (k for k in self._known if 0 < decoded.frame_index - k.frame_index <= reach), None
        )
        if source is None:
            return None
        age = decoded.frame_index - source.frame_index
        frames = [self._recent.rgb(ago) for ago in range(age, -1, -1)]
        count = self._parameters.vote_points
        points = inner_points(source.mask, source.grid, frames[0].shape[:2], count)
        moved, seen = self._tracker.follow(frames, points)
        moved = moved[seen]
        if len(moved) < self._parameters.vote_seen:
            return None
        spacing = math.sqrt(source.grid.area(source.mask) / len(points))
        soft = density(moved, decoded, spacing)
        low, high = moved.min(axis=0), moved.max(axis=0)
        box = float(low[0]), float(low[1]), float(high[0]), float(high[1])
        dice = self._parameters.vote_dice
        candidates = range(len(decoded.candidates))
        return [_agreement(decoded, each, soft, box, dice) for each in candidates]


def inner_points(mask: Mask, grid: Grid, size: tuple[int, ...], count: int) -> NDArray[np.float32]:
    """So many points well inside a mask, far apart, in a picture of that (height, width)."""
    resampled = grid.resampled(mask.astype(np.float32), (size[0], size[1]), fill_value=0.0) > 0.5
    resampled = (
        resampled
        if resampled.any()
        else grid.resampled(mask.astype("f4"), (size[0], size[1]), 0.0) > 0
    )
    depth = cv2.distanceTransform(np.pad(resampled, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    low, high = EROSION
    radius = min(max(EROSION_SHARE * math.sqrt(np.count_nonzero(resampled)), low), high)
    radius = min(radius, 0.5 * float(depth.max()))  # thin objects survive the erosion too
    rows, columns = np.nonzero(depth >= radius)
    points = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    return farthest_points(points[:: 1 + len(points) // CROWD], count)


def density(points: NDArray[np.float32], decoded: Decoded, spacing: float) -> NDArray[np.float32]:
    """The probability, 0 to 1, that a candidate's pixels belong to the points' object: a Gaussian
    kernel density as wide as the points' spacing, 1 where the points are as dense as most of them
    are."""
    grid, shape = decoded.grid, decoded.mask(0).shape
    histogram = np.zeros(shape, dtype=np.float32)
    pixels = grid.pixels(points)
    inside = ((pixels >= 0) & (pixels < (shape[1], shape[0]))).all(axis=1)
    pixels = pixels[inside]
    if not len(pixels):
        return histogram
    np.add.at(histogram, (pixels[:, 1], pixels[:, 0]), 1.0)
    sigma = max(0.5, spacing / grid.scale_x), max(0.5, spacing / grid.scale_y)
    soft = cv2.GaussianBlur(histogram, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1])
    usual = float(np.median(soft[pixels[:, 1], pixels[:, 0]]))
    clipped: NDArray[np.float32] = np.minimum(soft / max(usual, 1e-9), 1.0).astype(np.float32)
    return clipped


def _agreement(
    decoded: Decoded,
    candidate: int,
    soft: NDArray[np.float32],
    box: tuple[float, float, float, float],
    least: float,
) -> float:
    """A candidate's vote: the mean of its Dice with the soft mask, if that is the `least` or more,
    and its box's overlap."""
    mask = decoded.mask(candidate)
    corners = decoded.grid.corners(mask)
    if corners is None:
        return 0.0
    dice = 2 * float(soft[mask].sum()) / (float(soft.sum()) + float(np.count_nonzero(mask)))
    return 0.5 * ((dice if dice >= least else 0.0) + corners_overlap(box, corners))
