"""The image encoder shared by two cores: the same bits as `modules.ImageEncoder`, sooner.

A small network's layers are too small to be shared out one by one, but its first blocks look no
further than their windows: bands of whole windows are computed side by side. The later blocks see
everything; while one core is at them, the other one makes the fine maps, which they don't need.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from sam2.modeling.backbones.hieradet import Hiera
from torch import Tensor, nn

from samurai.background import side_by_side
from samurai.frozen import Frozen
from samurai.modules import ImageEncoder, shallow

FINE_LEVELS = 2
"""Levels of the neck that only sharpen masks: a quarter and an eighth of the input size."""


class SharedEncoder:
    """Calls an encoder's parts, each by a graph of its own.

    Args:
        whole: the encoder; `fits` it.
        example: a view (1, 3, S, S) of the size that all others will have.
    """

    def __init__(self, whole: ImageEncoder, example: Tensor) -> None:
        embed = _Embedding(whole)
        grid = embed(example)
        count, unit = _local_blocks(whole, grid.shape[1])
        self._split = math.ceil(grid.shape[1] / unit / 2) * unit
        self._embed, self._front = Frozen(embed), Frozen(_Front(whole, count))
        self._back, self._sides = Frozen(_Back(whole, count)), Frozen(_Sides(whole))
        self._embed.freeze(example)
        self._front.freeze(grid)
        coarse, fine, middle = self._front(grid)
        self._back.freeze(coarse)
        self._sides.freeze(fine, middle)

    @staticmethod
    def fits(whole: ImageEncoder, example: Tensor) -> bool:
        """Whether there are two bands of windows, up to where the fine maps branch off."""
        trunk, neck = whole.encoder.trunk, whole.encoder.neck
        if not isinstance(trunk, Hiera):
            return False
        count, unit = _local_blocks(whole, trunk.patch_embed(example).shape[1])
        return (
            unit > 0
            and sum(end < count for end in trunk.stage_ends) == FINE_LEVELS
            and min(neck.fpn_top_down_levels, default=FINE_LEVELS) >= FINE_LEVELS
            and whole.to_fine is not None
        )

    def __call__(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `ImageEncoder.forward`."""
        grid = self._embed(views)
        upper, lower = grid[:, : self._split], grid[:, self._split :]
        bands = side_by_side(lambda: self._front(upper), lambda: self._front(lower))
        (coarse, *_), (rest, *_) = bands
        fine, middle = (torch.cat(maps, dim=2) for maps in list(zip(*bands, strict=True))[1:])
        coarse, sides = side_by_side(
            lambda: self._back(torch.cat([coarse, rest], dim=1)), lambda: self._sides(fine, middle)
        )
        return (*sides, coarse)


class _Embedding(nn.Module):
    """Views as a grid of patches, (V, h, w, C), with their positions."""

    def __init__(self, whole: ImageEncoder) -> None:
        super().__init__()
        self.trunk = whole.encoder.trunk

    def forward(self, views: Tensor) -> Tensor:
        patches = self.trunk.patch_embed(views)
        grid: Tensor = patches + self.trunk._get_pos_embed(patches.shape[1:3])
        return grid


class _Front(nn.Module):
    """The blocks that look no further than their windows, for a band of whole windows."""

    def __init__(self, whole: ImageEncoder, count: int) -> None:
        super().__init__()
        trunk = whole.encoder.trunk
        self.blocks = trunk.blocks[:count]
        self.ends = trunk.stage_ends[:FINE_LEVELS]

    def forward(self, band: Tensor) -> tuple[Tensor, ...]:
        """What the later blocks go on with, (V, h, w, C), and the maps of the first stages, (V,
        channels, h, w). Maps are joined in this form: so a convolution finds the layout of SAM 2.
        """
        maps = []
        for number, block in enumerate(self.blocks):
            band = block(band)
            if number in self.ends:
                maps.append(band.permute(0, 3, 1, 2))
        return (band, *maps)


class _Back(nn.Module):
    """The blocks that see everything, and the coarse levels of the neck."""

    def __init__(self, whole: ImageEncoder, count: int) -> None:
        super().__init__()
        trunk, neck = whole.encoder.trunk, whole.encoder.neck
        self.blocks = trunk.blocks[count:]
        self.ends = [end - count for end in trunk.stage_ends[FINE_LEVELS:]]
        self.neck = shallow(neck)
        self.neck.convs = neck.convs[: len(self.ends)]  # the coarsest comes first
        self.neck.fpn_top_down_levels = [n - FINE_LEVELS for n in neck.fpn_top_down_levels]
        self.kept = len(self.ends) - int(whole.encoder.scalp)

    def forward(self, grid: Tensor) -> Tensor:
        """The map of a sixteenth of the input size."""
        maps = []
        for number, block in enumerate(self.blocks):
            grid = block(grid)
            if number in self.ends:
                maps.append(grid.permute(0, 3, 1, 2))
        levels: list[Tensor] = self.neck(maps)[0]
        return levels[self.kept - 1]


class _Sides(nn.Module):
    """The fine levels of the neck, as the mask decoder takes them."""

    def __init__(self, whole: ImageEncoder) -> None:
        super().__init__()
        to_middle, to_fine = whole.encoder.neck.convs[-FINE_LEVELS:]
        assert whole.to_fine is not None and whole.to_middle is not None
        self.fine = nn.Sequential(to_fine, whole.to_fine)
        self.middle = nn.Sequential(to_middle, whole.to_middle)

    def forward(self, fine: Tensor, middle: Tensor) -> tuple[Tensor, Tensor]:
        return self.fine(fine), self.middle(middle)


def _local_blocks(whole: ImageEncoder, rows: int) -> tuple[int, int]:
    """How many blocks at the start look no further than their windows, and of how many rows of the
    patch grid a band must be a multiple; 0, 0 where that leaves no two bands."""
    unit, scale = 1, 1
    count = 0
    blocks: Any = whole.encoder.trunk.blocks
    for block in blocks:
        reach = math.lcm(unit, block.window_size * scale)
        if reach == 0 or reach >= rows or rows % reach:
            break
        unit, count = reach, count + 1
        scale *= block.q_stride[0] if block.q_stride else 1
    return (count, unit) if count else (0, 0)
