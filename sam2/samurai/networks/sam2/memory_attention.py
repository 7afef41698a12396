"""SAM 2's memory attention as one function of the tensors that change from frame to frame.

A frame's tokens attend to each other and to memory tokens (section 4 of arXiv 2408.00714);
positional encodings and rotary tables are constants of the module. Shapes are read from the inputs,
so that one traced graph serves any number of objects, maps and pointers.

Letters as in `networks.base`; HW are the tokens of a feature map and of a memory map. The K maps
and P pointers of a hypothesis make N = K * HW + P * (C / M) memory tokens of M channels.
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

POSITION_WEIGHT = 0.1
"""Of the frame's positional encoding where it is added to the frame's tokens, as in sam2."""


class MemoryAttention(nn.Module):
    """`SAM2Base.memory_attention` and the preparation of its inputs; shares the model's weights.

    Bit-equal to the model's own.

    Args:
        feature_position: (HW, 1, C) positional encoding of the frame's tokens.
        map_position: (HW, M) positional encoding of a memory map.

    Raises:
        ConfigurationError: the model's memory attention isn't built as in every SAM 2.1.
    """

    def __init__(self, model: SAM2Base, feature_position: Tensor, map_position: Tensor) -> None:
        super().__init__()
        self.attention = model.memory_attention
        self.project_distance = model.obj_ptr_tpos_proj
        self.slot_embeddings = model.maskmem_tpos_enc
        self.map_slots = int(model.num_maskmem)
        self.pointer_slots = int(model.max_obj_ptrs_in_encoder)
        self.feature_position = POSITION_WEIGHT * feature_position
        self.map_position = map_position
        self.tokens_per_pointer = int(model.hidden_dim) // int(model.mem_dim)
        self.rope_tables = _rope_tables(model, len(map_position), map_position.device)

    def forward(
        self,
        tokens: Tensor,
        maps: Tensor,
        slots: Tensor,
        pointers: Tensor,
        distances: Tensor,
        weights: Tensor,
    ) -> Tensor:
        """The frame's tokens conditioned on each hypothesis's memory, (HW, B, C).

        Args:
            tokens: (HW, B or 1, C) of the frame.
            maps: (B, K, HW, M) memory maps in the order of attention.
            slots: int64 (B, K); each gives its map a temporal embedding.
            pointers: (B, P, C) object pointers.
            distances: int64 (B, P), how many frames ago each pointer was made.
            weights: float32 (B, K + P) of maps, then pointers; they multiply the inputs of the
                keys, positions included, not the values.
        """
        memory, key_inputs = self.assemble_memory(maps, slots, pointers, distances, weights)
        map_tokens = maps.shape[1] * maps.shape[2]
        hidden = tokens.expand(-1, maps.shape[0], -1) + self.feature_position
        hidden = hidden.transpose(0, 1)
        for layer, rope in zip(self.attention.layers, self.rope_tables, strict=True):
            hidden = hidden + self._self_attention(layer, layer.norm1(hidden), rope)
            normed = layer.norm2(hidden)
            hidden = hidden + self._cross_attention(
                layer, normed, memory, key_inputs, map_tokens, rope
            )
            hidden = hidden + layer.linear2(layer.activation(layer.linear1(layer.norm3(hidden))))
        conditioned: Tensor = self.attention.norm(hidden)
        return conditioned.transpose(0, 1)

    def assemble_memory(
        self, maps: Tensor, slots: Tensor, pointers: Tensor, distances: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Memory tokens and the inputs of their keys: tokens plus positions, times weights.

        Both (B, N, M), maps first, then pointers; arguments as in `forward`.
        """
        rows, channels = maps.shape[0], self.map_position.shape[-1]
        # sam2 counts slots backwards: its first embedding is that of the newest memory
        temporal = self.slot_embeddings[self.map_slots - 1 - slots].flatten(2, 3)  # (B, K, 1, M)
        map_positions = self.map_position + temporal
        sine = get_1d_sine_pe(distances / (self.pointer_slots - 1), dim=pointers.shape[-1])
        # the tokens of a pointer share its position
        pointer_positions = self.project_distance(sine).repeat_interleave(
            self.tokens_per_pointer, dim=1
        )
        tokens = maps.flatten(1, 2).to(pointers.dtype)
        memory = torch.cat([tokens, pointers.reshape(rows, -1, channels)], dim=1)
        key_inputs = memory + torch.cat([map_positions.flatten(1, 2), pointer_positions], dim=1)
        token_weights = self.per_token(weights, maps.shape[1]).to(key_inputs.dtype)
        return memory, key_inputs * token_weights[..., None]

    def per_token(self, values: Tensor, maps: int) -> Tensor:
        """Values of K maps and P pointers, (B, K + P), repeated for each of their tokens, (B, N).

        Args:
            maps: K.
        """
        of_maps = values[:, :maps].repeat_interleave(len(self.map_position), dim=1)
        of_pointers = values[:, maps:].repeat_interleave(self.tokens_per_pointer, dim=1)
        return torch.cat([of_maps, of_pointers], dim=1)

    def _self_attention(self, layer: Any, normed: Tensor, rope: Tensor) -> Tensor:
        """Attention among the frame's tokens, (B, HW, C)."""
        attention = layer.self_attn
        queries = apply_rope(_split_heads(attention, attention.q_proj(normed)), rope)
        keys = apply_rope(_split_heads(attention, attention.k_proj(normed)), rope)
        values = _split_heads(attention, attention.v_proj(normed))
        return _merge_heads(attention, F.scaled_dot_product_attention(queries, keys, values))

    def _cross_attention(
        self,
        layer: Any,
        normed: Tensor,
        memory: Tensor,
        key_inputs: Tensor,
        map_tokens: int,
        rope: Tensor,
    ) -> Tensor:
        """Attention of the frame's tokens to N memory tokens, (B, HW, C)."""
        attention = layer.cross_attn_image
        queries = apply_rope(_split_heads(attention, attention.q_proj(normed)), rope)
        keys = _split_heads(attention, attention.k_proj(key_inputs))
        # rotary positions are places in a map: they restart in each map, pointers have none
        map_keys = torch.unflatten(keys[:, :, :map_tokens], 2, (-1, len(rope)))
        rotated = apply_rope(map_keys, rope).flatten(2, 3)
        keys = torch.cat([rotated, keys[:, :, map_tokens:]], dim=2)
        values = _split_heads(attention, attention.v_proj(memory))
        return _merge_heads(attention, F.scaled_dot_product_attention(queries, keys, values))


def apply_rope(heads: Tensor, rope: Tensor) -> Tensor:
    """Rotary position embedding of (..., HW, c): pairs of channels as complex numbers, multiplied
    by the table, complex (HW, c / 2)."""
    pairs = torch.view_as_complex(torch.unflatten(heads.float(), -1, (-1, 2)))
    return torch.view_as_real(pairs * rope).flatten(-2).type_as(heads)


def _split_heads(attention: Any, tokens: Tensor) -> Tensor:
    """(B, N, C) tokens as (B, heads, N, c)."""
    return torch.unflatten(tokens, 2, (attention.num_heads, -1)).transpose(1, 2)


def _merge_heads(attention: Any, heads: Tensor) -> Tensor:
    """(B, heads, N, c) through the output projection, (B, N, C)."""
    projected: Tensor = attention.out_proj(heads.transpose(1, 2).flatten(2))
    return projected


def _rope_tables(model: SAM2Base, tokens: int, device: torch.device) -> list[Tensor]:
    """The rotary table of each layer, complex (HW, c / 2), shared by both of its attentions.

    Raises:
        ConfigurationError: the memory attention isn't built as in every SAM 2.1.
    """
    side = math.isqrt(tokens)
    tables = []
    for layer in model.memory_attention.layers:
        attentions = (layer.self_attn, layer.cross_attn_image)
        elsewhere = (layer.pos_enc_at_attn, layer.pos_enc_at_cross_attn_queries)
        rotary = all(isinstance(attention, RoPEAttention) for attention in attentions)
        if not rotary or any(elsewhere) or not layer.pos_enc_at_cross_attn_keys:
            raise ConfigurationError(
                "this memory attention isn't that of SAM 2.1: rotary attention in every layer, "
                "positions added to the keys of the memory and nowhere else"
            )
        own, cross = (attention.compute_cis(end_x=side, end_y=side) for attention in attentions)
        if not torch.equal(own, cross):
            raise ConfigurationError(
                "self-attention and cross-attention of a memory layer differ in their rotary tables"
            )
        tables.append(cross.to(device))
    return tables
