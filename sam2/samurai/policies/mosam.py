"""MoSAM (arXiv 2505.00739): prompts from motion, memory selected by frame and by pixel.

Motion-guided prompting: points inside the last mask are followed into the newest frame; those that
dense flow also moves into the object prompt the decoder there. Spatial-temporal memory selection: a
frame is remembered if its quality is high, and its map counts less where the mask was doubtful.

The paper gives no constants that we could read, and there is no code; those here are ours, chosen
on generated films with nano (docs/policies.md). In that test an additional mask prompt, the mask
warped by flow, lowered the overlap; `mask_prompt` enables it for models that were trained with mask
prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samurai.motion import dense_flow, point_tracker
from samurai.motion.flow import warped
from samurai.motion.points import farthest_points
from samurai.policies.base import (
    Choice,
    Decoded,
    DecoderPrompt,
    Grid,
    Keep,
    Policy,
    PolicyContext,
    PolicyRequirements,
    Recall,
    RecentFrames,
    kept_pointers,
    recent_pointers,
)
from samurai.policies.parameters import Parameters, number
from samurai.policies.point_vote import inner_points
from samurai.policies.trusted import TrustedFrames

BEYOND = -10.0
"""Logit of a mask prompt outside the warped mask; also the bound of warped logits."""


@dataclass(frozen=True)
class MosamParameters(Parameters):
    """Constants of ours.

    Attributes:
        followed, prompted: points followed from frame to frame, and those of them that prompt: far
            apart, all seen.
        frame_iou, frame_object: what a frame must exceed to be remembered, and to prompt the next
            one: predicted IoU, object score.
        pixel_confidence: distance of a pixel's probability from one half, doubled, from which its
            memory counts fully.
        stray: pixels by which a followed point may always differ from the others' median
            displacement.
        surroundings: flow is measured in the last mask's box and so much of its sides around it.
        mask_prompt: 1 also prompts with the mask warped by flow.
    """

    followed: int = number(24, 1, whole=True)
    prompted: int = number(3, 1, whole=True)
    frame_iou: float = number(0.5)
    frame_object: float = number(0.0)
    pixel_confidence: float = number(0.5, 1e-9, 1)
    stray: float = number(1.0, 0)
    surroundings: float = number(0.5, 0)
    mask_prompt: int = number(0, 0, 1, whole=True)


@dataclass(frozen=True)
class _Last:
    """A trusted frame's mask logits and their grid."""

    frame_index: int
    logits: NDArray[np.float32]
    grid: Grid


class MosamPolicy(Policy):
    """Motion prompts the decoder; doubtful frames and pixels stay out of memory."""

    name = "mosam"
    parameters_type = MosamParameters

    def __init__(self, context: PolicyContext, parameters: MosamParameters | None = None) -> None:
        super().__init__(context)
        self._parameters = parameters or MosamParameters()
        self._tracker = point_tracker(context.points)
        self._flow = dense_flow(context.flow)
        self._memory = TrustedFrames(0, context.slots)
        self._frames: RecentFrames | None = None
        self._last: _Last | None = None
        self._trusted = False
        self._trust: NDArray[np.float32] | None = None

    @property
    def requirements(self) -> PolicyRequirements:
        """The newest picture, in which motion predicts the mask."""
        return PolicyRequirements(self._memory.capacity, self.context.pointers, frames=1)

    def observe(self, frames: RecentFrames) -> None:
        """Keep the newest pictures for the motion prompt."""
        self._frames = frames

    def start(self, decoded: Decoded) -> Choice:
        """The candidate with the best predicted IoU; its mask is the first that motion moves."""
        self._memory = TrustedFrames(decoded.frame_index, self.context.slots)
        chosen = decoded.best()
        self._last = _Last(decoded.frame_index, decoded.logits(chosen), decoded.grid)
        return Choice(chosen)

    def recall(self, frame_index: int) -> Sequence[Recall]:
        """Trusted frames, and a decoder prompt with the mask moved by motion."""
        pointers = recent_pointers(self._memory.prompt, frame_index, self.context.pointers)
        return [
            Recall(self._memory.recalled(frame_index), pointers, self._decoder_prompt(frame_index))
        ]

    def _decoder_prompt(self, frame_index: int) -> DecoderPrompt | None:
        """The prompt from the last mask moved by motion; None where it wasn't trusted or points
        were lost."""
        last, frames = self._last, self._frames
        if (
            last is None
            or frames is None
            or last.frame_index != frame_index - 1
            or not (last.logits > 0).any()
        ):
            return None
        of = self._parameters
        before, now = frames.rgb(1), frames.rgb(0)
        points = inner_points(last.logits > 0, last.grid, before.shape[:2], of.followed)
        moved, seen = self._tracker.follow([before, now], points)
        moved = moved[seen][inliers(moved[seen] - points[seen], of.stray)]
        logits = self._warped(last, before, now)
        columns, rows = np.floor(moved).astype(int).T
        moved = farthest_points(moved[logits[rows, columns] > 0], of.prompted)
        if len(moved) < of.prompted:
            return None
        labels = np.ones(of.prompted, dtype=np.int32)
        return DecoderPrompt(moved, labels, logits if of.mask_prompt else None)

    def _warped(
        self, last: _Last, before: NDArray[np.uint8], now: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """The last mask's logits warped by dense flow, over the whole picture."""
        size = (now.shape[0], now.shape[1])
        logits = last.grid.resampled(np.clip(last.logits, BEYOND, -BEYOND), size, BEYOND)
        here = _around(last, size, self._parameters.surroundings)
        backwards = self._flow.between(now[here], before[here])
        moved = np.full(size, BEYOND, dtype=np.float32)
        moved[here] = warped(logits[here], backwards, BEYOND)
        return moved

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """Best predicted IoU; decides whether the frame and which of its pixels are trusted."""
        seen, of = decoded[0], self._parameters
        chosen = seen.best()
        iou = seen.candidates[chosen].predicted_iou
        self._trusted = iou > of.frame_iou and seen.object_score > of.frame_object
        logits = seen.logits(chosen)
        self._last = _Last(seen.frame_index, logits, seen.grid) if self._trusted else None
        self._trust = pixel_trust(logits, of.pixel_confidence)
        return [Choice(chosen)]

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """Motion starts at the corrected mask; frames trusted before are forgotten."""
        self._memory = TrustedFrames(self._memory.prompt, self.context.slots)
        self._last = _Last(decoded.frame_index, decoded.logits(candidate), decoded.grid)
        self._trusted = False

    def remember(self, frame_index: int) -> Sequence[Keep]:
        """Trusted frames; the weights of untrusted pixels go with this frame's map."""
        self._memory = self._memory.after(frame_index, self._trusted)
        pointers = kept_pointers(self._memory.prompt, frame_index, self.context.pointers)
        return [Keep(self._memory.kept(frame_index), pointers, self._trust)]


def inliers(moves: NDArray[np.float32], stray: float) -> NDArray[np.bool_]:
    """Which displacements (N, 2) are inliers: points on the background are not. Those
    within `stray` pixels always are."""
    if not len(moves):
        return np.zeros(0, dtype=np.bool_)
    off = np.linalg.norm(moves - np.median(moves, axis=0), axis=1)
    agreed: NDArray[np.bool_] = off <= max(stray, 2 * float(np.median(off)))
    return agreed


def pixel_trust(logits: NDArray[np.float32], fully: float) -> NDArray[np.float32]:
    """The weight of each pixel's memory, 0 to 1, from the distance of its probability from one
    half: 1 where that distance, doubled, is `fully` or more."""
    confidence = np.abs(np.tanh(logits / 2))  # |2 * sigmoid - 1|
    pixel_weights: NDArray[np.float32] = np.minimum(confidence / fully, 1).astype(np.float32)
    return pixel_weights


def _around(last: _Last, size: tuple[int, int], share: float) -> tuple[slice, slice]:
    """Rows and columns of the last mask's box with that share of its sides around it."""
    corners = last.grid.corners(last.logits > 0)
    assert corners is not None
    left, top, right, bottom = corners
    margin = share * max(right - left, bottom - top) + max(last.grid.scale_x, last.grid.scale_y)
    rows = slice(int(max(0, top - margin)), int(min(size[0], bottom + margin + 1)))
    columns = slice(int(max(0, left - margin)), int(min(size[1], right + margin + 1)))
    return rows, columns
