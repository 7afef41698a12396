"""The memory bank: preallocated tensors and who may look at them. No opinions.

Two pools, memory maps and object pointers, each one block of rows on the device. An `ObjectMemory`
is what one hypothesis of one object remembers: frame index -> row. Those that share a past share
rows, which are counted and freed with their last holder. Blocks grow only when objects are added
(`reserve`); nothing is allocated per frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from samurai.errors import DeviceError
from samurai.networks.base import NetworkSpec


class TensorPool:
    """A block of equal tensors with counted rows."""

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> None:
        self._block = torch.empty((0, *shape), dtype=dtype, device=device)
        self._holders: list[int] = []
        self._free: list[int] = []

    @property
    def capacity(self) -> int:
        return len(self._holders)

    @property
    def used(self) -> int:
        return self.capacity - len(self._free)

    def grow(self, count: int) -> None:
        """Add `count` free rows; what is stored stays in its rows."""
        block = self._block.new_empty((self.capacity + count, *self._block.shape[1:]))
        block[: self.capacity] = self._block
        self._free.extend(range(self.capacity + count - 1, self.capacity - 1, -1))
        self._holders.extend([0] * count)
        self._block = block

    def put(self, value: Tensor) -> int:
        """Store one value (cast to the block's dtype) and return its row, held once.

        Raises:
            DeviceError: it lies on another device; a copy would hide a wait in every frame.
        """
        if value.device != self._block.device:
            raise DeviceError(
                f"a memory on {value.device} can't be stored in a bank on {self._block.device}: "
                "compute it on the tracker's device"
            )
        row = self._free.pop()
        self._block[row].copy_(value)
        self._holders[row] = 1
        return row

    def take(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """The values of B lists of K rows each, copied: (B, K, *shape)."""
        index = torch.tensor(rows, dtype=torch.long).to(self._block.device, non_blocking=True)
        taken = self._block.index_select(0, index.flatten())
        return taken.view(*index.shape, *self._block.shape[1:])

    def hold(self, row: int) -> None:
        self._holders[row] += 1

    def release(self, row: int) -> None:
        self._holders[row] -= 1
        if self._holders[row] == 0:
            self._free.append(row)


class ObjectMemory:
    """What one hypothesis remembers: frame number -> row, for maps and for pointers."""

    def __init__(self, bank: MemoryBank) -> None:
        self._bank = bank
        self._maps: dict[int, int] = {}
        self._pointers: dict[int, int] = {}

    def put_map(self, frame_index: int, value: Tensor) -> None:
        """Store the memory map (tokens, channels) of frame `frame_index`."""
        self._maps[frame_index] = self._bank.maps.put(value)

    def put_pointer(self, frame_index: int, value: Tensor) -> None:
        """Store the object pointer (channels,) of frame `frame_index`."""
        self._pointers[frame_index] = self._bank.pointers.put(value)

    def map_rows(self, frame_indices: Iterable[int]) -> list[int]:
        return [self._maps[frame_index] for frame_index in frame_indices]

    def pointer_rows(self, frame_indices: Iterable[int]) -> list[int]:
        return [self._pointers[frame_index] for frame_index in frame_indices]

    def held_maps(self) -> list[int]:
        """TensorPool of all maps; memories that share a past name the same rows."""
        return list(self._maps.values())

    def held_pointers(self) -> list[int]:
        """TensorPool of all object pointers, likewise."""
        return list(self._pointers.values())

    def keep(self, maps: frozenset[int], pointers: frozenset[int]) -> None:
        """Free the entries of all other frames."""
        for held, rows, kept in (
            (self._maps, self._bank.maps, maps),
            (self._pointers, self._bank.pointers, pointers),
        ):
            for frame_index in [frame_index for frame_index in held if frame_index not in kept]:
                rows.release(held.pop(frame_index))

    def fork(self) -> ObjectMemory:
        """A second holder of the same past."""
        other = ObjectMemory(self._bank)
        other._maps, other._pointers = dict(self._maps), dict(self._pointers)
        for row in other._maps.values():
            self._bank.maps.hold(row)
        for row in other._pointers.values():
            self._bank.pointers.hold(row)
        return other

    def clear(self) -> None:
        """Free everything; call it when a hypothesis is dropped."""
        self.keep(frozenset(), frozenset())


class MemoryBank:
    """Memory maps (in the network's own dtype for them) and object pointers (float32)."""

    def __init__(self, spec: NetworkSpec, device: torch.device) -> None:
        map_shape = (spec.memory_tokens, spec.memory_channels)
        self.maps = TensorPool(map_shape, spec.map_dtype, device)
        self.pointers = TensorPool((spec.pointer_size,), torch.float32, device)

    def reserve(self, maps: int, pointers: int) -> None:
        """Make room for that many more entries, for objects that are about to start."""
        self.maps.grow(maps)
        self.pointers.grow(pointers)

    def new_memory(self) -> ObjectMemory:
        return ObjectMemory(self)
