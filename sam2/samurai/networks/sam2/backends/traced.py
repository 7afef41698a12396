"""Modules as frozen graphs: the same kernels without Python between them.

For small networks on a CPU a quarter of the time goes into calling the kernels, not into running
them. A graph traced by torch and frozen calls the same kernels in the same order (bit-equal, see
tests/core/test_frozen.py). Sizes that a module reads from its inputs stay variables of the graph:
one graph serves every number of rows, maps and pointers, and none is made in the middle of a video.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class Frozen:
    """Calls a module, by its graph once there is one.

    Args:
        module: tensors in, a tensor or a tuple of tensors out; in evaluation mode. It may shape
            its tensors by the sizes of its inputs but take no decision by them.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()
        self._call: Callable[..., Any] = self._module

    def __call__(self, *tensors: Tensor) -> Any:
        return self._call(*tensors)

    @property
    def module(self) -> nn.Module:
        """What is called without a graph, and what every graph is made of."""
        return self._module

    @property
    def frozen(self) -> bool:
        """Whether there is a graph."""
        return self._call is not self._module

    def call_through(self, call: Callable[..., Any]) -> None:
        """Use a graph of another kind, made elsewhere."""
        self._call = call

    def freeze(self, *examples: Tensor) -> None:
        """Make the graph by running the module on example inputs, on their device."""
        if self.frozen:
            return
        # inference tensors can't be traced; gradients are off all the same
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tracing: about what depends on sizes, see above
            copies = tuple(tensor.clone() for tensor in examples)
            # as a function, not as a module: weights are constants of the graph, and it takes a
            # quarter of the time
            self._call = torch.jit.trace(  # type: ignore[no-untyped-call]
                lambda *tensors: self._module(*tensors), copies, check_trace=False
            )
            with _run_as_they_are():
                self._call(*copies)


@contextmanager
def _run_as_they_are() -> Iterator[None]:
    """While this holds, a graph's first call makes it ready. By default torch watches one call and
    then rewrites the graph for what it saw, which takes longer and leads to the same kernels."""
    before = torch._C._jit_set_profiling_mode(False)
    try:
        yield
    finally:
        torch._C._jit_set_profiling_mode(before)
