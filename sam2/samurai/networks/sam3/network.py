"""SAM 3's tracker behind `networks.base.VideoNetwork`.

SAM 2's memory on another image encoder: patches of 14 pixels at 1008, 72 x 72 tokens, mask logits
of 288, masks of 1152 for the memory encoder. Letters as in `networks.base`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from samurai.networks.base import NetworkSpec
from samurai.networks.transformers_video.network import LOGITS_PER_TOKEN, TransformersNetwork

MEAN = STD = (0.5, 0.5, 0.5)
"""Per channel of RGB in 0 to 1, as SAM 3 was trained."""

MAP_DTYPE = torch.bfloat16
"""SAM 3's data type of stored memory maps in every precision, as in SAM 2."""

MEMORY_PIXELS_PER_LOGIT = 4
"""Side of the masks for the memory encoder, in sides of mask logits."""


class Sam3Network(TransformersNetwork):
    """A `Sam3TrackerVideoModel` on a device; the arguments are those of `TransformersNetwork`."""

    def _make_spec(self) -> NetworkSpec:
        return spec_of(self.config)

    def _make_map_position(self, tokens: Tensor) -> Tensor:
        shape = (1, self.spec.memory_channels, *self._grid)
        encoding = self.model.memory_encoder.position_encoding
        positions: Tensor = encoding(torch.Size(shape), tokens.device, torch.float32)
        return positions[0].flatten(1).T

    def _encode_map(self, features: Tensor, masks: Tensor, absent: Tensor) -> Tensor:
        maps, _ = self.model.memory_encoder(features, masks)
        maps = maps + self._absence(absent)
        encoded: Tensor = maps.flatten(2).transpose(1, 2)
        return encoded

    def _attend(
        self, tokens: Tensor, memory: Tensor, positions: Tensor, maps: int, pointer_tokens: int
    ) -> Tensor:
        attended: Tensor = self.model.memory_attention(
            current_vision_features=tokens,
            memory=memory,
            current_vision_position_embeddings=self._feature_position,
            memory_posision_embeddings=positions,
            num_object_pointer_tokens=pointer_tokens,
        )
        return attended[0]

    @property
    def _grid(self) -> tuple[int, int]:
        side = self.spec.logit_size // LOGITS_PER_TOKEN
        return side, side


def spec_of(config: Any) -> NetworkSpec:
    """The numbers of a SAM 3 tracker, as its `Sam3TrackerVideoConfig` gives them."""
    tokens = int(config.image_size) // int(config.vision_config.backbone_config.patch_size)
    channels = int(config.vision_config.fpn_hidden_size)
    logits = LOGITS_PER_TOKEN * tokens
    return NetworkSpec(
        input_size=int(config.image_size),
        mean=MEAN,
        std=STD,
        feature_tokens=tokens**2,
        memory_tokens=tokens**2,
        feature_channels=channels,
        memory_channels=int(config.memory_encoder_output_channels),
        logit_size=logits,
        memory_mask_size=MEMORY_PIXELS_PER_LOGIT * logits,
        pointer_size=channels,
        map_slots=int(config.num_maskmem),
        pointer_slots=int(config.max_object_pointers_in_encoder),
        map_dtype=MAP_DTYPE,
    )
