"""Modules of fixed shapes as frozen graphs: the same kernels without Python between them.

For small networks on a CPU a quarter of the time goes into calling the kernels, not into running
them. A graph traced by torch and frozen calls the same kernels in the same order (bit-equal, see
tests/core/test_frozen.py). Graphs hold for the shapes that they were traced with; other shapes run
the module itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Shapes = tuple[tuple[int, ...], ...]


class Frozen:
    """Calls a module, by a graph where one was made for tensors of these shapes.

    Args:
        module: tensors in, a tensor or a tuple of tensors out; in evaluation mode.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()
        self._graphs: dict[Shapes, Callable[..., Any]] = {}

    def __call__(self, *tensors: Tensor) -> Any:
        return self._graphs.get(_shapes(tensors), self._module)(*tensors)

    def freeze(self, *tensors: Tensor) -> None:
        """Make a graph for tensors of these shapes, on their device."""
        shapes = _shapes(tensors)
        if shapes in self._graphs:
            return
        # inference tensors can't be traced; gradients are off all the same
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tracing: about shapes, which are fixed here
            examples = tuple(tensor.clone() for tensor in tensors)
            traced = torch.jit.trace(self._module, examples, check_trace=False)  # type: ignore[no-untyped-call]
            self._graphs[shapes] = torch.jit.freeze(traced.eval())


def _shapes(tensors: tuple[Tensor, ...]) -> Shapes:
    return tuple(tuple(tensor.shape) for tensor in tensors)
