"""Masks and boxes on their way out: the same whether the host or the device finds the box."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from samurai.frames import MASKS_AT_ONCE, frame_masks, with_box, with_profiles
from samurai.regions import Box


@pytest.mark.parametrize("count", [1, MASKS_AT_ONCE + 3])
def test_boxes_of_masks_and_of_profiles_agree(count: int) -> None:
    torch.manual_seed(0)
    logits = torch.randn(count, 1, 10, 10) - 1.5
    logits[0] = -1
    for (mask, box), single in zip(frame_masks(logits, (33, 47)), logits, strict=True):
        assert mask.shape == (33, 47) and box == Box.of_mask(mask)
        masks = torch.from_numpy(mask)[None]
        [line] = with_profiles(masks).numpy()
        again, told = with_box(line, (33, 47))
        assert told == box
        np.testing.assert_array_equal(again, mask)
        [(alone, _)] = frame_masks(single[None], (33, 47))
        np.testing.assert_array_equal(alone, mask)


def test_a_part_has_its_own_box() -> None:
    logits = torch.ones(1, 1, 4, 4)
    [(mask, box)] = frame_masks(logits, (40, 40), (slice(5, 20), slice(10, 40)))
    assert mask.shape == (15, 30) and box == Box(0, 0, 30, 15)
    [(nothing, none)] = frame_masks(logits, (40, 40), (slice(0, 0), slice(0, 0)))
    assert nothing.shape == (0, 0) and none is None
