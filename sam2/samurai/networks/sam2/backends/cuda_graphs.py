"""CUDA graphs: work on a GPU is recorded once and replayed, with one launch instead of hundreds.

A recording belongs to the shapes and types of its inputs and to the memory that it was made with:
new inputs are copied into that memory, results are copied out of it, so that callers own them and
may keep them during the next frame, as a pending memory write does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from samurai.networks.sam2.modules import TensorFunction

log = logging.getLogger(__name__)

Key: TypeAlias = tuple[tuple[tuple[int, ...], torch.dtype], ...]

WARM_UP_CALLS = 3
"""Calls before a recording, in which libraries choose kernels and allocate their workspaces."""


class Recording(NamedTuple):
    """Static inputs, the function that replays the work on them, and its static results."""

    inputs: tuple[Tensor, ...]
    replay: Callable[[], None]
    results: Any


Record: TypeAlias = Callable[[TensorFunction, tuple[Tensor, ...]], Recording]


class Replayed:
    """Calls a function by replaying a recording for inputs of these shapes and types.

    Args:
        function: of fixed shapes; it never reads a value, which would wait for the device.
        record: makes a recording, as `CudaGraphs` does.
        at_most: the most recordings to keep; further shapes run without one, so that a session
            whose objects come and go doesn't fill the device's memory.

    Attributes:
        must_record: whether a failed recording is an error, as during warm-up; later it only ends
            recording, and new shapes run without one.
    """

    def __init__(self, function: TensorFunction, record: Record, at_most: int = 16) -> None:
        self._function = function
        self._record = record
        self._at_most = at_most
        self._recordings: dict[Key, Recording] = {}
        self.must_record = True

    def __call__(self, *tensors: Tensor) -> Any:
        """Replay the graph of these shapes and dtypes, recording it first; results are copies."""
        key = tuple((tuple(tensor.shape), tensor.dtype) for tensor in tensors)
        recording = self._recordings.get(key)
        if recording is None:
            recording = self._recorded(key, tensors)
            if recording is None:
                return self._function(*tensors)
        for static, tensor in zip(recording.inputs, tensors, strict=True):
            static.copy_(tensor, non_blocking=True)
        recording.replay()
        return _owned(recording.results)

    def _recorded(self, key: Key, tensors: tuple[Tensor, ...]) -> Recording | None:
        """A new recording; None where the limit is reached, or the device has no memory left."""
        if len(self._recordings) >= self._at_most:
            return None
        try:
            inputs = tuple(tensor.contiguous().clone() for tensor in tensors)
            recording = self._recordings[key] = self._record(self._function, inputs)
        except RuntimeError as error:
            if self.must_record:
                raise
            self._at_most = 0
            log.warning("CUDA graph capture failed, new shapes run without graphs: %s", error)
            return None
        return recording


class CudaGraphs:
    """Records CUDA graphs that share one memory pool, because they are never replayed
    concurrently."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, function: TensorFunction, inputs: tuple[Tensor, ...]) -> Recording:
        """Record a function's work on `inputs`, which the recording keeps reading."""
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP_CALLS):
                function(*inputs)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            results = function(*inputs)
        return Recording(inputs, graph.replay, results)


def _owned(results: Any) -> Any:
    """Copies with the same strides."""
    if isinstance(results, Sequence):
        return tuple(_owned(result) for result in results)
    return results.clone()
