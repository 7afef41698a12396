"""The losses of SAM 2 (arXiv 2408.00714, appendix D.1), with changes for training from scratch.

Mask losses on the best of three candidates, an IoU head supervised on all three, and a
visibility head. Where SAM 2 takes the best candidate alone, a tenth of the mean over all is added:
from random weights a candidate that is never the best would otherwise never be trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from samurai_training.unroll import Prediction

FOCAL_ALPHA, FOCAL_GAMMA = 0.25, 2.0


@dataclass(frozen=True)
class Weights:
    """Weights of the losses; `focal` and `entropy` are two pixel losses.

    SAM 2's are focal 20, dice 1, iou 1, visible 1. Focal loss from random weights settles on "all
    background" (the cross entropy, which weighs the object's pixels up, doesn't).
    """

    focal: float
    entropy: float
    dice: float = 1.0
    iou: float = 1.0
    visible: float = 0.3
    others: float = 0.1


@dataclass(frozen=True)
class Losses:
    """total: to be minimized. The rest is for the log; overlap: IoU of the candidate that the
    network prefers, over visible frames after the first."""

    total: Tensor
    mask: float
    iou: float
    visible: float
    overlap: float


def compute_losses(predictions: list[Prediction], masks: Tensor, weights: Weights) -> Losses:
    """The losses of one unrolled batch.

    Args:
        masks: float32 (T, B, 1, S, S) of zeros and ones.
    """
    logits = torch.cat([p.logits for p in predictions])
    ious = torch.cat([p.ious for p in predictions])
    scores = torch.cat([p.object_scores for p in predictions])[:, 0]
    truth = torch.cat([masks[p.time] for p in predictions])
    truth = F.interpolate(truth, logits.shape[-2:], mode="area")  # coverage: edges between pixels
    visible = (truth.flatten(1).sum(1) > 0.5).float()
    seen = visible.sum().clamp(min=1)
    pixel = _pixel_losses(logits, truth.expand_as(logits), weights)
    best = pixel.min(1)[0]
    mask_loss = ((1 - weights.others) * best + weights.others * pixel.mean(1)) * visible
    actual = _overlaps(logits, truth)
    iou_loss = ((ious - actual).abs().mean(1) * visible).sum() / seen
    visible_loss = F.binary_cross_entropy_with_logits(scores, visible)
    mask_mean = mask_loss.sum() / seen
    total = mask_mean + weights.iou * iou_loss + weights.visible * visible_loss
    preferred = actual.gather(1, ious.argmax(1)[:, None])[:, 0]
    later = torch.cat([visible.new_full((len(p.ious),), float(p.time > 0)) for p in predictions])
    counted = (later * visible).sum().clamp(min=1)
    return Losses(
        total,
        mask_mean.item(),
        iou_loss.item(),
        visible_loss.item(),
        ((preferred * later * visible).sum() / counted).item(),
    )


def _pixel_losses(logits: Tensor, truth: Tensor, weights: Weights) -> Tensor:
    """Loss per candidate, (N, K)."""
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    probability = torch.sigmoid(logits)
    total = logits.new_zeros(logits.shape[:2])
    if weights.entropy:
        total = total + weights.entropy * ((1 + 4 * truth) * entropy).mean((2, 3))
    if weights.focal:
        missed = (probability - truth).abs() ** FOCAL_GAMMA
        balance = FOCAL_ALPHA * truth + (1 - FOCAL_ALPHA) * (1 - truth)
        total = total + weights.focal * (balance * missed * entropy).mean((2, 3))
    shared = (probability * truth).sum((2, 3))
    size = probability.sum((2, 3)) + truth.sum((2, 3))
    return total + weights.dice * (1 - (2 * shared + 1) / (size + 1))


@torch.no_grad()
def _overlaps(logits: Tensor, truth: Tensor) -> Tensor:
    """IoU of every candidate with the truth, (N, K)."""
    answer, wanted = logits > 0, truth > 0.5
    shared = (answer & wanted).sum((2, 3))
    return shared / (answer | wanted).sum((2, 3)).clamp(min=1)
