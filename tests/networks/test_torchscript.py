"""What the traced backend needs of TorchScript, which PyTorch has deprecated, is still there."""

from __future__ import annotations

import torch

from samurai.networks.sam2.backends.traced import trace

REMEDY = (
    f"torch {torch.__version__} no longer does what samurai.networks.sam2.backends.traced needs "
    "(torch.jit.trace and torch._C._jit_set_profiling_mode): the default path on a CPU is broken "
    "with it. Lower torch's ceiling in setup.cfg, or make its graphs by torch.export"
)


def trace_something() -> None:
    """What every tracker on a CPU does when it warms up.

    Raises:
        AssertionError: it can't be done with this torch, with the remedy.
    """
    try:
        module = torch.nn.Linear(3, 2).requires_grad_(False)
        graph = trace(module, torch.zeros(1, 3))
        row = torch.ones(2, 3)
        assert torch.equal(graph(row), module(row))
    except Exception as error:
        raise AssertionError(REMEDY) from error


@torch.no_grad()
def test_graphs_are_made_with_this_torch() -> None:
    trace_something()
