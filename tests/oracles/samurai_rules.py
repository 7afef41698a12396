"""SAMURAI's rules (arXiv 2411.11922 and its public code) as plainly as they can be said.

Everything is kept for ever and looked up anew in every frame; filterpy does the filtering. One
object, times counted from its prompt. `absent` frames (every candidate empty) measure nothing and
end the stable phase, which is where we depart from the reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from filterpy.kalman import predict, update

Box = tuple[float, float, float, float]


@dataclass
class Kept:
    """What is known of a past frame."""

    iou: float
    object_score: float
    motion: float | None


def overlap(a: Box, b: Box | None) -> float:
    if b is None:
        return 0.0
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    total = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / total if both > 0 else 0.0


def measurement(box: Box) -> np.ndarray:
    left, top, right, bottom = box
    height = bottom - top if bottom > top else 1.0
    width = right - left
    return np.array([left + width / 2, top + (bottom - top) / 2, width / height, height])


class Filter:
    """x, y, a, h and velocities; the published standard deviations; filterpy's arithmetic."""

    def __init__(self, box: Box) -> None:
        z = measurement(box)
        h = z[3]
        std = [h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16]
        self.x, self.P = np.r_[z, np.zeros(4)], np.diag(np.square(std))

    def predict(self) -> Box:
        h = self.x[3]
        std = [h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]
        F = np.eye(8)
        for i in range(4):
            F[i, i + 4] = 1
        self.x, self.P = predict(self.x, self.P, F=F, Q=np.diag(np.square(std)))
        x, y, a, h = self.x[:4]
        return x - a * h / 2, y - h / 2, x + a * h / 2, y + h / 2

    def update(self, box: Box) -> None:
        h = self.x[3]
        R = np.diag(np.square([h / 20, h / 20, 1e-1, h / 20]))
        self.x, self.P = update(self.x, self.P, measurement(box), R=R, H=np.eye(4, 8))


class SamuraiRules:
    """Decisions for one object, from its prompt at time 0."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.filter: Filter | None = None
        self.stable = 0
        self.frames: dict[int, Kept] = {}

    def choose(
        self, frame_index: int, ious: list[float], score: float, boxes: list[Box | None]
    ) -> int:
        motion = None
        if self.filter is None or self.stable == 0:  # case A
            best = int(np.argmax(ious))
            if (box := boxes[best]) is not None:
                self.filter = Filter(box)
                self.stable = 1
        elif self.stable < 15:  # case B
            self.filter.predict()
            best = int(np.argmax(ious))
            if ious[best] > 0.3 and (box := boxes[best]) is not None:
                self.filter.update(box)
                self.stable += 1
            else:
                self.stable = 0
        else:  # case C
            expected = self.filter.predict()
            overlaps = [overlap(expected, box) for box in boxes]
            mixed = [
                self.weight * o + (1 - self.weight) * i for o, i in zip(overlaps, ious, strict=True)
            ]
            best = int(np.argmax(mixed))
            motion = overlaps[best]
            if ious[best] < 0.3 or (box := boxes[best]) is None:
                self.stable = 0
            else:
                self.filter.update(box)
        self.frames[frame_index] = Kept(ious[best], score, motion)
        return best

    def maps(self, frame_index: int) -> list[tuple[int, int]]:
        """(frame, slot) in the order of attention; the prompt is frame 0 in slot 0."""
        valid: list[int] = []
        for t in range(frame_index - 1, 1, -1):
            kept = self.frames[t]
            if (
                kept.iou > 0.5
                and kept.object_score > 0
                and (kept.motion is None or kept.motion > 0)
            ):
                valid.insert(0, t)
            if len(valid) >= 15:
                break
        if frame_index > 1 and frame_index - 1 not in valid:
            valid.append(frame_index - 1)
        slots = []
        for slot in range(1, 7):
            if slot - 7 >= -len(valid):
                slots.append((valid[slot - 7], slot))
        return [(0, 0), *slots]

    def pointers(self, frame_index: int) -> list[tuple[int, int]]:
        """(frame, distance): the prompt, then the frames before, newest first."""
        found = [(0, frame_index)]
        for distance in range(1, 16):
            if frame_index - distance >= 1:
                found.append((frame_index - distance, distance))
        return found


class Sam2Rules:
    """The stock memory: the best predicted IoU, the last six frames."""

    def choose(
        self, frame_index: int, ious: list[float], score: float, boxes: list[Box | None]
    ) -> int:
        return int(np.argmax(ious))

    def maps(self, frame_index: int) -> list[tuple[int, int]]:
        recent = [
            (frame_index - back, 7 - back) for back in range(6, 0, -1) if frame_index - back >= 1
        ]
        return [(0, 0), *recent]

    pointers = SamuraiRules.pointers
