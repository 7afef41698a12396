"""Reading the memory: a frame's tokens attend to memory maps and object pointers.

SAM 2's memory attention (section 4 of arXiv 2408.00714) as one function of the tensors that change
from frame to frame, positions included. It knows no shapes but the model's: one graph serves every
number of objects, maps and pointers. Letters as in `network`; K maps and P pointers of a row make
N = K * HW + P * (C / M) memory tokens.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from sam2.modeling.sam.transformer import RoPEAttention
from sam2.modeling.sam2_base import SAM2Base
from sam2.modeling.sam2_utils import get_1d_sine_pe
from torch import Tensor, nn

from samurai.errors import ConfigurationError


class MemoryReader(nn.Module):
    """`SAM2Base.memory_attention` with what it is given; shares the model's weights, bit-equal.

    Args:
        feature_position: (HW, 1, C) positional encoding of the frame's tokens.
        map_position: (HW, M) positional encoding of a memory map.
    """

    def __init__(self, model: SAM2Base, feature_position: Tensor, map_position: Tensor) -> None:
        super().__init__()
        self.attention = model.memory_attention
        self.to_pointer_position = model.obj_ptr_tpos_proj
        self.slot_embeddings = model.maskmem_tpos_enc
        self.slots = int(model.num_maskmem)
        self.pointers = int(model.max_obj_ptrs_in_encoder)
        self.feature_position = 0.1 * feature_position  # as sam2 weighs it
        self.map_position = map_position
        self.pieces = int(model.hidden_dim) // int(model.mem_dim)  # tokens of a pointer
        self.rotations = _rotations(model, len(map_position), map_position.device)

    def forward(
        self,
        tokens: Tensor,
        maps: Tensor,
        slots: Tensor,
        pointers: Tensor,
        distances: Tensor,
        weights: Tensor,
    ) -> Tensor:
        """The frame's tokens conditioned on each row's memory, (HW, B, C).

        Args:
            tokens: (HW, B or 1, C) of the frame.
            maps: (B, K, HW, M) memory maps in the order of attention.
            slots: int64 (B, K), which give the maps their temporal embedding.
            pointers: (B, P, C) object pointers.
            distances: int64 (B, P), how many frames ago each of them was seen.
            weights: float32 (B, K + P), of maps and pointers: their keys are made of their tokens,
                positions included, times that.
        """
        return self.look(tokens, *self.prepare(maps, slots, pointers, distances, weights))

    def prepare(
        self, maps: Tensor, slots: Tensor, pointers: Tensor, distances: Tensor, weights: Tensor
    ) -> tuple[Tensor, ...]:
        """Keys and values of each layer in turn, (B, heads, N, c): all that reading needs of the
        memory, and nothing of the frame."""
        memory, keyed = self.lay_out(maps, slots, pointers, distances, weights)
        mapped = maps.shape[1] * maps.shape[2]
        prepared: list[Tensor] = []
        for layer, rotation in zip(self.attention.layers, self.rotations, strict=True):
            attention = layer.cross_attn_image
            keys = _heads(attention, attention.k_proj(keyed))
            # places in a map turn its keys; pointers have no place
            places = torch.unflatten(keys[:, :, :mapped], 2, (-1, len(rotation)))
            turned = _rotated(places, rotation).flatten(2, 3)
            prepared.append(torch.cat([turned, keys[:, :, mapped:]], dim=2))
            prepared.append(_heads(attention, attention.v_proj(memory)))
        return tuple(prepared)

    def look(self, tokens: Tensor, *prepared: Tensor) -> Tensor:
        """The frame's tokens conditioned on what was prepared of each row's memory, (HW, B, C)."""
        seen = tokens.expand(-1, prepared[0].shape[0], -1) + self.feature_position
        seen = seen.transpose(0, 1)
        layers = zip(
            self.attention.layers, self.rotations, prepared[::2], prepared[1::2], strict=True
        )
        for layer, rotation, keys, values in layers:
            seen = seen + self._look_around(layer, layer.norm1(seen), rotation)
            seen = seen + self._look_back(layer, layer.norm2(seen), keys, values, rotation)
            hidden = layer.activation(layer.linear1(layer.norm3(seen)))
            seen = seen + layer.linear2(hidden)
        conditioned: Tensor = self.attention.norm(seen)
        return conditioned.transpose(0, 1)

    def lay_out(
        self, maps: Tensor, slots: Tensor, pointers: Tensor, distances: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Memory tokens, and what keys are made of: the same with positions, weighed. (B, N, M)
        each, maps first, then pointers."""
        rows, size = maps.shape[0], self.map_position.shape[-1]
        temporal = self.slot_embeddings[self.slots - 1 - slots].flatten(2, 3)  # (B, K, 1, M)
        positions = self.map_position + temporal
        sine = get_1d_sine_pe(distances / (self.pointers - 1), dim=pointers.shape[-1])
        pointer_positions = self.to_pointer_position(sine).repeat_interleave(self.pieces, dim=1)
        tokens = maps.flatten(1, 2).to(pointers.dtype)
        memory = torch.cat([tokens, pointers.reshape(rows, -1, size)], dim=1)
        keyed = memory + torch.cat([positions.flatten(1, 2), pointer_positions], dim=1)
        rates = self.of_tokens(weights, maps.shape[1]).to(keyed.dtype)
        return memory, keyed * rates[..., None]

    def of_tokens(self, values: Tensor, maps: int) -> Tensor:
        """Values of K maps and P pointers, (B, K + P), as those of their tokens, (B, N)."""
        of_maps = values[:, :maps].repeat_interleave(len(self.map_position), dim=1)
        of_pointers = values[:, maps:].repeat_interleave(self.pieces, dim=1)
        return torch.cat([of_maps, of_pointers], dim=1)

    def _look_around(self, layer: Any, normed: Tensor, rotation: Tensor) -> Tensor:
        """Self-attention among the frame's tokens."""
        attention = layer.self_attn
        queries = _rotated(_heads(attention, attention.q_proj(normed)), rotation)
        keys = _rotated(_heads(attention, attention.k_proj(normed)), rotation)
        values = _heads(attention, attention.v_proj(normed))
        return _projected(attention, F.scaled_dot_product_attention(queries, keys, values))

    def _look_back(
        self, layer: Any, normed: Tensor, keys: Tensor, values: Tensor, rotation: Tensor
    ) -> Tensor:
        """Cross-attention to N memory tokens."""
        attention = layer.cross_attn_image
        queries = _rotated(_heads(attention, attention.q_proj(normed)), rotation)
        return _projected(attention, F.scaled_dot_product_attention(queries, keys, values))


def _heads(attention: Any, tokens: Tensor) -> Tensor:
    """(B, N, C) tokens as (B, heads, N, c)."""
    return torch.unflatten(tokens, 2, (attention.num_heads, -1)).transpose(1, 2)


def _projected(attention: Any, heads: Tensor) -> Tensor:
    """(B, heads, N, c) through the output projection, (B, N, C)."""
    projected: Tensor = attention.out_proj(heads.transpose(1, 2).flatten(2))
    return projected


def _rotated(heads: Tensor, rotation: Tensor) -> Tensor:
    """Rotary embedding: pairs of (..., HW, c) as complex numbers, times (HW, c / 2)."""
    pairs = torch.view_as_complex(torch.unflatten(heads.float(), -1, (-1, 2)))
    return torch.view_as_real(pairs * rotation).flatten(-2).type_as(heads)


def _rotations(model: SAM2Base, tokens: int, device: torch.device) -> list[Tensor]:
    """Each layer's table of rotations, complex (HW, c / 2): one for both of its attentions.

    Raises:
        ConfigurationError: the memory attention isn't built as in every SAM 2.1.
    """
    side = math.isqrt(tokens)
    tables = []
    for layer in model.memory_attention.layers:
        attentions = (layer.self_attn, layer.cross_attn_image)
        places = (layer.pos_enc_at_attn, layer.pos_enc_at_cross_attn_queries)
        rotary = all(isinstance(attention, RoPEAttention) for attention in attentions)
        if not rotary or any(places) or not layer.pos_enc_at_cross_attn_keys:
            raise ConfigurationError(
                "this memory attention isn't that of SAM 2.1: rotary attention in every layer, "
                "positions added to the keys of the memory and nowhere else"
            )
        around, back = (attention.compute_cis(end_x=side, end_y=side) for attention in attentions)
        if not torch.equal(around, back):
            raise ConfigurationError("the two attentions of a memory layer turn by other angles")
        tables.append(back.to(device))
    return tables
