"""A recorder of work that needs no GPU."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from samurai.networks.sam2.backends.cuda_graphs import Recording


class Tape:
    """Records like a CUDA graph: replays the same work on the same memory, in place."""

    def __init__(self) -> None:
        self.recorded = 0
        self.replayed = 0

    def __call__(self, function: Any, inputs: tuple[Tensor, ...]) -> Recording:
        self.recorded += 1
        results = function(*inputs)

        def replay() -> None:
            self.replayed += 1
            fresh = function(*inputs)
            pairs = (
                [(results, fresh)]
                if isinstance(results, Tensor)
                else zip(results, fresh, strict=True)
            )
            for static, value in pairs:
                static.copy_(value)

        return Recording(inputs, replay, results)
