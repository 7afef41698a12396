"""A loaded SAM 2.1 as a `VideoNetwork`, by speed and precision."""

from __future__ import annotations

import torch
from sam2.modeling.sam2_base import SAM2Base

from samurai.networks.base import VideoNetwork
from samurai.networks.sam2.execution import choose_execution
from samurai.networks.sam2.network import Sam2Network
from samurai.runtime.precision import resolve_dtype
from samurai.speed import Speed


def create_network(model: SAM2Base, device: torch.device, dtype: str, speed: Speed) -> VideoNetwork:
    """The model's functions on a device.

    Args:
        model: in evaluation mode; it is moved to the device.
        dtype: a name, see `runtime.precision.resolve_dtype`.
        speed: see `samurai.speed`.
    """
    size = int(model.image_size)
    precision = resolve_dtype(dtype, device, speed, size)
    return Sam2Network(model, device, precision, choose_execution(device, precision, speed, size))
