"""Masks and boxes on their way out: those of SAM 2's interpolation, whoever finds the box."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from samurai.core.mask_upsampling import upsampled_logits, upsampled_mask
from samurai.core.postprocess import frame_masks, with_box, with_profiles
from samurai.core.transfer import MASKS_AT_ONCE
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


@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    least=st.sampled_from([-3.0, -0.5, 0.0, 2.0]),
    cut=st.tuples(st.integers(0, 70), st.integers(0, 70)),
)
def test_signs_are_those_of_the_interpolation(
    seed: int, shape: tuple[int, int], size: tuple[int, int], least: float, cut: tuple[int, int]
) -> None:
    """Masks of any size, mostly empty ones too, enlarged and made smaller, whole and in part."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(shape, generator=generator) - 1 - least
    part = (slice(cut[0] // 2, cut[0]), slice(min(cut[1], 3), cut[1]))
    expected = upsampled_logits(logits[None, None], size)[0, 0] > 0
    np.testing.assert_array_equal(upsampled_mask(logits, size, part), expected[part].numpy())


@pytest.mark.parametrize("nothing", [-1024.0, 0.0])
def test_what_rounding_decides_is_torchs_decision(nothing: float) -> None:
    """Values that cancel: zero but for rounding, on whole rows and columns."""
    generator = torch.Generator().manual_seed(1)
    half = torch.rand((10, 5), generator=generator) * 20
    logits = torch.cat([half, -half.flip(1)], dim=1)
    logits[3] = nothing
    for size in [(33, 47), (64, 64), (10, 10), (480, 641)]:
        expected = upsampled_logits(logits[None, None], size)[0, 0] > 0
        whole = (slice(None), slice(None))
        np.testing.assert_array_equal(upsampled_mask(logits, size, whole), expected.numpy())
