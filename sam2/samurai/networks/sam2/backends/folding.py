"""Modules of SAM 2 with less arithmetic: linear steps that follow each other are one step.

Equal to the modules of `modules` and `reading` up to rounding: the same sums in another order, in
float32 within about 1e-5 of them. Folded weights are made once, in float64, from the model's.
Letters as in `network`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import torch
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

from samurai.networks.sam2.backends.attention_kernels import PLAIN, Kernel
from samurai.networks.sam2.memory_attention import MemoryReader
from samurai.networks.sam2.modules import ImageEncoder


class FoldedEncoder(nn.Module):
    """`ImageEncoder` whose neck is two matrix products shorter.

    The two fine levels of the neck go through two 1 x 1 convolutions in a row, the neck's and the
    decoder's, which are one; features stay in the order of tokens, channels last.

    Args:
        example: a view (1, 3, S, S) of the size that all others will have.
    """

    def __init__(self, model: SAM2Base, example: Tensor) -> None:
        super().__init__()
        self.trunk = ImageEncoder(model, example).encoder.trunk
        coarsest, coarse, middle, fine = (level.conv for level in model.image_encoder.neck.convs)
        decoder = model.sam_mask_decoder
        self.fine = _in_a_row(_as_linear(fine), _as_linear(decoder.conv_s0))
        self.middle = _in_a_row(_as_linear(middle), _as_linear(decoder.conv_s1))
        self.coarse, self.coarsest = _as_linear(coarse), _as_linear(coarsest)

    @staticmethod
    def fits(model: SAM2Base) -> bool:
        """Whether the neck is that of every SAM 2.1, the one that can be folded."""
        neck = model.image_encoder.neck
        kinds = (neck.fpn_interp_model, neck.fuse_type, sorted(neck.fpn_top_down_levels))
        return (
            kinds == ("nearest", "sum", [2, 3])
            and len(neck.convs) == 4
            and all(level.conv.kernel_size == (1, 1) for level in neck.convs)
            and model.image_encoder.scalp == 1
            and bool(model.use_high_res_features_in_sam)
        )

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps of a quarter, an eighth and a sixteenth of the input size, (V, channels, h, w)."""
        fine, middle, coarse, coarsest = (maps.permute(0, 2, 3, 1) for maps in self.trunk(views))
        above = self.coarsest(coarsest)[:, :, None, :, None]  # (V, h / 2, 1, w / 2, 1, C)
        here = self.coarse(coarse).unflatten(2, (-1, 2)).unflatten(1, (-1, 2))
        tokens = (here + above).flatten(3, 4).flatten(1, 2)
        return (
            self.fine(fine).permute(0, 3, 1, 2),
            self.middle(middle).permute(0, 3, 1, 2),
            tokens.permute(0, 3, 1, 2),
        )


class FoldedReader(nn.Module):
    """`MemoryReader` whose values stay memory tokens until they are weighed.

    softmax(Q K^T) (m Wv + bv) Wo + bo = (softmax(Q K^T) m) (Wv Wo) + (bv Wo + bo), because the
    weights of a query sum to one: memory tokens have a quarter of the channels of their values.
    Queries come scaled, their channels in an order in which rotary embedding is real arithmetic on
    two halves.

    Attributes:
        kernel: what computes attention.
    """

    def __init__(self, reader: MemoryReader) -> None:
        super().__init__()
        self.reader = reader
        self.layers = nn.ModuleList(_FoldedLayer(layer) for layer in reader.attention.layers)
        rotations = reader.rotations[0]
        self.cosines, self.sines = rotations.real.clone(), rotations.imag.clone()
        self.kernel = PLAIN

    @staticmethod
    def fits(reader: MemoryReader) -> bool:
        """Whether all layers have one head and the same rotation, as in every SAM 2.1."""
        layers = reader.attention.layers
        heads = {each.num_heads for la in layers for each in (la.self_attn, la.cross_attn_image)}
        first = reader.rotations[0]
        return heads == {1} and all(torch.equal(first, other) for other in reader.rotations)

    def forward(
        self,
        tokens: Tensor,
        maps: Tensor,
        slots: Tensor,
        pointers: Tensor,
        distances: Tensor,
        weights: Tensor,
        there: Tensor | None = None,
    ) -> Tensor:
        """As `MemoryReader.forward`; `there`, bool (B, K + P), leaves out padding."""
        memory, keyed = self.reader.lay_out(maps, slots, pointers, distances, weights)
        look = _Look(
            memory,
            keyed,
            maps.shape[1] * maps.shape[2],
            None if there is None else self.reader.of_tokens(there, maps.shape[1]),
            self.cosines,
            self.sines,
            self.kernel,
        )
        seen = tokens.expand(-1, maps.shape[0], -1) + self.reader.feature_position
        seen = seen.transpose(0, 1)
        for layer in self.layers:
            seen = layer(seen, look)
        conditioned: Tensor = self.reader.attention.norm(seen)
        return conditioned.transpose(0, 1)


class _Look(NamedTuple):
    """What all layers look at.

    memory: (B, N, M); keyed: what keys are made of; mapped: so many tokens belong to maps; there:
    bool (B, N) or None; cosines, sines: (HW, c / 2).
    """

    memory: Tensor
    keyed: Tensor
    mapped: int
    there: Tensor | None
    cosines: Tensor
    sines: Tensor
    kernel: Kernel


class _FoldedLayer(nn.Module):
    """One layer of memory attention."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer
        around, back = layer.self_attn, layer.cross_attn_image
        self.around = _side_by_side(
            _halved(around.q_proj, scaled=True), _halved(around.k_proj), around.v_proj
        )
        self.queries = _halved(back.q_proj, scaled=True)
        self.keys = _halved(back.k_proj)
        self.folded = _in_a_row(back.v_proj, back.out_proj)

    def forward(self, seen: Tensor, look: _Look) -> Tensor:
        layer = self.layer
        seen = seen + self._look_around(layer.norm1(seen), look)
        seen = seen + self._look_back(layer.norm2(seen), look)
        hidden: Tensor = layer.linear2(layer.activation(layer.linear1(layer.norm3(seen))))
        return seen + hidden

    def _look_around(self, normed: Tensor, look: _Look) -> Tensor:
        queries, keys, values = self.around(normed).chunk(3, dim=-1)
        queries = _turned(queries, look.cosines, look.sines)
        keys = _turned(keys, look.cosines, look.sines)
        around: Tensor = self.layer.self_attn.out_proj(look.kernel.weigh(queries, keys, values))
        return around

    def _look_back(self, normed: Tensor, look: _Look) -> Tensor:
        queries = _turned(self.queries(normed), look.cosines, look.sines)
        keys = self.keys(look.keyed)
        places = keys[:, : look.mapped].unflatten(1, (-1, len(look.cosines)))
        turned = _turned(places, look.cosines, look.sines).flatten(1, 2)
        keys = torch.cat([turned, keys[:, look.mapped :]], dim=1)
        weigh, attention = look.kernel.weigh, self.layer.cross_attn_image
        if look.kernel.folded:
            memory = look.memory.type_as(queries)
            folded: Tensor = self.folded(weigh(queries, keys, memory, look.there))
            return folded
        values = attention.v_proj(look.memory)
        back: Tensor = attention.out_proj(weigh(queries, keys, values, look.there))
        return back


def _turned(tokens: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary embedding of (..., HW, c) whose first half holds the real parts of all pairs."""
    real, imaginary = tokens.chunk(2, dim=-1)
    return torch.cat(
        [real * cosines - imaginary * sines, real * sines + imaginary * cosines], dim=-1
    ).type_as(tokens)


def _halved(linear: nn.Linear, scaled: bool = False) -> nn.Linear:
    """A projection whose outputs are sorted: those of even number, then those of odd number."""
    order = torch.arange(linear.out_features).view(-1, 2).T.flatten()
    scale = 1 / math.sqrt(linear.out_features) if scaled else 1.0
    return _linear(
        scale * linear.weight.double()[order], scale * linear.bias.double()[order], linear
    )


def _side_by_side(*linears: nn.Linear) -> nn.Linear:
    """Several projections of the same input as one."""
    weights = torch.cat([linear.weight.double() for linear in linears])
    return _linear(weights, torch.cat([linear.bias.double() for linear in linears]), linears[0])


def _in_a_row(first: nn.Linear, second: nn.Linear) -> nn.Linear:
    """Two projections, one after the other, as one."""
    weights = second.weight.double() @ first.weight.double()
    bias = second.weight.double() @ first.bias.double() + second.bias.double()
    return _linear(weights, bias, first)


def _as_linear(convolution: nn.Conv2d) -> nn.Linear:
    """A 1 x 1 convolution as a projection of tokens."""
    assert convolution.bias is not None
    return _linear(convolution.weight.flatten(1), convolution.bias, convolution)


def _linear(weight: Tensor, bias: Tensor, like: nn.Module) -> nn.Linear:
    """A projection with these weights, in the precision of another layer's."""
    dtype = cast(Tensor, like.weight).dtype
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight = nn.Parameter(weight.to(dtype), requires_grad=False)
    linear.bias = nn.Parameter(bias.to(dtype), requires_grad=False)
    return linear
