"""Which modules and which backend serve a device, a precision, a speed and a size."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch

from samurai.networks.sam2.backends import cuda, eager, traced
from samurai.networks.sam2.execution import choose_execution

FLOAT, HALF = torch.float32, torch.bfloat16


@pytest.mark.parametrize(
    ("device", "dtype", "speed", "size", "folded", "padded", "resizes", "backend"),
    [
        ("cpu", FLOAT, "exact", 512, False, False, False, traced.prepare),
        ("cpu", FLOAT, "exact", 1024, False, False, False, eager.prepare),
        ("cpu", HALF, "exact", 160, False, False, False, eager.prepare),
        ("cpu", FLOAT, "fast", 512, True, False, False, traced.prepare),
        ("cpu", FLOAT, "max", 1024, True, False, False, eager.prepare),
        ("cuda", HALF, "exact", 1024, False, False, False, eager.prepare),
        ("cuda", FLOAT, "fast", 160, True, True, True, cuda.prepare),
        ("cuda", HALF, "max", 1024, True, True, True, cuda.prepare),
        ("mps", FLOAT, "fast", 160, False, False, True, eager.prepare),
        ("mps", FLOAT, "fast", 1024, True, False, True, eager.prepare),
    ],
)
def test_every_device_has_its_execution(
    device: str,
    dtype: torch.dtype,
    speed: Any,
    size: int,
    folded: bool,
    padded: bool,
    resizes: bool,
    backend: Any,
) -> None:
    chosen = choose_execution(torch.device(device), dtype, speed, size)
    assert (chosen.folded, chosen.padded, chosen.resizes_on_device) == (folded, padded, resizes)
    if isinstance(chosen.backend, partial):
        assert chosen.backend.func is backend
        assert chosen.backend.keywords == {"search": speed == "max"}
    else:
        assert chosen.backend is backend
