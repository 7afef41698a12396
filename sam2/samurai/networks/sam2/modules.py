"""Modules of SAM 2 as functions of the tensors that change from frame to frame. Bit-equal to them.

They share the model's weights and leave the model itself as it is. Letters as in `networks.base`.
Feature levels are named as in sam2: s0 to s3, of strides 4, 8, 16 and 32 pixels of the input.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sam2.modeling.backbones.hieradet import Hiera
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

TensorFunction: TypeAlias = Callable[..., Any]
"""Tensors in, a tensor or a tuple of tensors out."""


@dataclass(frozen=True)
class NetworkModules:
    """The functions that a frame calls: modules, or what a backend made of them.

    Attributes:
        encoder: as `ImageEncoder.forward`.
        memory_attention: as `MemoryAttention.forward`.
        decoder: as `MaskDecoder.forward`, three candidates.
        single_decoder: the same with one candidate.
        memory_encoder: as `MemoryEncoder.forward`.
    """

    encoder: TensorFunction
    memory_attention: TensorFunction
    decoder: TensorFunction
    single_decoder: TensorFunction
    memory_encoder: TensorFunction


class ImageEncoder(nn.Module):
    """`SAM2Base.forward_image` for one input size, feature maps only.

    Hiera would interpolate its position embedding anew in every frame, and the neck compute
    positional encodings of which only the coarsest is used.

    Args:
        example: a view (1, 3, S, S) of the size that all others will have.
    """

    def __init__(self, model: SAM2Base, example: Tensor) -> None:
        super().__init__()
        trunk = shallow_copy(model.image_encoder.trunk)
        if isinstance(trunk, Hiera):
            grid = tuple(trunk.patch_embed(example).shape[1:3])
            position = trunk._get_pos_embed(grid)
            trunk._get_pos_embed = lambda _: position
        neck = shallow_copy(model.image_encoder.neck)
        neck.position_encoding = _NoPosition()
        self.encoder = shallow_copy(model.image_encoder)
        self.encoder.trunk = trunk
        self.encoder.neck = neck
        self.conv_s0 = self.conv_s1 = None
        if model.use_high_res_features_in_sam:
            self.conv_s0 = model.sam_mask_decoder.conv_s0
            self.conv_s1 = model.sam_mask_decoder.conv_s1

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Feature maps s0, s1 and s2, (V, channels, h, w), of views (V, 3, S, S)."""
        s0, s1, s2 = self.encoder(views)["backbone_fpn"][-3:]
        if self.conv_s0 is not None and self.conv_s1 is not None:
            s0, s1 = self.conv_s0(s0), self.conv_s1(s1)
        return s0, s1, s2


class MaskDecoder(nn.Module):
    """SAM's mask decoder with its positional encoding; several candidates or one.

    Args:
        dense_position: (1, C, H, W).
        multimask: whether it answers with three candidates.
    """

    def __init__(self, model: SAM2Base, dense_position: Tensor, multimask: bool) -> None:
        super().__init__()
        self.decoder = model.sam_mask_decoder
        self.dense_position = dense_position
        self.multimask = multimask

    def forward(
        self,
        conditioned: Tensor,
        high_res_s0: Tensor,
        high_res_s1: Tensor,
        sparse: Tensor,
        dense: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mask logits (B, K, L, L), predicted IoUs (B, K), tokens (B, K or 1, C) and object scores
        (B, 1).

        Args:
            conditioned: (B, C, H, W).
            high_res_s0, high_res_s1: finer feature maps (V, channels, h, w).
            sparse, dense: prompt embeddings (B, points, C) and (B, C, H, W).
        """
        decoded: tuple[Tensor, Tensor, Tensor, Tensor] = self.decoder(
            image_embeddings=conditioned,
            image_pe=self.dense_position,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=self.multimask,
            repeat_image=False,
            high_res_features=[high_res_s0, high_res_s1],
        )
        return decoded


class MemoryEncoder(nn.Module):
    """The memory encoder, without its positional encoding."""

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.encoder = model.memory_encoder

    def forward(self, features: Tensor, masks: Tensor) -> Tensor:
        """Memory maps (B, M, H, W) of features (B, C, H, W) and scaled masks (B, 1, S, S)."""
        maps: Tensor = self.encoder(features, masks, skip_mask_sigmoid=True)["vision_features"]
        return maps


class _NoPosition(nn.Module):
    """Replaces an unused positional encoding."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.new_empty(0)


def shallow_copy(module: Any) -> Any:
    """A module with the same parameters and children, whose attributes can be replaced."""
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin
