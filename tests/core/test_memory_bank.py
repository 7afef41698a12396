"""The bank: rows are shared, counted and freed; values survive growth."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.color_network import ColorNetwork

from samurai.core.memory_bank import MemoryBank, ObjectMemory, TensorPool
from samurai.errors import DeviceError

SHAPE, POINTER = (3, 2), 4


def new_bank(rows: int) -> MemoryBank:
    spec = replace(
        ColorNetwork.spec,
        memory_tokens=SHAPE[0],
        memory_channels=SHAPE[1],
        pointer_size=POINTER,
        map_dtype=torch.bfloat16,
    )
    bank = MemoryBank(spec, torch.device("cpu"))
    bank.reserve(rows, rows)
    return bank


def put(memory: ObjectMemory, frame_index: int, value: float) -> None:
    memory.put_map(frame_index, torch.full(SHAPE, value))
    memory.put_pointer(frame_index, torch.full((POINTER,), value))


def values(bank: MemoryBank, memory: ObjectMemory, frame_indices: list[int]) -> list[float]:
    maps = bank.maps.take([memory.map_rows(frame_indices)])
    pointers = bank.pointers.take([memory.pointer_rows(frame_indices)])
    assert maps.shape == (1, len(frame_indices), *SHAPE) and maps.dtype == torch.bfloat16
    assert torch.equal(maps[0, :, 0, 0].float(), pointers[0, :, 0])
    return [float(value) for value in pointers[0, :, 0]]


@given(st.lists(st.tuples(st.sampled_from("pfkc"), st.integers(0, 5), st.integers(0, 255))))
def test_memories_see_what_they_put_whatever_others_do(steps: list[tuple[str, int, int]]) -> None:
    """Random puts, forks, keeps and clears against plain dictionaries; rows are never leaked."""
    bank = new_bank(4)
    memories: list[tuple[ObjectMemory, dict[int, float]]] = [(bank.new_memory(), {})]
    for frame_index, (action, which, value) in enumerate(steps):
        memory, known = memories[which % len(memories)]
        if action == "p":
            if bank.maps.used == bank.maps.capacity:
                bank.reserve(4, 4)
            put(memory, frame_index, float(value))
            known[frame_index] = float(value)
        elif action == "f" and len(memories) < 6:
            memories.append((memory.fork(), dict(known)))
        elif action == "k":
            kept = frozenset(t for t in known if (t + value) % 2)
            memory.keep(kept, kept)
            for t in set(known) - kept:
                del known[t]
        elif action == "c" and len(memories) > 1:
            memory.clear()
            memories.remove((memory, known))
        for each, expected in memories:
            if expected:
                assert values(bank, each, list(expected)) == list(expected.values())
    for memory, _ in memories:
        memory.clear()
    assert bank.maps.used == bank.pointers.used == 0


def test_a_fork_shares_rows_until_both_let_go() -> None:
    bank = new_bank(2)
    one = bank.new_memory()
    put(one, 0, 5.0)
    two = one.fork()
    assert bank.maps.used == 1
    one.clear()
    assert bank.maps.used == 1 and values(bank, two, [0]) == [5.0]
    two.clear()
    assert bank.maps.used == 0


def test_a_value_on_another_device_is_refused_and_nothing_changes() -> None:
    bank = new_bank(1)
    for rows, shape in ((bank.maps, SHAPE), (bank.pointers, (POINTER,))):
        with pytest.raises(DeviceError, match=r"meta.*cpu"):
            rows.put(torch.empty(shape, device="meta"))
        assert rows.used == 0


def test_rows_are_not_moved_while_another_thread_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other thread begins when the reader knows its rows' places, before it looks there."""
    pool = TensorPool((2,), torch.float32, torch.device("cpu"))
    rows = [pool.put(torch.full((2,), float(number))) for number in range(16)]
    for row in rows[:14]:
        pool.release(row)
    make, reader, threads = torch.tensor, threading.get_ident(), list[threading.Thread]()

    def tensor(*arguments: Any, **options: Any) -> torch.Tensor:
        if threading.get_ident() == reader:
            threads.append(threading.Thread(target=pool.compact, args=(0,)))
            threads[-1].start()
            threads[-1].join(0.2)
        return make(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "tensor", tensor)
        taken = pool.take([rows[14:]])
    threads[0].join()
    assert taken[0, :, 0].tolist() == [14.0, 15.0]
    assert pool.capacity == 2
    assert pool.take([rows[14:]])[0, :, 0].tolist() == [14.0, 15.0]
