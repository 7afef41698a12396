"""EfficientNet-Lite0 as the trunk of an image encoder: depthwise convolutions instead of attention.

The architecture is that of EfficientNet (arXiv 1905.11946) without squeeze-and-excitation and with
ReLU6, as TensorFlow's EfficientNet-Lite has it, up to its last block and without its classifier.
Batch normalizations are folded into the convolutions before them, so that there are no running
statistics and inference and training compute the same thing. A configuration names it as

    trunk:
      _target_: samurai.networks.sam2.lite_trunk.LiteTrunk

and sam2's `ImageEncoder` takes it like a Hiera: a list of maps, and their channels, coarsest first.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STEM_CHANNELS = 32


class Stage(NamedTuple):
    """`repeats` blocks; the first one has the stride, the others keep size and channels."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    repeats: int


STAGES = (
    Stage(kernel=3, stride=1, expansion=1, channels=16, repeats=1),
    Stage(kernel=3, stride=2, expansion=6, channels=24, repeats=2),
    Stage(kernel=5, stride=2, expansion=6, channels=40, repeats=2),
    Stage(kernel=3, stride=2, expansion=6, channels=80, repeats=3),
    Stage(kernel=5, stride=1, expansion=6, channels=112, repeats=3),
    Stage(kernel=5, stride=2, expansion=6, channels=192, repeats=4),
    Stage(kernel=3, stride=1, expansion=6, channels=320, repeats=1),
)
"""EfficientNet-Lite0's, none of them scaled."""


class LiteTrunk(nn.Module):
    """Maps of a quarter, an eighth, a sixteenth and a thirty-second of the input size.

    Attributes:
        channel_list: channels of the maps, coarsest first, as sam2's neck expects them.
        stage_ends: numbers of the blocks whose results are the maps, finest first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_CHANNELS, kernel=3, stride=2)
        blocks: list[Block] = []
        last_of_stage: list[int] = []
        channels = STEM_CHANNELS
        for stage in STAGES:
            for number in range(stage.repeats):
                stride = 1 if number else stage.stride
                blocks.append(
                    Block(channels, stage.channels, stage.kernel, stride, stage.expansion)
                )
                channels = stage.channels
            last_of_stage.append(len(blocks) - 1)
        # the last block before each halving, and the last of all
        halving = [stage.stride == 2 for stage in (*STAGES[1:], Stage(1, 2, 1, 1, 1))]
        ends = [end for end, halves in zip(last_of_stage, halving, strict=True) if halves]
        self.stage_ends = ends[1:]  # the first of them, of half the input size, is unused
        self.blocks = nn.ModuleList(blocks)
        self.channel_list = [blocks[end].channels for end in reversed(self.stage_ends)]
        # the layout in which depthwise convolutions are fast on a CPU, and the one of Hiera's maps
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, views: Tensor) -> list[Tensor]:
        """Maps (V, channels, h, w), finest first, of views (V, 3, H, W); sides divide by 32."""
        maps = []
        grid = self.embed(views)
        for number, block in enumerate(self.blocks):
            grid = block(grid)
            if number in self.stage_ends:
                maps.append(grid)
        return maps

    def embed(self, views: Tensor) -> Tensor:
        """The input of the first block, (V, 32, H / 2, W / 2)."""
        return _clipped(self.stem(views.contiguous(memory_format=torch.channels_last)))


class Block(nn.Module):
    """An inverted residual block: expansion, depthwise convolution, projection."""

    def __init__(self, inputs: int, channels: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = inputs * expansion
        self.channels = channels
        self.expand = nn.Conv2d(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv(wide, wide, kernel, stride, groups=wide)
        self.project = nn.Conv2d(wide, channels, 1)
        self.residual = stride == 1 and inputs == channels

    def forward(self, grid: Tensor) -> Tensor:
        """Grid (B, C, H, W) to (B, C', H/stride, W/stride)."""
        wide = grid if self.expand is None else _clipped(self.expand(grid))
        narrow: Tensor = self.project(_clipped(self.depthwise(wide)))
        return grid + narrow if self.residual else narrow


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads it: one pixel more below and to the right of an even
    input that is halved, which is what the pretrained weights were trained with."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1):
        even = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, padding=even, groups=groups)
        before = (kernel - stride) // 2
        self.uneven = (before, kernel - stride - before) * 2 if stride > 1 else None

    def forward(self, input: Tensor) -> Tensor:  # the name that torch gives it
        """Grid (B, C, H, W) to (B, C', H/stride, W/stride), rounded up."""
        return super().forward(input if self.uneven is None else F.pad(input, self.uneven))


def _clipped(grid: Tensor) -> Tensor:
    """ReLU6 in place, which saves a sixth of the trunk's time; safe because a convolution's result
    is used only here, and its gradient doesn't need it."""
    return F.relu6(grid, inplace=True)
