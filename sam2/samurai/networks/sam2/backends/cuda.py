"""Modules for a CUDA device: attention by the fastest kernel, compiled, replayed as CUDA graphs."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from samurai.networks.arithmetic import as_tokens
from samurai.networks.base import VideoNetwork
from samurai.networks.sam2.attention_kernels import CUDA_KERNELS, PLAIN, Kernel, fastest
from samurai.networks.sam2.backends.cuda_graphs import CudaGraphs, Record, Replayed
from samurai.networks.sam2.backends.examples import blank_memory, blank_view
from samurai.networks.sam2.folding import FoldedMemoryAttention
from samurai.networks.sam2.modules import NetworkModules, TensorFunction

PROBE_CALLS = 10
"""Timed calls of a kernel, after as many warm-up calls."""


def prepare(
    network: VideoNetwork, modules: NetworkModules, objects: int, search: bool = False
) -> NetworkModules:
    """Compiled and recorded modules, see `execution.Backend`.

    Args:
        objects: the shapes of one object and of that many are compiled and recorded now; other
            shapes are recorded at their first use, and never compiled.
        search: whether the compiler tries all its kernels, which takes longer.
    """
    attention = modules.memory_attention
    if isinstance(attention, FoldedMemoryAttention):
        kernel = fastest(CUDA_KERNELS, partial(_seconds, network, attention))
        modules = replace(modules, memory_attention=attention.with_kernel(kernel))
    return record_modules(network, modules, CudaGraphs(), {1, objects}, search)


def record_modules(
    network: VideoNetwork,
    modules: NetworkModules,
    record: Record,
    rows: Collection[int],
    search: bool = False,
) -> NetworkModules:
    """Modules as CUDA graphs, with encoder and memory attention compiled.

    The single decoder, used for prompts only, is not replaced.

    Args:
        record: makes a recording.
        rows: numbers of hypotheses to compile for.
        search: see `prepare`.
    """
    mode = "max-autotune-no-cudagraphs" if search else "default"
    encoder = Compiled(modules.encoder, mode)
    attention = Compiled(modules.memory_attention, mode)
    replayed = {
        "encoder": Replayed(encoder, record),
        "memory_attention": Replayed(_in_region(modules.memory_attention, attention), record),
        "decoder": Replayed(modules.decoder, record),
        "memory_encoder": Replayed(modules.memory_encoder, record),
    }
    recorded = replace(modules, **replayed)
    for count in sorted(rows):
        _run_once(network, recorded, count)
    encoder.closed = attention.closed = True
    for each in replayed.values():
        each.must_record = False
    return recorded


class Compiled:
    """A function that is compiled for the shapes of its first calls.

    Attributes:
        closed: once set, other shapes are computed without the compiler: nothing is compiled in
            the middle of a video.
    """

    def __init__(self, function: TensorFunction, mode: str) -> None:
        self._function = function
        self._compiled = torch.compile(function, dynamic=False, mode=mode)
        self._known: set[tuple[torch.Size, ...]] = set()
        self.closed = False

    def __call__(self, *tensors: Tensor) -> Any:
        """Compute; a new shape is compiled only as long as `closed` is False."""
        shapes = tuple(tensor.shape for tensor in tensors)
        if not self.closed:
            self._known.add(shapes)
        return (self._compiled if shapes in self._known else self._function)(*tensors)


def _in_region(attention: TensorFunction, compiled: TensorFunction) -> TensorFunction:
    """Calls compiled attention in the region of its kernel, which the compiler doesn't follow."""
    kernel = attention.kernel if isinstance(attention, FoldedMemoryAttention) else PLAIN

    def call(*tensors: Tensor) -> Any:
        with kernel.preferred():
            return compiled(*tensors)

    return call


@torch.inference_mode()
def _run_once(network: VideoNetwork, modules: NetworkModules, rows: int) -> None:
    """Run every shape of that many hypotheses once: full memories, and padded ones."""
    slots = network.spec.map_slots, network.spec.pointer_slots
    with network.precision():
        *_, coarse = modules.encoder(blank_view(network))
        for maps, pointers in (slots, (1, 1)):
            memory = blank_memory(network, rows, maps, pointers)
            modules.memory_attention(as_tokens(coarse), *memory.given())


@torch.inference_mode()
def _seconds(network: VideoNetwork, attention: FoldedMemoryAttention, kernel: Kernel) -> float:
    """Seconds of attention to a full memory with a kernel."""
    spec, device = network.spec, network.device
    attend = attention.with_kernel(kernel)
    memory = blank_memory(network, 1, spec.map_slots, spec.pointer_slots)
    tokens = torch.zeros(spec.feature_tokens, 1, spec.feature_channels, device=device)
    with network.precision(), kernel.preferred():
        for call in range(2 * PROBE_CALLS):
            if call == PROBE_CALLS:  # the first calls let libraries choose kernels and allocate
                torch.cuda.synchronize(device)
                start = time.perf_counter()
            attend(tokens, *memory.given())
        torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / PROBE_CALLS
