"""Modules of SAM 2 as functions of the tensors that change from frame to frame. Bit-equal to them.

They share the model's weights and leave the model itself as it is.
"""

from __future__ import annotations

import copy
from typing import Any

from sam2.modeling.backbones.hieradet import Hiera
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn


class ImageEncoder(nn.Module):
    """`SAM2Base.forward_image` for one input size, feature maps only.

    Hiera would interpolate its position embedding anew in every frame, and the neck compute
    positional encodings of which only the coarsest is ever read, once.

    Args:
        example: a view (1, 3, S, S) of the size that all others will have.
    """

    def __init__(self, model: SAM2Base, example: Tensor) -> None:
        super().__init__()
        trunk = shallow(model.image_encoder.trunk)
        if isinstance(trunk, Hiera):
            grid = tuple(trunk.patch_embed(example).shape[1:3])
            position = trunk._get_pos_embed(grid)
            trunk._get_pos_embed = lambda _: position
        neck = shallow(model.image_encoder.neck)
        neck.position_encoding = _NoPosition()
        self.encoder = shallow(model.image_encoder)
        self.encoder.trunk = trunk
        self.encoder.neck = neck
        self.to_fine = self.to_middle = None
        if model.use_high_res_features_in_sam:
            self.to_fine = model.sam_mask_decoder.conv_s0
            self.to_middle = model.sam_mask_decoder.conv_s1

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps of a quarter, an eighth and a sixteenth of the input size, (V, channels, h, w)."""
        fine, middle, coarse = self.encoder(views)["backbone_fpn"][-3:]
        if self.to_fine is not None and self.to_middle is not None:
            fine, middle = self.to_fine(fine), self.to_middle(middle)
        return fine, middle, coarse


class MaskDecoder(nn.Module):
    """SAM's mask decoder with its positional encoding; several candidates or one."""

    def __init__(self, model: SAM2Base, dense_position: Tensor, multimask: bool) -> None:
        super().__init__()
        self.decoder = model.sam_mask_decoder
        self.dense_position = dense_position
        self.multimask = multimask

    def forward(
        self, conditioned: Tensor, fine: Tensor, middle: Tensor, sparse: Tensor, dense: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mask logits, predicted IoUs, tokens and object scores, see `network.Decoding`."""
        decoded: tuple[Tensor, Tensor, Tensor, Tensor] = self.decoder(
            image_embeddings=conditioned,
            image_pe=self.dense_position,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=self.multimask,
            repeat_image=False,
            high_res_features=[fine, middle],
        )
        return decoded


class MemoryEncoder(nn.Module):
    """The memory encoder's map of a frame's features and a scaled mask, (B, M, h, w)."""

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.encoder = model.memory_encoder

    def forward(self, features: Tensor, masks: Tensor) -> Tensor:
        maps: Tensor = self.encoder(features, masks, skip_mask_sigmoid=True)["vision_features"]
        return maps


class _NoPosition(nn.Module):
    """Stands for a positional encoding that nobody reads."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.new_empty(0)


def shallow(module: Any) -> Any:
    """A module with the same parameters and children, whose attributes can be replaced."""
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin
