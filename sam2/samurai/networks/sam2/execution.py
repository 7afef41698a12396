"""The execution of a network: exact or folded modules, and the backend. Decided here only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import torch

from samurai.networks.base import VideoNetwork
from samurai.networks.sam2.backends import cuda, eager, traced
from samurai.networks.sam2.modules import NetworkModules
from samurai.speed import Speed

Backend: TypeAlias = Callable[[VideoNetwork, NetworkModules, int], NetworkModules]
"""The `prepare` of a file in `backends`.

Its arguments are a network, the network's modules, which the network calls meanwhile, and the
number of objects to expect. It returns the functions that the network calls from then on.
"""

TRACED_UP_TO = 512
"""Input size up to which traced modules are faster on a CPU; larger inputs keep the kernels
busy."""

UNFOLDED_UP_TO = 256
"""Input size up to which a CPU keeps the exact modules at any speed. Folding makes nano a twentieth
faster, but sooner or later its rounding makes a search region switch to an identical-looking
object."""


@dataclass(frozen=True)
class Execution:
    """How a network computes; by default exactly, without preparation.

    Attributes:
        folded: whether modules have less arithmetic and other rounding, see `folding`.
        padded: memories are padded to a few shapes, see `padding`; only with folded modules.
        resizes_on_device: pictures are resized by the device's arithmetic, not by Pillow's.
        backend: prepares the functions of a frame from the modules.
    """

    folded: bool = False
    padded: bool = False
    resizes_on_device: bool = False
    backend: Backend = eager.prepare


EXACT = Execution()


def choose_execution(
    device: torch.device, dtype: torch.dtype, speed: Speed, input_size: int
) -> Execution:
    """The execution for a device, a precision, a speed and a size.

    | device | speed | modules | memories | pictures resized by | backend |
    |---|---|---|---|---|---|
    | CPU | exact | exact | as they come | Pillow | traced or eager |
    | CPU | fast, max | folded above 256 pixels | as they come | Pillow | traced or eager |
    | CUDA | exact | exact | as they come | Pillow | eager |
    | CUDA | fast, max | folded | padded | the device | cuda |
    | MPS | exact | exact | as they come | Pillow | eager |
    | MPS | fast, max | folded above 256 pixels | as they come | the device | eager |

    On a CPU float32 is traced up to 512 pixels. Pillow resizes there at any speed: torch's filter
    for bytes takes a tenth of the time, but misses one value in 250 by one level, enough for
    overlaps of 0.89 with nano.

    Args:
        dtype: float32, or a half precision for autocast.
        input_size: side of the network's input, in pixels.
    """
    on_cpu, on_cuda = device.type == "cpu", device.type == "cuda"
    trace = on_cpu and dtype == torch.float32 and input_size <= TRACED_UP_TO
    backend: Backend = traced.prepare if trace else eager.prepare
    if speed == "exact":
        return Execution(backend=backend)
    if on_cuda:
        backend = partial(cuda.prepare, search=speed == "max")
    return Execution(
        folded=on_cuda or input_size > UNFOLDED_UP_TO,
        padded=on_cuda,
        resizes_on_device=not on_cpu,
        backend=backend,
    )
