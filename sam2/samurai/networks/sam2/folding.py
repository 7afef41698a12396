"""Modules of SAM 2 with less arithmetic: consecutive linear layers are folded into one.

Equal to the modules of `modules` and `memory_attention` up to rounding: the same sums in another
order, in float32 within about 1e-5 of them. Folded weights are made once, in float64, and stored in
the precision of the model's. Letters and feature levels as in `modules`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import torch
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

from samurai.networks.sam2.attention_kernels import PLAIN, Kernel
from samurai.networks.sam2.memory_attention import MemoryAttention
from samurai.networks.sam2.modules import ImageEncoder, shallow_copy


def fold_encoder(model: SAM2Base, encoder: ImageEncoder) -> ImageEncoder | FoldedEncoder:
    """The encoder with a folded neck; unchanged unless the neck is that of every SAM 2.1."""
    neck = model.image_encoder.neck
    options = (neck.fpn_interp_model, neck.fuse_type, sorted(neck.fpn_top_down_levels))
    foldable = (
        options == ("nearest", "sum", [2, 3])
        and len(neck.convs) == 4
        and all(level.conv.kernel_size == (1, 1) for level in neck.convs)
        and model.image_encoder.scalp == 1
        and bool(model.use_high_res_features_in_sam)
    )
    return FoldedEncoder(model, encoder) if foldable else encoder


def fold_memory_attention(attention: MemoryAttention) -> MemoryAttention | FoldedMemoryAttention:
    """The memory attention, folded; unchanged unless all layers have one head and the same rotary
    table, as in every SAM 2.1."""
    layers = attention.attention.layers
    heads = {each.num_heads for la in layers for each in (la.self_attn, la.cross_attn_image)}
    first, *others = attention.rope_tables
    foldable = heads == {1} and all(torch.equal(first, other) for other in others)
    return FoldedMemoryAttention(attention) if foldable else attention


class FoldedEncoder(nn.Module):
    """`ImageEncoder` whose neck has two matrix products fewer.

    s0 and s1 go through two 1 x 1 convolutions in a row, the neck's and the mask decoder's, which
    are folded into one. A 1 x 1 convolution is a linear layer of tokens: Hiera's maps are
    channels-last in memory, so that permuting them costs nothing.
    """

    def __init__(self, model: SAM2Base, encoder: ImageEncoder) -> None:
        super().__init__()
        self.trunk = encoder.encoder.trunk
        # the neck lists its convolutions from the coarsest level to the finest
        s3, s2, s1, s0 = (_from_1x1(level.conv) for level in model.image_encoder.neck.convs)
        decoder = model.sam_mask_decoder
        self.to_s0 = _fold(s0, _from_1x1(decoder.conv_s0))
        self.to_s1 = _fold(s1, _from_1x1(decoder.conv_s1))
        self.to_s2, self.to_s3 = s2, s3

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `ImageEncoder.forward`."""
        s0, s1, s2, s3 = (maps.permute(0, 2, 3, 1) for maps in self.trunk(views))
        # The neck adds s3, enlarged by nearest neighbors, to s2. Instead of writing an enlarged
        # map, view s2 as blocks of 2 x 2 pixels and broadcast each pixel of s3 over its block:
        # (V, h / 2, 2, w / 2, 2, C) + (V, h / 2, 1, w / 2, 1, C).
        blocks = self.to_s2(s2).unflatten(2, (-1, 2)).unflatten(1, (-1, 2))
        summed = blocks + self.to_s3(s3)[:, :, None, :, None]
        tokens = summed.flatten(3, 4).flatten(1, 2)
        return (
            self.to_s0(s0).permute(0, 3, 1, 2),
            self.to_s1(s1).permute(0, 3, 1, 2),
            tokens.permute(0, 3, 1, 2),
        )


class FoldedMemoryAttention(nn.Module):
    """`MemoryAttention` with fewer channels in cross-attention's values.

    With weights A = softmax(Q K^T) whose rows sum to one, memory tokens m, the value projection
    (Wv, bv) and the output projection (Wo, bo),

        (A (m Wv + bv)) Wo + bo = (A m) (Wv Wo) + (bv Wo + bo).

    So A is applied to the memory tokens themselves, which have a quarter of the channels of their
    values, and one folded projection follows. Query projections include the scale 1 / sqrt(c);
    channels of queries and keys are reordered for `_apply_rope`.

    Attributes:
        kernel: computes attention.
    """

    def __init__(self, attention: MemoryAttention) -> None:
        super().__init__()
        self.exact = attention
        self.layers = nn.ModuleList(_FoldedLayer(layer) for layer in attention.attention.layers)
        rope = attention.rope_tables[0]
        self.cosines, self.sines = rope.real.clone(), rope.imag.clone()
        self.kernel = PLAIN

    def with_kernel(self, kernel: Kernel) -> FoldedMemoryAttention:
        """The same module, computing attention by another kernel; weights are shared."""
        twin: FoldedMemoryAttention = shallow_copy(self)
        twin.kernel = kernel
        return twin

    def forward(
        self,
        tokens: Tensor,
        maps: Tensor,
        slots: Tensor,
        pointers: Tensor,
        distances: Tensor,
        weights: Tensor,
        key_mask: Tensor | None = None,
    ) -> Tensor:
        """As `MemoryAttention.forward`.

        Args:
            key_mask: bool (B, K + P), false for maps and pointers that are padding; None where
                there is no padding.
        """
        memory, key_inputs = self.exact.assemble_memory(maps, slots, pointers, distances, weights)
        context = _Context(
            memory,
            key_inputs,
            maps.shape[1] * maps.shape[2],
            None if key_mask is None else self.exact.per_token(key_mask, maps.shape[1]),
            self.cosines,
            self.sines,
            self.kernel,
        )
        hidden = tokens.expand(-1, maps.shape[0], -1) + self.exact.feature_position
        hidden = hidden.transpose(0, 1)
        for layer in self.layers:
            hidden = layer(hidden, context)
        conditioned: Tensor = self.exact.attention.norm(hidden)
        return conditioned.transpose(0, 1)


class _Context(NamedTuple):
    """The inputs that all layers share.

    Attributes:
        memory, key_inputs: (B, N, M), see `MemoryAttention.assemble_memory`.
        map_tokens: how many of the N tokens belong to maps; they come first.
        key_mask: bool (B, N), false for padding; None for no padding.
        cosines, sines: (HW, c / 2) of the rotary table.
        kernel: computes attention.
    """

    memory: Tensor
    key_inputs: Tensor
    map_tokens: int
    key_mask: Tensor | None
    cosines: Tensor
    sines: Tensor
    kernel: Kernel


class _FoldedLayer(nn.Module):
    """One layer of memory attention."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer
        own, cross = layer.self_attn, layer.cross_attn_image
        self.self_qkv = _concatenate(
            _split_pairs(own.q_proj, scaled=True), _split_pairs(own.k_proj), own.v_proj
        )
        self.cross_q = _split_pairs(cross.q_proj, scaled=True)
        self.cross_k = _split_pairs(cross.k_proj)
        self.cross_vo = _fold(cross.v_proj, cross.out_proj)

    def forward(self, hidden: Tensor, context: _Context) -> Tensor:
        """(B, HW, C) to (B, HW, C)."""
        layer = self.layer
        hidden = hidden + self._self_attention(layer.norm1(hidden), context)
        hidden = hidden + self._cross_attention(layer.norm2(hidden), context)
        mlp: Tensor = layer.linear2(layer.activation(layer.linear1(layer.norm3(hidden))))
        return hidden + mlp

    def _self_attention(self, normed: Tensor, context: _Context) -> Tensor:
        queries, keys, values = self.self_qkv(normed).chunk(3, dim=-1)
        queries = _apply_rope(queries, context.cosines, context.sines)
        keys = _apply_rope(keys, context.cosines, context.sines)
        attended = context.kernel.attention(queries, keys, values)
        projected: Tensor = self.layer.self_attn.out_proj(attended)
        return projected

    def _cross_attention(self, normed: Tensor, context: _Context) -> Tensor:
        queries = _apply_rope(self.cross_q(normed), context.cosines, context.sines)
        keys = self.cross_k(context.key_inputs)
        # rotary positions are places in a map: they restart in each map, pointers have none
        map_keys = keys[:, : context.map_tokens].unflatten(1, (-1, len(context.cosines)))
        rotated = _apply_rope(map_keys, context.cosines, context.sines).flatten(1, 2)
        keys = torch.cat([rotated, keys[:, context.map_tokens :]], dim=1)
        kernel = context.kernel
        if kernel.folded:
            memory = context.memory.type_as(queries)
            folded: Tensor = self.cross_vo(
                kernel.attention(queries, keys, memory, context.key_mask)
            )
            return folded
        # this kernel needs values as wide as the keys
        cross = self.layer.cross_attn_image
        values = cross.v_proj(context.memory)
        projected: Tensor = cross.out_proj(
            kernel.attention(queries, keys, values, context.key_mask)
        )
        return projected


def _apply_rope(tokens: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary position embedding of (..., HW, c), in real arithmetic.

    The first half of the channels holds the real parts of all pairs, the second half the imaginary
    parts, see `_split_pairs`: both halves are runs of neighboring channels, where the pairs of
    `apply_rope` would be every other channel. The order is free as long as queries and keys agree
    in it, because their products sum over channels.
    """
    real, imaginary = tokens.chunk(2, dim=-1)
    return torch.cat(
        [real * cosines - imaginary * sines, real * sines + imaginary * cosines], dim=-1
    ).type_as(tokens)


def _split_pairs(linear: nn.Linear, scaled: bool = False) -> nn.Linear:
    """A projection to c channels with its even outputs first, then its odd ones.

    Args:
        scaled: whether outputs are multiplied by 1 / sqrt(c), the scale of attention.
    """
    order = torch.arange(linear.out_features).view(-1, 2).T.flatten()
    scale = 1 / math.sqrt(linear.out_features) if scaled else 1.0
    return _linear(
        scale * linear.weight.double()[order], scale * linear.bias.double()[order], linear
    )


def _concatenate(*linears: nn.Linear) -> nn.Linear:
    """Several projections of the same input as one."""
    weights = torch.cat([linear.weight.double() for linear in linears])
    return _linear(weights, torch.cat([linear.bias.double() for linear in linears]), linears[0])


def _fold(first: nn.Linear, second: nn.Linear) -> nn.Linear:
    """Two projections, one after the other, as one.

    W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2).
    """
    weights = second.weight.double() @ first.weight.double()
    bias = second.weight.double() @ first.bias.double() + second.bias.double()
    return _linear(weights, bias, first)


def _from_1x1(convolution: nn.Conv2d) -> nn.Linear:
    """A 1 x 1 convolution as a projection of tokens."""
    assert convolution.bias is not None
    return _linear(convolution.weight.flatten(1), convolution.bias, convolution)


def _linear(weight: Tensor, bias: Tensor, like: nn.Module) -> nn.Linear:
    """A projection with these weights, in the precision of another layer's."""
    dtype = cast(Tensor, like.weight).dtype
    # on "meta", so that no memory is filled with random weights first
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight = nn.Parameter(weight.to(dtype), requires_grad=False)
    linear.bias = nn.Parameter(bias.to(dtype), requires_grad=False)
    return linear
