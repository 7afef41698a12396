"""A check before a mask is remembered, for any policy: is it where the object came from?

In the manner of SENTRY (arXiv 2606.24449), of which the idea is published: each candidate is traced
back over a short horizon, compared with the object's recent trajectory and with those of its
neighbors, by motion that is consistent forward and backward; what isn't consistent isn't written.
The constants, and how masks are compared, are ours:

* a mask is traced by dense flow from the newest frame to each of the last frames that passed;
* only pixels count whose flow forward and backward is consistent;
* it must overlap with the object's mask there, and more than with the masks that the decoder
  offered beside it, the neighbors;
* with nothing to compare with (an absence, no reliable motion), a mask passes.

The answer stays the policy's; a frame that doesn't pass is only kept out of memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.motion import dense_flow
from samurai.motion.flow import FlowField, warped
from samurai.policies.base import (
    Choice,
    Decoded,
    Grid,
    Keep,
    Policy,
    PolicyRequirements,
    Recall,
    RecentFrames,
)

HORIZON = 3
"""Frames that a mask is traced back, at most; the last ones that passed."""

MIN_OVERLAP = 0.4
"""Mean IoU with the trajectory that a mask must reach."""

FLOW_TOLERANCE = 1.5
"""Largest forward-backward error of a consistent flow, in pixels of the picture that flow is
computed on."""

MIN_CONSISTENT_SHARE = 0.3
"""Share of a mask's pixels that must have consistent flow; below it the frame isn't compared."""

FLOW_SIDE = 96
"""Longer side of the pictures that flow is computed on."""

FLOW_MARGIN = 0.5
"""Width of the border around the box of the compared masks, as a share of its longer side."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class FrameMasks:
    """The masks of a frame.

    Attributes:
        frame_index: of the frame.
        own: of the object; boolean (h, w) on the grid.
        neighbors: what the decoder offered beside it, where that isn't the object's.
        grid: where the pixels lie.
    """

    frame_index: int
    own: Mask
    neighbors: Mask
    grid: Grid


class CheckedPolicy(Policy):
    """Another policy whose frames are remembered only if their mask passes the check.

    Args:
        policy: decides everything else.
    """

    name = "checked"

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy.context)
        self.policy = policy
        self.name = policy.name  # type: ignore[misc]  # of the one instance
        self._flow = dense_flow(policy.context.flow)
        self._frames: RecentFrames | None = None
        self._trajectories: list[deque[FrameMasks]] = [deque(maxlen=HORIZON)]
        self._refused: list[frozenset[int]] = [frozenset()]

    @property
    def correctable(self) -> bool:
        """As the other policy."""
        return self.policy.correctable

    @property
    def requirements(self) -> PolicyRequirements:
        """Those of the other policy, and the frames that masks are traced through."""
        wanted = self.policy.requirements
        return replace(wanted, frames=max(wanted.frames, HORIZON))

    def observe(self, frames: RecentFrames) -> None:
        """Keep the newest pictures."""
        self._frames = frames
        if self.policy.requirements.frames:
            self.policy.observe(frames)

    def start(self, decoded: Decoded) -> Choice:
        """The prompt's mask is where the trajectory begins."""
        choice = self.policy.start(decoded)
        self._refused = [frozenset()]
        self._begin(decoded, choice.candidate)
        return choice

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """What the other policy recalls, without the frames that weren't written."""
        recalls = self.policy.recall(frame_index)
        return [
            replace(
                recall,
                maps=tuple(m for m in recall.maps if m.frame_index not in refused),
                pointers=tuple(p for p in recall.pointers if p.frame_index not in refused),
            )
            for recall, refused in zip(recalls, self._refused, strict=True)
        ]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """The other policy's choices, each of them checked."""
        choices = self.policy.choose(decoded)
        trajectories, refused = self._trajectories, self._refused
        self._trajectories = [trajectories[choice.hypothesis].copy() for choice in choices]
        self._refused = [refused[choice.hypothesis] for choice in choices]
        for place, choice in enumerate(choices):
            seen = masks_of(decoded[choice.hypothesis], choice.candidate)
            if not self._passes(seen, self._trajectories[place]):
                self._refused[place] |= {seen.frame_index}
            elif seen.own.any():
                self._trajectories[place].append(seen)
        return choices

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """The trajectory begins anew at the corrected mask, which is remembered."""
        self.policy.correct(decoded, candidate)
        self._begin(decoded, candidate)
        self._refused = [self._refused[0] - {decoded.frame_index}]

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """What the other policy keeps, without the frames that didn't pass."""
        keeps = self.policy.remember(frame_index)
        self._refused = [
            refused & (keep.maps | keep.pointers)
            for refused, keep in zip(self._refused, keeps, strict=True)
        ]
        return [
            replace(keep, maps=keep.maps - refused, pointers=keep.pointers - refused)
            for keep, refused in zip(keeps, self._refused, strict=True)
        ]

    def _begin(self, decoded: Decoded, candidate: int) -> None:
        seen = masks_of(decoded, candidate)
        self._trajectories = [deque([seen] if seen.own.any() else [], maxlen=HORIZON)]

    def _passes(self, seen: FrameMasks, trajectory: Sequence[FrameMasks]) -> bool:
        """Whether a mask comes from where the object was."""
        frames = self._frames
        if frames is None or not seen.own.any():
            return True
        overlaps = []
        for earlier in trajectory:
            ago = seen.frame_index - earlier.frame_index
            if 0 < ago <= min(HORIZON, frames.ago):
                compared = self._compare(seen, earlier, frames, ago)
                if compared is not None:
                    overlaps.append(compared)
        if not overlaps:
            return True
        own, others = np.mean(overlaps, axis=0)
        return bool(own >= MIN_OVERLAP and own >= others)

    def _compare(
        self, seen: FrameMasks, earlier: FrameMasks, frames: RecentFrames, ago: int
    ) -> tuple[float, float] | None:
        """IoU of a mask, traced back, with the object's earlier one and with its neighbors' then;
        None where the motion says nothing."""
        now, before = frames.gray(0), frames.gray(ago)
        part = Crop.around([seen, earlier], (now.shape[0], now.shape[1]))
        start, end = part.picture(now), part.picture(before)
        back, forth = self._flow.between(start, end), self._flow.between(end, start)
        sure = consistent_flow(forth, back)
        traced = warped(part.mask(seen.own, seen.grid).astype(np.float32), forth, 0.0) > 0.5
        reliable = int(np.count_nonzero(traced & sure))
        if reliable == 0 or reliable < MIN_CONSISTENT_SHARE * int(np.count_nonzero(traced)):
            return None
        masks = (part.mask(mask, earlier.grid) for mask in (earlier.own, earlier.neighbors))
        own, others = (overlap_where(traced, mask, sure) for mask in masks)
        return own, others


def masks_of(decoded: Decoded, candidate: int) -> FrameMasks:
    """The masks of a frame: the chosen candidate's, and what others have beside it."""
    own = decoded.mask(candidate)
    neighbors = np.zeros_like(own)
    for number in range(len(decoded.candidates)):
        if number != candidate:
            mask = decoded.mask(number)
            if not (mask & own).any():  # another object; else a part, or more of the same one
                neighbors |= mask
    return FrameMasks(decoded.frame_index, own, neighbors, decoded.grid)


@dataclass(frozen=True)
class Crop:
    """A part of a picture, looked at with at most FLOW_SIDE pixels a side."""

    rows: slice
    columns: slice
    width: int
    height: int

    @classmethod
    def around(cls, masks: Sequence[FrameMasks], size: tuple[int, int]) -> Crop:
        """The box of some masks, and what is around it."""
        found = [edges for seen in masks if (edges := seen.grid.corners(seen.own))]
        left, top = (min(edges[n] for edges in found) for n in (0, 1))
        right, bottom = (max(edges[n] for edges in found) for n in (2, 3))
        margin = FLOW_MARGIN * max(right - left, bottom - top) + 2
        x0 = min(max(0, int(left - margin)), size[1] - 1)
        y0 = min(max(0, int(top - margin)), size[0] - 1)
        x1 = max(x0 + 1, min(size[1], int(right + margin) + 1))
        y1 = max(y0 + 1, min(size[0], int(bottom + margin) + 1))
        scale = min(1.0, FLOW_SIDE / max(x1 - x0, y1 - y0))
        width, height = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
        return cls(slice(y0, y1), slice(x0, x1), width, height)

    def picture(self, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """This part of a picture (h, w), small, as RGB."""
        part = cv2.resize(
            gray[self.rows, self.columns], (self.width, self.height), interpolation=cv2.INTER_AREA
        )
        return np.asarray(cv2.cvtColor(part, cv2.COLOR_GRAY2RGB), np.uint8)

    def mask(self, mask: Mask, grid: Grid) -> Mask:
        """This part of a mask, small."""
        scale_x = (self.columns.stop - self.columns.start) / self.width
        scale_y = (self.rows.stop - self.rows.start) / self.height
        shifted = Grid(
            (grid.left - self.columns.start) / scale_x,
            (grid.top - self.rows.start) / scale_y,
            grid.scale_x / scale_x,
            grid.scale_y / scale_y,
        )
        small: Mask = shifted.resampled(mask.astype(np.float32), (self.height, self.width), 0) > 0.5
        return small


def consistent_flow(there: FlowField, back: FlowField) -> Mask:
    """Pixels that flow moves to where the flow back returns them, within FLOW_TOLERANCE pixels.

    Args:
        there, back: displacement x, y in pixels (h, w, 2), forward and backward.
    """
    nowhere = 1e6
    returned = np.stack([warped(back[..., axis], there, nowhere) for axis in (0, 1)], axis=-1)
    off = np.linalg.norm(there + returned, axis=-1)
    met: Mask = off <= FLOW_TOLERANCE
    return met


def overlap_where(ours: Mask, theirs: Mask, where: Mask) -> float:
    """IoU of two masks over some pixels; 0 for two empty ones."""
    union = np.count_nonzero((ours | theirs) & where)
    return np.count_nonzero(ours & theirs & where) / union if union else 0.0
