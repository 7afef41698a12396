"""The numbers of the model card: overlap of two policies on generated films, and calibration.

The thresholds of the published policies were made for the official heads. This measures whether
they fit here: how often each is crossed, and the accuracy of the predicted IoU.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from samurai.confidence import fit_knots
from samurai.core.session import Session
from samurai.policies.base import Choice, Decoded, Policy
from samurai.policies.samurai import SamuraiParameters
from samurai.regions import Box, Mask
from samurai.tracker import Tracker
from samurai_training.clips import Clip
from samurai_training.validation import score

BINS = 5


def compare(first: Tracker, second: Tracker, clips: Sequence[Clip]) -> dict[str, Any]:
    """Overlap of two trackers on the same films, and their mean difference with its interval.

    Returns:
        "means", "survivals" of both; "difference" first minus second with the half-width of its
        95 % confidence interval over films (normal approximation).
    """
    a, b = score(first, clips), score(second, clips)
    differences = np.array(a.overlaps) - np.array(b.overlaps)
    half = 1.96 * float(differences.std(ddof=1)) / math.sqrt(len(differences))
    return {
        "films": len(clips),
        "frames": sum(len(clip.frames) for clip in clips),
        "means": [a.mean, b.mean],
        "survivals": [a.survival, b.survival],
        "difference": float(differences.mean()),
        "interval": half,
    }


class _Recorder:
    """Wraps a policy's `choose` and records its inputs and choices."""

    def __init__(self, policy: Policy) -> None:
        self.seen: list[tuple[Decoded, Choice]] = []
        choose = policy.choose

        def noting(decoded: Sequence[Decoded]) -> Sequence[Choice]:
            choices = choose(decoded)
            self.seen.append((decoded[choices[0].hypothesis], choices[0]))
            return choices

        policy.choose = noting  # type: ignore[method-assign]


def calibration(tracker: Tracker, clips: Sequence[Clip]) -> dict[str, Any]:
    """How often the thresholds of `samurai` are crossed, and predicted against true mask IoU."""
    predicted, actual, scores, visible, estimates = [], [], [], [], []
    for clip in clips:
        recorders: list[_Recorder] = []

        def recorded(made: list[_Recorder] = recorders) -> Policy:
            policy = tracker.new_policy()
            made.append(_Recorder(policy))
            return policy

        box = Box.of_mask(clip.masks[0])
        assert box is not None
        session = Session(tracker.network, recorded, tracker.box_prompt, tracker.window, ())
        session.start(clip.frames[0], [box])
        for frame, truth in zip(clip.frames[1:], clip.masks[1:], strict=True):
            answer = session.step(frame)[0]
            decoded, choice = recorders[-1].seen[-1]
            predicted.append(decoded.candidates[choice.candidate].predicted_iou)
            scores.append(decoded.object_score)
            actual.append(_mask_overlap(Mask(answer.mask), Mask(truth)))
            visible.append(bool(truth.any()))
            if not answer.absent:
                estimates.append((answer.confidence, actual[-1] if truth.any() else 0.0))
        session.close()
    summed = _summed(np.array(predicted), np.array(actual), np.array(scores), np.array(visible))
    pairs = np.array(estimates).reshape(-1, 2)
    return {**summed, "confidence knots": fit_knots(pairs[:, 0], pairs[:, 1])}


def _mask_overlap(a: Mask, b: Mask) -> float:
    union = int((a.array | b.array).sum())
    return int((a.array & b.array).sum()) / union if union else 1.0


def _summed(predicted: Any, actual: Any, scores: Any, visible: Any) -> dict[str, Any]:
    edges = np.linspace(0, 1, BINS + 1)
    bins = []
    for low, high in pairwise(edges):
        chosen = visible & (predicted >= low) & (predicted < high + (high == 1))
        if chosen.any():
            bins.append(
                {
                    "from": float(low),
                    "to": float(high),
                    "frames": int(chosen.sum()),
                    "predicted": float(predicted[chosen].mean()),
                    "actual": float(actual[chosen].mean()),
                }
            )
    gone, of = ~visible, SamuraiParameters()
    return {
        "frames": len(predicted),
        "crossed": {
            f"predicted IoU > {of.memory_iou}": float((predicted > of.memory_iou).mean()),
            f"predicted IoU > {of.stable_iou}": float((predicted > of.stable_iou).mean()),
            f"object score > {of.memory_object}": float((scores > of.memory_object).mean()),
            f"object score > {of.object_gate}": float((scores > of.object_gate).mean()),
        },
        "bins": bins,
        "visible": {
            "frames with the target": int(visible.sum()),
            "of those, object score > 0": float((scores[visible] > 0).mean()),
            "frames without": int(gone.sum()),
            "of those, object score > 0 ": float((scores[gone] > 0).mean()) if gone.any() else None,
        },
    }
