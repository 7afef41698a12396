"""DAM4SAM's rules (arXiv 2411.17576 and its public code) as plainly as they can be said.

Everything is kept for ever and looked up anew. One object, times counted from its prompt. scipy
finds connected parts.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage


class DamRules:
    def __init__(self, prompt_size: float) -> None:
        self.sizes = {0: prompt_size}
        self.anchors = [0]  # the prompt is the first conditioning frame

    def judge(
        self, frame_index: int, ious: list[float], masks: list[np.ndarray], scale: float
    ) -> int:
        """Choose by predicted IoU, and promote the frame if it shows a distractor."""
        best = max(range(len(ious)), key=lambda n: (ious[n], -n))
        chosen = masks[best]
        self.sizes[frame_index] = chosen.sum() * scale
        since = [
            self.sizes[t] for t in sorted(self.sizes) if t > frame_index - 300 and self.sizes[t] > 0
        ]
        if (
            chosen.any()
            and ious[best] > 0.8
            and frame_index - self.anchors[-1] > 5
            and 0.8 <= self.sizes[frame_index] / np.median(since[-10:]) <= 1.2
            and any(
                box_overlap(chosen, chosen | largest(other & ~chosen)) <= 0.7
                for n, other in enumerate(masks)
                if n != best and (other & ~chosen).any()
            )
        ):
            self.anchors.append(frame_index)
        return best

    def conditioning(self) -> list[int]:
        return [0, *self.anchors[1:][-3:]]

    def maps(self, frame_index: int) -> list[tuple[int, int]]:
        """Recalled frames with their slots."""
        conditioning = self.conditioning()
        visible = [t for t in range(1, frame_index) if self.sizes[t] > 0 and t not in self.anchors]
        recent = visible[-1:] + [t for t in reversed(visible[:-1]) if t % 5 == 0]
        recent = recent[: 7 - len(conditioning)]
        return [(t, 0) for t in conditioning] + [(t, 6 - n) for n, t in enumerate(recent)][::-1]

    def pointers(self, frame_index: int) -> list[tuple[int, int]]:
        """Conditioning frames, then visible frames of the last fifteen, newest first."""
        conditioning = self.conditioning()
        recent = [
            t
            for t in range(frame_index - 1, max(0, frame_index - 16), -1)
            if self.sizes[t] > 0 and t not in conditioning
        ]
        return [(t, frame_index - t) for t in conditioning + recent]


def largest(mask: np.ndarray) -> np.ndarray:
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes = ndimage.sum_labels(mask, labels, range(1, count + 1))
    found: np.ndarray = labels == 1 + int(np.argmax(sizes))
    return found


def box_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Of the masks' boxes, from smallest to largest pixel."""
    boxes = []
    for mask in (a, b):
        rows, columns = np.nonzero(mask)
        boxes.append((columns.min(), rows.min(), columns.max(), rows.max()))
    one, two = boxes
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    both = max(width, 0) * max(height, 0)
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
    return both / (sum(areas) - both) if both else 0.0
