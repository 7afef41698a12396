"""How much arithmetic a frame is: operations counted by torch on a model without data.

One multiply-add is two operations; only matrix products, attention and convolutions count, as in
torch's `FlopCounterMode`. The memory is full: as many maps and pointers as the model can attend to.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed.variant import random_model
from samurai.core.mask_resize import resized_logits
from samurai.models.manifest import model_card
from samurai.networks.sam2.network import Sam2Network

META = torch.device("meta")


@dataclass(frozen=True)
class Work:
    """Operations in units of 10^9, for one view or one object.

    Attributes:
        encoder: the image encoder, for one view.
        attention: memory attention, for one object, as are the others.
        foldable: the part of it that goes when values are projected after the attention's sum
            rather than before (memories have fewer channels than the network).
        decoder, memory_encoder: the mask decoder and the memory encoder.
    """

    encoder: float
    attention: float
    foldable: float
    decoder: float
    memory_encoder: float

    def frame(self, objects: int, views: int = 1, folded: bool = False) -> float:
        """A whole frame with that many objects seen in that many views."""
        each = self.attention + self.decoder + self.memory_encoder
        if folded:
            each -= self.foldable
        return views * self.encoder + objects * each


def work_of(model: str) -> Work:
    """Count the work of one model of the manifest."""
    network = Sam2Network(random_model(model_card(model)), META, torch.float32)
    side = network.spec.input_size
    with torch.no_grad():
        image = torch.zeros(1, 3, side, side, device=META)
        encoder = _Counted()
        with encoder:
            features = network.encode(image)
        maps = torch.zeros(
            1,
            network.spec.map_slots,
            network.spec.memory_tokens,
            network.spec.memory_channels,
            device=META,
        ).bfloat16()
        pointers = torch.zeros(
            1, network.spec.pointer_slots, network.spec.feature_channels, device=META
        )
        distances = [list(range(network.spec.pointer_slots))]
        memory = network.prepare_memory(
            maps, [list(range(network.spec.map_slots))], pointers, distances
        )
        attention = _Counted()
        with attention:
            conditioned = network.condition(features, memory)
        decoder = _Counted()
        with decoder:
            decoded = network.decode(conditioned, features, gate=0.0)
        full = resized_logits(decoded.logits, side)[:, :1]
        memory_encoder = _Counted()
        with memory_encoder:
            network.encode_memory(features, full, decoded.object_scores, [False])
    return Work(
        encoder.operations,
        attention.operations,
        _foldable(network),
        decoder.operations,
        memory_encoder.operations,
    )


class _Counted(FlopCounterMode):
    """A counter that prints nothing."""

    def __init__(self) -> None:
        super().__init__(display=False)

    @property
    def operations(self) -> float:
        return self.get_total_flops() / 1e9


def _foldable(network: Sam2Network) -> float:
    """Summing values of the network's width where those of a memory would do, in every layer."""
    pieces = network.spec.feature_channels // network.spec.memory_channels  # tokens of a pointer
    memories = (
        network.spec.map_slots * network.spec.memory_tokens + network.spec.pointer_slots * pieces
    )
    surplus = network.spec.feature_channels - network.spec.memory_channels
    layers = len(network.model.memory_attention.layers)
    return 2 * network.spec.memory_tokens * memories * surplus * layers / 1e9
