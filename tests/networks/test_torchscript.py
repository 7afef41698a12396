"""What the traced backend needs of TorchScript, which PyTorch has deprecated, is still there."""

from __future__ import annotations

from typing import Any

import pytest
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


def refused(*_: Any, **__: Any) -> None:
    raise RuntimeError("TorchScript is no longer supported")


@pytest.mark.parametrize(
    ("owner", "name", "gone"),
    [(torch.jit, "trace", False), (torch._C, "_jit_set_profiling_mode", True)],
)
@torch.no_grad()
def test_a_torch_without_them_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, gone: bool
) -> None:
    if gone:
        monkeypatch.delattr(owner, name)
    else:
        monkeypatch.setattr(owner, name, refused)
    with pytest.raises(AssertionError, match=r"Lower torch's ceiling in setup\.cfg"):
        trace_something()
