"""A mask on its way out: from mask logits of the network's size to answers in the frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samurai.confidence import calibrated
from samurai.core.hypotheses import SelectedHypothesis
from samurai.core.mask_upsampling import upsampled_logits, upsampled_mask
from samurai.core.search_region import SearchRegion
from samurai.core.transfer import MASKS_AT_ONCE, on_host
from samurai.masks import separated
from samurai.regions import Answer, Box

WHOLE = (slice(None), slice(None))
"""Rows and columns of a mask, all of them."""

LocatedMask = tuple[NDArray[np.bool_], Box | None]
"""A mask (H, W) of the frame's size and its box; None where it is empty."""


def locate_all(
    selections: Sequence[SelectedHypothesis], frame_size: tuple[int, int], threshold: float = 0.0
) -> list[LocatedMask]:
    """The selected masks in the frame; those seen in the whole frame are resized together.

    Args:
        threshold: see `locate`.
    """
    if not selections:
        return []
    if all(each.view.region is None for each in selections):
        logits = torch.cat([each.logits for each in selections])
        return frame_masks(_shifted(logits, threshold), frame_size)
    return [locate(each.logits, each.view.region, frame_size, threshold) for each in selections]


def locate(
    logits: Tensor,
    region: SearchRegion | None,
    frame_size: tuple[int, int],
    threshold: float = 0.0,
) -> LocatedMask:
    """A mask in the frame.

    Args:
        logits: (1, 1, L, L).
        region: that they were decoded in; None for the whole frame.
        threshold: logits at the frame's size above it are the object's.
    """
    logits = _shifted(logits, threshold)
    if region is None:
        [whole] = frame_masks(logits, frame_size)
        return whole
    [(part, box)] = frame_masks(logits, region.size, region.shared(frame_size)[2])
    return region.placed(part, box, frame_size)


def _shifted(logits: Tensor, threshold: float) -> Tensor:
    """Logits that are above zero where they were above a threshold. Weights of an interpolation add
    up to 1, so that it may come before or after."""
    return logits - threshold if threshold else logits


def separate(
    located: Sequence[LocatedMask],
    selections: Sequence[SelectedHypothesis],
    frame_size: tuple[int, int],
) -> list[LocatedMask]:
    """The masks without shared pixels, see `masks.separated`."""

    def logits(number: int) -> NDArray[np.float32]:
        return _frame_logits(selections[number], frame_size)

    masks = separated([mask for mask, _ in located], logits)
    return [(mask, Box.of_mask(mask)) for mask in masks]


def to_answer(selected: SelectedHypothesis, located: LocatedMask, knots: Sequence[float]) -> Answer:
    """What is said of one object in one frame.

    Args:
        knots: of the model's calibration, see `confidence.calibrated`.
    """
    mask, box = located
    confidence = calibrated(selected.confidence, knots) if box else 0.0
    return Answer(selected.object_id, mask, box, confidence, box is None, selected.prompted)


def _frame_logits(selected: SelectedHypothesis, frame_size: tuple[int, int]) -> NDArray[np.float32]:
    """Mask logits (H, W) at the frame's size."""
    region = selected.view.region or SearchRegion.whole(frame_size)
    logits = upsampled_logits(selected.logits, region.size)[0, 0]
    pasted: NDArray[np.float32] = region.paste(logits.cpu().numpy(), frame_size)
    return pasted


def frame_masks(
    logits: Tensor, frame_size: tuple[int, int], part: tuple[slice, slice] = WHOLE
) -> list[tuple[NDArray[np.bool_], Box | None]]:
    """Masks (H, W) and their boxes at the frame's size, of mask logits (N, 1, h, w).

    Bilinear without corner alignment, above zero, as SAM 2's video predictor.

    Args:
        part: rows and columns that are wanted; box and mask are those of this part.
    """
    if logits.device.type == "cpu":
        found = [upsampled_mask(own, frame_size, part) for own in logits[:, 0]]
        return [(mask, Box.of_mask(mask)) for mask in found]
    answers: list[tuple[NDArray[np.bool_], Box | None]] = []
    for some in torch.split(logits, MASKS_AT_ONCE):
        masks = upsampled_logits(some, frame_size)[(slice(None), 0, *part)] > 0
        size = (masks.shape[1], masks.shape[2])
        answers += [with_box(line, size) for line in on_host(with_profiles(masks))]
    return answers


def with_profiles(masks: Tensor) -> Tensor:
    """Masks (N, H, W) in a line each, (N, H * W + H + W), followed by which of their rows and which
    of their columns hold something: what boxes are told from, and the device finds quickest."""
    return torch.cat([masks.flatten(1), masks.any(dim=2), masks.any(dim=1)], dim=1)


def with_box(
    line: NDArray[np.bool_], size: tuple[int, int]
) -> tuple[NDArray[np.bool_], Box | None]:
    """A mask (H, W) and its box from a line of `with_profiles`."""
    height, width = size
    mask = line[: height * width].reshape(size)
    rows, columns = np.split(line[height * width :], [height])
    return mask, Box.of_profiles(rows, columns)
