"""The memory bank: preallocated tensors and who may look at them. No opinions.

Two pools, memory maps and object pointers, each one block of rows on the device. An `ObjectMemory`
is what one hypothesis of one object remembers: frame index -> row. Those that share a past share
rows, which are counted and freed with their last holder. Blocks grow when objects are added
(`reserve`) or snapshots hold many rows, and shrink when objects are removed (`compact`); in
between, nothing is allocated per frame.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from samurai.errors import DeviceError
from samurai.networks.base import NetworkSpec

_COUNTING = threading.RLock()
"""Held while rows change hands or places, and while they are read or written: a snapshot may be
used by one thread while the session that it came from is used by another."""


@dataclass(eq=False)
class Row:
    """One stored tensor: where it lies in its pool, and how many memories hold it."""

    index: int
    holders: int = 1


class TensorPool:
    """A block of equal tensors in counted rows."""

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> None:
        self._block = torch.empty((0, *shape), dtype=dtype, device=device)
        self._rows: list[Row | None] = []
        self._free: list[int] = []

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one tensor."""
        return tuple(self._block.shape[1:])

    @property
    def dtype(self) -> torch.dtype:
        """In which tensors are stored."""
        return self._block.dtype

    def like(self) -> TensorPool:
        """An empty pool for the same tensors."""
        return TensorPool(self.shape, self.dtype, self._block.device)

    @property
    def capacity(self) -> int:
        """Rows of the block, in use or free."""
        return len(self._rows)

    @property
    def used(self) -> int:
        """Rows that some memory holds."""
        return self.capacity - len(self._free)

    @property
    def live_bytes(self) -> int:
        """Bytes of the rows in use."""
        return self.used * self._block[:1].nbytes if self.capacity else 0

    def reserve(self, total: int) -> None:
        """Have room for `total` rows at least; what is stored stays in its rows."""
        with _COUNTING:
            if total <= self.capacity:
                return
            block = self._block.new_empty((total, *self._block.shape[1:]))
            block[: self.capacity] = self._block
            self._free[:0] = range(total - 1, self.capacity - 1, -1)
            self._rows.extend([None] * (total - self.capacity))
            self._block = block

    def compact(self, total: int) -> None:
        """Move what is stored together and give back the rest, down to room for `total` rows, where
        that frees half of the block."""
        with _COUNTING:
            total = max(total, self.used)
            if 2 * total <= self.capacity:
                self._move_together(total)

    def _move_together(self, total: int) -> None:
        kept = [row for row in self._rows if row is not None]
        index = torch.tensor([row.index for row in kept], dtype=torch.long)
        block = self._block.new_empty((total, *self._block.shape[1:]))
        block[: len(kept)] = self._block[index.to(self._block.device)]
        for place, row in enumerate(kept):
            row.index = place
        self._rows = [*kept, *[None] * (total - len(kept))]
        self._free = list(range(total - 1, len(kept) - 1, -1))
        self._block = block

    def put(self, value: Tensor) -> Row:
        """Store one value (cast to the block's dtype) in a row that is held once.

        Raises:
            DeviceError: it lies on another device; a copy would hide a wait in every frame.
        """
        if value.device != self._block.device:
            raise DeviceError(
                f"a memory on {value.device} can't be stored in a bank on {self._block.device}: "
                "compute it on the tracker's device"
            )
        with _COUNTING:
            if not self._free:
                self.reserve(self.capacity + max(8, self.capacity // 2))
            row = Row(self._free.pop())
            self._rows[row.index] = row
            self._block[row.index].copy_(value)
        return row

    def hold(self, row: Row) -> None:
        """Hold a row once more."""
        with _COUNTING:
            row.holders += 1

    def take(self, rows: Sequence[Sequence[Row]]) -> Tensor:
        """The values of B lists of K rows each, copied: (B, K, *shape)."""
        with _COUNTING:  # another thread may move rows together
            indices = [[row.index for row in line] for line in rows]
            index = torch.tensor(indices, dtype=torch.long)
            index = index.to(self._block.device, non_blocking=True)
            taken = self._block.index_select(0, index.flatten())
        return taken.view(*index.shape, *self._block.shape[1:])

    def release(self, row: Row) -> None:
        """Hold a row once less; the last holder frees it."""
        with _COUNTING:
            row.holders -= 1
            if row.holders == 0:
                self._rows[row.index] = None
                self._free.append(row.index)


class ObjectMemory:
    """What one hypothesis remembers: frame index -> row, for maps and for pointers."""

    def __init__(self, bank: MemoryBank) -> None:
        self._bank = bank
        self._maps: dict[int, Row] = {}
        self._pointers: dict[int, Row] = {}

    def put_map(self, frame_index: int, value: Tensor) -> None:
        """Store the memory map (tokens, channels) of a frame, in place of an earlier one."""
        _replace(self._maps, frame_index, self._bank.maps, value)

    def put_pointer(self, frame_index: int, value: Tensor) -> None:
        """Store the object pointer (channels,) of a frame, in place of an earlier one."""
        _replace(self._pointers, frame_index, self._bank.pointers, value)

    def map_rows(self, frame_indices: Iterable[int]) -> list[Row]:
        """Rows of the maps of frames, in their order; KeyError where one has none."""
        return [self._maps[frame_index] for frame_index in frame_indices]

    def pointer_rows(self, frame_indices: Iterable[int]) -> list[Row]:
        """Rows of the object pointers of frames, likewise."""
        return [self._pointers[frame_index] for frame_index in frame_indices]

    def held_maps(self) -> list[Row]:
        """Rows of all maps; memories that share a past hold the same rows."""
        return list(self._maps.values())

    def held_pointers(self) -> list[Row]:
        """Rows of all object pointers, likewise."""
        return list(self._pointers.values())

    def entries(self) -> Iterator[tuple[str, int, Tensor]]:
        """Copies of everything stored: "map" or "pointer", frame index, value."""
        for kind, held, pool in (
            ("map", self._maps, self._bank.maps),
            ("pointer", self._pointers, self._bank.pointers),
        ):
            for frame_index, row in held.items():
                yield kind, frame_index, pool.take([[row]])[0, 0]

    def keep(self, maps: frozenset[int], pointers: frozenset[int]) -> None:
        """Free the entries of all other frames."""
        for held, pool, kept in (
            (self._maps, self._bank.maps, maps),
            (self._pointers, self._bank.pointers, pointers),
        ):
            for frame_index in [index for index in held if index not in kept]:
                pool.release(held.pop(frame_index))

    def fork(self) -> ObjectMemory:
        """A second holder of the same past."""
        other = ObjectMemory(self._bank)
        other._maps, other._pointers = dict(self._maps), dict(self._pointers)
        for row in other._maps.values():
            self._bank.maps.hold(row)
        for row in other._pointers.values():
            self._bank.pointers.hold(row)
        return other

    def moved(self, bank: MemoryBank) -> ObjectMemory:
        """A copy in another bank."""
        other = ObjectMemory(bank)
        try:
            for kind, frame_index, value in self.entries():
                put = other.put_map if kind == "map" else other.put_pointer
                put(frame_index, value)
        except BaseException:
            other.clear()
            raise
        return other

    def share(self, frame_index: int, other: ObjectMemory) -> None:
        """Hold the map and the pointer that another memory of the same bank has of a frame."""
        for held, pool, rows in (
            (self._maps, self._bank.maps, other._maps),
            (self._pointers, self._bank.pointers, other._pointers),
        ):
            pool.hold(rows[frame_index])
            if frame_index in held:
                pool.release(held[frame_index])
            held[frame_index] = rows[frame_index]

    def clear(self) -> None:
        """Free everything; call it when a hypothesis is dropped."""
        self.keep(frozenset(), frozenset())


class MemoryBank:
    """Memory maps (in the network's own dtype for them) and object pointers (float32)."""

    def __init__(self, spec: NetworkSpec, device: torch.device) -> None:
        map_shape = (spec.memory_tokens, spec.memory_channels)
        self.maps = TensorPool(map_shape, spec.map_dtype, device)
        self.pointers = TensorPool((spec.pointer_size,), torch.float32, device)

    @classmethod
    def like(cls, other: MemoryBank) -> MemoryBank:
        """An empty bank for the same memories."""
        bank = cls.__new__(cls)
        bank.maps, bank.pointers = other.maps.like(), other.pointers.like()
        return bank

    def check(self, spec: NetworkSpec) -> None:
        """Raise ValueError unless the memories are those of a network with that spec."""
        wanted = (spec.memory_tokens, spec.memory_channels), (spec.pointer_size,)
        found = self.maps.shape, self.pointers.shape
        if found != wanted or self.maps.dtype != spec.map_dtype:
            raise ValueError(f"its memories have the shapes {found}, the model's have {wanted}")

    @property
    def live_bytes(self) -> int:
        """Bytes of all that is remembered."""
        return self.maps.live_bytes + self.pointers.live_bytes

    def reserve(self, maps: int, pointers: int) -> None:
        """Have room for so many entries in all, before objects start."""
        self.maps.reserve(maps)
        self.pointers.reserve(pointers)

    def compact(self, maps: int, pointers: int) -> None:
        """Give back what is neither in use nor room for so many entries, after objects were removed
        or a snapshot was dropped."""
        self.maps.compact(maps)
        self.pointers.compact(pointers)

    def new_memory(self) -> ObjectMemory:
        """An empty memory for one hypothesis."""
        return ObjectMemory(self)


def _replace(held: dict[int, Row], frame_index: int, pool: TensorPool, value: Tensor) -> None:
    before = held.get(frame_index)
    held[frame_index] = pool.put(value)
    if before is not None:
        pool.release(before)
