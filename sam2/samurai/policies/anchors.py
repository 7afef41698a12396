"""Distractor-aware memory (DAM4SAM, CVPR 2025, arXiv 2411.17576): selection of the frames to
remember.

Recent memory (RAM) holds the object's present appearance: the newest frame and earlier ones, five
frames apart, visible ones only. Anchor memory (DRM) distinguishes it from others: frames in which
the network hesitated between the object and a distractor, and was right. Anchors share the prompt's
slot. Constants are those of the public code.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from samurai.geometry import corners_overlap
from samurai.policies.base import (
    Decoded,
    Keep,
    MapRecall,
    PointerRecall,
    PolicyContext,
    Recall,
)
from samurai.policies.observations import Mask
from samurai.policies.parameters import Parameters, number


@dataclass(frozen=True)
class AnchorParameters(Parameters):
    """DAM4SAM's constants.

    Attributes:
        stride: frames between members of the recent memory.
        anchors: anchors beside the prompt: attention takes four conditioning frames, the nearest
            in time.
        anchor_iou: predicted IoU that an anchor must exceed.
        anchor_gap: frames that must lie between two anchors, at least.
        smallest_size, largest_size: bounds of an anchor's size against the median of the last
            `sizes` in `sizes_since` frames.
        distractor_overlap: a candidate whose surplus moves the box to an overlap of at most so much
            shows a distractor.
        prompt_candidates: prompts of up to so many points are answered by three candidates.
    """

    stride: int = number(5, 1, whole=True)
    anchors: int = number(3, 1, 5, whole=True)
    anchor_iou: float = number(0.8)
    anchor_gap: int = number(5, 0, whole=True)
    smallest_size: float = number(0.8, 0)
    largest_size: float = number(1.2, 0)
    sizes: int = number(10, 1, whole=True)
    sizes_since: int = number(300, 1, whole=True)
    distractor_overlap: float = number(0.7, 0, 1)
    prompt_candidates: int = number(3, 0, whole=True)


class AnchorMemory:
    """One object's recent memory and anchors."""

    def __init__(self, context: PolicyContext, parameters: AnchorParameters) -> None:
        self._context = context
        self._parameters = parameters
        self._prompt = 0
        self._anchors: tuple[int, ...] = ()
        self._recent: tuple[int, ...] = ()
        self._newest: int | None = None
        self._pointed: tuple[int, ...] = ()
        self._sizes: deque[tuple[int, float]] = deque(maxlen=parameters.sizes)

    @property
    def maps(self) -> int:
        """The most maps ever kept: prompt, anchors, recent ones, the newest."""
        return 1 + self._parameters.anchors + (self._context.slots - 1) + 1

    @property
    def pointers(self) -> int:
        """The most pointers ever kept."""
        return self._context.pointers + self._parameters.anchors

    def start(self, decoded: Decoded, chosen: int) -> None:
        """Begin with the frame of the prompt."""
        self._prompt = decoded.frame_index
        self._note_size(decoded.frame_index, decoded.candidates[chosen].area)

    def forget(self) -> None:
        """Forget everything but the prompt: a correction says that the object was elsewhere."""
        self._anchors, self._recent, self._newest, self._pointed = (), (), None, ()
        self._sizes.clear()

    def observe(self, decoded: Decoded, chosen: int, trusted: bool = True) -> None:
        """Decide whether a frame is remembered as recent, as an anchor, or not at all.

        Args:
            trusted: False keeps the frame out of both memories, as if the object were absent.
        """
        frame_index, area = decoded.frame_index, decoded.candidates[chosen].area
        self._note_size(frame_index, area)
        if not area or not trusted:
            return
        self._pointed = (*self._pointed, frame_index)
        if self._is_anchor(decoded, chosen):
            self._anchors = (*self._anchors, frame_index)[-self._parameters.anchors :]
            return
        self._newest = frame_index
        if (frame_index - self._prompt) % self._parameters.stride == 0:
            self._recent = (*self._recent, frame_index)[-(self._context.slots - 1) :]

    def _note_size(self, frame_index: int, area: float) -> None:
        if area:
            self._sizes.append((frame_index, area))

    def _is_anchor(self, decoded: Decoded, chosen: int) -> bool:
        candidate, frame_index = decoded.candidates[chosen], decoded.frame_index
        last = self._anchors[-1] if self._anchors else self._prompt
        of = self._parameters
        if candidate.predicted_iou <= of.anchor_iou or frame_index - last <= of.anchor_gap:
            return False
        usual = median(size for at, size in self._sizes if at > frame_index - of.sizes_since)
        if not of.smallest_size <= candidate.area / usual <= of.largest_size:
            return False
        return sees_distractor(decoded, chosen, of.distractor_overlap)

    def recall(self, frame_index: int) -> Recall:
        """The memories for frame `frame_index`. Slots go by rank: the newest has the last one."""
        recent = [t for t in self._recent if t != self._newest]
        if self._newest is not None:
            recent.append(self._newest)
        room = self._context.slots - 1 - len(self._anchors)
        recent = recent[max(0, len(recent) - room) :]
        oldest = self._context.slots - len(recent)
        maps = (
            *(MapRecall(t, 0) for t in (self._prompt, *self._anchors)),
            *(MapRecall(t, oldest + rank) for rank, t in enumerate(recent)),
        )
        conditioning = (self._prompt, *self._anchors)
        lately = [t for t in reversed(self._pointed) if frame_index - t < self._context.pointers]
        pointed = (*conditioning, *(t for t in lately if t not in conditioning))
        return Recall(maps, tuple(PointerRecall(t, frame_index - t) for t in pointed))

    def keep(self, frame_index: int) -> Keep:
        """The entries still needed after frame `frame_index`."""
        self._pointed = tuple(
            t for t in self._pointed if frame_index + 1 - t < self._context.pointers
        )
        fixed = {self._prompt, *self._anchors}
        newest = set() if self._newest is None else {self._newest}
        return Keep(
            frozenset(fixed | newest | set(self._recent)), frozenset(fixed | {*self._pointed})
        )


def sees_distractor(decoded: Decoded, chosen: int, overlap: float) -> bool:
    """Whether another candidate holds something else beside the chosen one.

    The largest connected part of another candidate outside the chosen one, joined with it, has a
    box that overlaps the chosen one's box by `overlap` at most.
    """
    mask = decoded.mask(chosen)
    box = decoded.grid.corners(mask)
    if box is None:
        return False
    for other in range(len(decoded.candidates)):
        surplus = largest_part(decoded.mask(other) & ~mask) if other != chosen else None
        if surplus is None:
            continue
        joined = decoded.grid.corners(mask | surplus)
        if joined is not None and corners_overlap(box, joined) <= overlap:
            return True
    return False


def largest_part(mask: Mask) -> Mask | None:
    """The largest connected part (by edges and corners) of a mask, None of an empty one."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return None
    part: Mask = labels == 1 + int(np.argmax(statistics[1:, cv2.CC_STAT_AREA]))
    return part
