"""A CUDA device without one: tensors that have a device, a shape and a type, but no values.

Torch's FakeTensorMode runs every operation on such tensors and raises where devices are mixed. What
a computation wants to know of their values (a copy to the host, the truth of a tensor) is answered
with scripted numbers and counted, because on a real device each of these waits for it.
"""

from __future__ import annotations

import ctypes
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

CUDA = torch.device("cuda", 0)

REGISTRY = "_ZN3c104impl26device_guard_impl_registryE"
CUDA_SLOT, META_SLOT, SLOTS = 1, 14, 16
"""Places of device types in torch's table of device guards (c10/core/DeviceType.h)."""


def guards() -> Any:
    """Torch's table of device guards; None where its library doesn't show it."""
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libc10.so"))
        return (ctypes.c_void_p * SLOTS).in_dll(library, REGISTRY)
    except (OSError, ValueError):
        return None


NUMPY: dict[torch.dtype, Any] = {
    torch.float32: np.float32,
    torch.bool: np.bool_,
    torch.uint8: np.uint8,
    torch.int64: np.int64,
}


@contextmanager
def cuda_guard() -> Iterator[None]:
    """A build without CUDA refuses to enter a CUDA device. While this holds it takes the guard of
    the meta device, which does nothing; a build with CUDA has a guard and keeps it."""
    table = guards()
    if table is None:
        pytest.skip("torch's table of device guards isn't to be found in this build")
    before = table[CUDA_SLOT]
    if not before:
        table[CUDA_SLOT] = table[META_SLOT]
    try:
        yield
    finally:
        table[CUDA_SLOT] = before


class FakeCuda(FakeTensorMode):  # type: ignore[no-untyped-call]
    """The mode, with scripted values.

    Attributes:
        waits: how often a value was asked for, by operation: each waits for the device.
        truth: what a tensor of one element is taken for; whole numbers are taken for zero.
    """

    def __init__(self) -> None:
        super().__init__(allow_non_fake_inputs=True)  # what comes from numpy isn't fake
        self.waits: Counter[str] = Counter()
        self.truth = 1.0

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        for each in args:
            if isinstance(each, FakeTensor):
                each.constant = None  # known values would be sent to a device that isn't there
        if func is torch.ops.aten._local_scalar_dense.default:
            self.waits["item"] += 1
            whole = args[0].dtype == torch.int64  # the place of something: the first always exists
            return NUMPY[args[0].dtype](0 if whole else self.truth).item()
        if func is torch.ops.aten.equal.default:
            self.waits["equal"] += 1
            return bool(self.truth)
        made = super().dispatch(func, types, args, kwargs)
        if isinstance(made, Tensor) and made.device.type == "cpu":
            sources = [each for each in args if isinstance(each, Tensor)]
            if any(each.device.type == "cuda" for each in sources):
                self.waits["copy to the host"] += 1
        return made


def faked(model: Any, mode: FakeTensorMode) -> Any:
    """The model as `model.to(CUDA)` would leave it, without values.

    Parameters and buffers are on the device; tensors that are mere attributes stay where they are,
    as torch leaves them. Fake tensors can't be moved in place, so that `to` does nothing more.
    """
    with mode:
        for module in model.modules():
            for table in (module._parameters, module._buffers):
                for name, value in table.items():
                    if value is not None:
                        moved = mode.from_tensor(value.detach(), static_shapes=True).to(CUDA)
                        table[name] = nn.Parameter(moved, requires_grad=False)
    model.to = lambda device: model
    return model


def scripted(fake: FakeTensor, *, force: bool = False) -> Any:
    """What `Tensor.numpy` answers for a fake tensor: ones. Only on the host."""
    assert fake.device.type == "cpu", "a tensor on the device can't become an array"
    return np.ones(tuple(fake.shape), NUMPY[fake.dtype])
