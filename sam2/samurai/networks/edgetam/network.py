"""EdgeTAM (arXiv 2501.07256) behind `networks.base.VideoNetwork`.

SAM 2 with a small image encoder and small memories: a perceiver makes 512 tokens of a memory map
of 4096. The first 256 are of the whole map and have no place; the others lie on a grid of 16 x 16.
Letters as in `networks.base`.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from samurai.networks.base import NetworkSpec
from samurai.networks.transformers_video.network import LOGITS_PER_TOKEN, TransformersNetwork

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet's, per channel of RGB in 0 to 1."""

MAP_DTYPE = torch.float32
"""transformers keeps these memory maps in the computation's type; they are an eighth of SAM 2's."""


class EdgeTamNetwork(TransformersNetwork):
    """An `EdgeTamVideoModel` on a device; the arguments are those of `TransformersNetwork`."""

    def _make_spec(self) -> NetworkSpec:
        return spec_of(self.config)

    def _make_map_position(self, tokens: Tensor) -> Tensor:
        side = math.isqrt(self.spec.feature_tokens)
        features = tokens.new_zeros(1, self.spec.feature_channels, side, side)
        size = self.spec.memory_mask_size
        maps, positions = self.model.memory_encoder(features, tokens.new_zeros(1, 1, size, size))
        _, of_tokens = self.model.spatial_perceiver(maps, positions)
        position: Tensor = of_tokens[0]
        return position

    def _encode_map(self, features: Tensor, masks: Tensor, absent: Tensor) -> Tensor:
        maps, positions = self.model.memory_encoder(features, masks)
        maps = maps + self._absence(absent)
        positions = positions.to(maps.dtype)[:1]
        # the perceiver of transformers takes one map at a time
        return torch.cat([self.model.spatial_perceiver(one, positions)[0] for one in maps.split(1)])

    def _attend(
        self, tokens: Tensor, memory: Tensor, positions: Tensor, maps: int, pointer_tokens: int
    ) -> Tensor:
        attended: Tensor = self.model.memory_attention(
            current_vision_features=tokens,
            memory=memory,
            current_vision_position_embeddings=self._feature_position,
            memory_posision_embeddings=positions,
            num_object_pointer_tokens=pointer_tokens,
            num_spatial_memory_tokens=maps,
        )
        return attended[0]

    def _pooled(self, pixels: Tensor) -> Tensor:
        """Tokens on the grid have the mean of their pixels, the others that of the whole map."""
        placed = int(self.config.perceiver_resampler_num_latents_2d)
        of_grid = F.adaptive_avg_pool2d(pixels, math.isqrt(placed)).flatten(2).transpose(1, 2)
        whole = pixels.mean(dim=(2, 3))[..., None]
        return torch.cat([whole.expand(-1, self.spec.memory_tokens - placed, -1), of_grid], dim=1)


def spec_of(config: Any) -> NetworkSpec:
    """The numbers of an EdgeTAM, as its `EdgeTamVideoConfig` gives them."""
    side = int(config.image_size) // int(config.prompt_encoder_config.patch_size)
    channels = int(config.vision_config.fpn_hidden_size)
    latents = config.perceiver_resampler_num_latents + config.perceiver_resampler_num_latents_2d
    return NetworkSpec(
        input_size=int(config.image_size),
        mean=MEAN,
        std=STD,
        feature_tokens=side**2,
        memory_tokens=int(latents),
        feature_channels=channels,
        memory_channels=int(config.memory_encoder_output_channels),
        logit_size=LOGITS_PER_TOKEN * side,
        memory_mask_size=int(config.image_size),
        pointer_size=channels,
        map_slots=int(config.num_maskmem),
        pointer_slots=int(config.max_object_pointers_in_encoder),
        map_dtype=MAP_DTYPE,
    )
