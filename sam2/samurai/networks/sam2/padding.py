"""Memories padded to a few shapes, to compile and record less."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from samurai.networks.base import Memory


def pad_memory(memory: Memory, map_slots: int, pointer_slots: int) -> Memory:
    """The memory with its maps padded to a multiple of `map_slots` and its pointers to one of
    `pointer_slots`; its key mask leaves the padding out.

    A memory that has these shapes already is returned as it is, without a key mask.
    """
    (rows, maps), pointers = memory.maps.shape[:2], memory.pointers.shape[1]
    more_maps, more_pointers = -maps % map_slots, -pointers % pointer_slots
    if not more_maps and not more_pointers:
        return memory

    def padded(values: torch.Tensor) -> torch.Tensor:
        """Values of maps and pointers, (B, K + P), with zeros for the padding of each."""
        of_maps, of_pointers = values.tensor_split([maps], dim=1)
        return torch.cat(
            [F.pad(of_maps, (0, more_maps)), F.pad(of_pointers, (0, more_pointers))], dim=1
        )

    real = torch.ones(rows, maps + pointers, dtype=torch.bool, device=memory.maps.device)
    return Memory(
        maps=F.pad(memory.maps, (0, 0, 0, 0, 0, more_maps)),
        slots=F.pad(memory.slots, (0, more_maps)),
        pointers=F.pad(memory.pointers, (0, 0, 0, more_pointers)),
        distances=F.pad(memory.distances, (0, more_pointers), value=1),
        weights=padded(memory.weights),
        key_mask=padded(real),
    )
