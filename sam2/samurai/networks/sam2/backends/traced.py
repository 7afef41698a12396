"""Modules traced to TorchScript: the same kernels without Python between them.

Small networks on a CPU spend a quarter of their time in calling kernels, not in running them. A
traced graph calls the same kernels in the same order, bit-equal. Sizes that a module reads from its
inputs stay variables of the graph: one graph serves any number of objects, maps and pointers, and
none is traced during a video.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from samurai.networks.arithmetic import as_map
from samurai.networks.base import VideoNetwork
from samurai.networks.sam2.backends.examples import blank_memory, blank_view
from samurai.networks.sam2.modules import NetworkModules, TensorFunction


@torch.no_grad()
def prepare(network: VideoNetwork, modules: NetworkModules, objects: int) -> NetworkModules:
    """Traced modules, see `execution.Backend`; for float32. The single decoder, used for prompts
    only, is not replaced."""
    view, memory = blank_view(network), blank_memory(network, rows=1, maps=1, pointers=1)
    features = network.encode(view)
    conditioned = network.condition(features, memory)
    no_point = np.zeros((1, 1, 2), np.float32), np.full((1, 1), -1, np.int32)
    prompt = network.embed_prompt(*no_point, logits=None)
    return NetworkModules(
        encoder=trace(modules.encoder, view),
        memory_attention=trace(modules.memory_attention, features.tokens, *memory.given()),
        decoder=trace(modules.decoder, conditioned, *features.high_res, *prompt),
        single_decoder=modules.single_decoder,
        memory_encoder=trace(modules.memory_encoder, as_map(features.tokens), view[:, :1]),
    )


def trace(function: TensorFunction, *examples: Tensor) -> TensorFunction:
    """The graph of a function, made by running it on example inputs, on their device.

    Args:
        function: may use the sizes of its inputs for shapes, but not for branches.
    """
    # inference tensors can't be traced; gradients are off all the same
    with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing: about what depends on sizes, see above
        copies = tuple(tensor.clone() for tensor in examples)
        # A lambda, not the module itself: weights become constants of the graph, and tracing takes
        # a quarter of the time.
        graph: TensorFunction = torch.jit.trace(  # type: ignore[no-untyped-call]
            lambda *tensors: function(*tensors), copies, check_trace=False
        )
        with _without_profiling():
            graph(*copies)
    return graph


@contextmanager
def _without_profiling() -> Iterator[None]:
    """In this context a graph's first call makes it ready. By default torch profiles one call and
    then rewrites the graph, which takes longer and leads to the same kernels."""
    before = torch._C._jit_set_profiling_mode(False)
    try:
        yield
    finally:
        torch._C._jit_set_profiling_mode(before)
