"""DAVIS's two measures of masks: region overlap J, and accuracy of the boundary F."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]

BOUND = 0.008
"""Distance, in diagonals of the picture, within which a boundary counts as found."""


def region_overlap(answer: Mask, truth: Mask) -> float:
    """Intersection over union of two masks (H, W); 1 for two empty ones."""
    union = np.count_nonzero(answer | truth)
    return np.count_nonzero(answer & truth) / union if union else 1.0


def boundary_accuracy(answer: Mask, truth: Mask, bound: float = BOUND) -> float:
    """F-measure of the boundaries of two masks (H, W); 1 for two empty ones.

    Args:
        bound: see BOUND; from 1 on, pixels.
    """
    distance = bound if bound >= 1 else math.ceil(bound * math.hypot(*truth.shape))
    found, expected = boundary(answer), boundary(truth)
    precision = _share(found, _dilated(expected, int(distance)))
    recall = _share(expected, _dilated(found, int(distance)))
    if precision is None or recall is None:
        return 1.0 if precision is recall else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def boundary(mask: Mask) -> Mask:
    """Pixels that differ from the one to the right, below, or below to the right."""
    right, below, both = mask.copy(), mask.copy(), mask.copy()
    right[:, :-1] = mask[:, 1:]
    below[:-1] = mask[1:]
    both[:-1, :-1] = mask[1:, 1:]
    edges = (mask ^ right) | (mask ^ below) | (mask ^ both)
    edges[-1] = (mask ^ right)[-1]
    edges[:, -1] = (mask ^ below)[:, -1]
    edges[-1, -1] = False
    return edges


def _dilated(mask: Mask, radius: int) -> Mask:
    """A mask grown by a disk."""
    places = np.arange(-radius, radius + 1)
    disk = (places[:, None] ** 2 + places**2 <= radius**2).astype(np.uint8)
    grown: NDArray[np.uint8] = cv2.dilate(mask.astype(np.uint8), disk)  # type: ignore[assignment]
    return grown > 0


def _share(boundary: Mask, near: Mask) -> float | None:
    """Of a boundary's pixels near the other one; None where there is none."""
    count = np.count_nonzero(boundary)
    return np.count_nonzero(boundary & near) / count if count else None


@dataclass(frozen=True)
class ObjectScore:
    """J and F of an object in the frames that count, (m,) each."""

    regions: Values
    boundaries: Values


@dataclass(frozen=True)
class SegmentationSummary:
    """Means over objects, in percent; recall is the share of frames above 0.5, decay how much
    higher the first quarter of an object's frames is than the last."""

    j: float
    j_recall: float
    j_decay: float
    f: float
    f_recall: float
    f_decay: float
    objects: int

    @property
    def jf(self) -> float:
        """The mean of J and F."""
        return (self.j + self.f) / 2


def object_score(frames: Iterable[tuple[Mask, Mask]]) -> ObjectScore:
    """J and F of an object, without its first and its last frame.

    That is how DAVIS counts, and SA-V with the annotated frames of an object.

    Args:
        frames: answer and truth of each frame, (H, W).
    """
    values = [(region_overlap(*each), boundary_accuracy(*each)) for each in list(frames)[1:-1]]
    regions, boundaries = np.asarray(values, float).reshape(-1, 2).T
    return ObjectScore(regions, boundaries)


def segmentation_summary(scores: Sequence[ObjectScore]) -> SegmentationSummary:
    """The means over objects of all sequences; objects without a frame that counts are left out."""
    counted = [each for each in scores if len(each.regions)]
    if not counted:
        raise ValueError("there are no objects with frames that count")
    regions = np.mean([_statistics(each.regions) for each in counted], axis=0)
    boundaries = np.mean([_statistics(each.boundaries) for each in counted], axis=0)
    j, j_recall, j_decay = (100 * float(value) for value in regions)
    f, f_recall, f_decay = (100 * float(value) for value in boundaries)
    return SegmentationSummary(j, j_recall, j_decay, f, f_recall, f_decay, len(counted))


def _statistics(values: Values) -> tuple[float, float, float]:
    """Mean, recall and decay."""
    edges = np.round(np.linspace(1, len(values), 5) + 1e-10).astype(int) - 1
    first, last = values[edges[0] : edges[1] + 1], values[edges[3] : edges[4] + 1]
    return float(values.mean()), float((values > 0.5).mean()), float(first.mean() - last.mean())
