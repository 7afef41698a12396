"""A loaded SAM 2.1 as a `VideoNetwork`, by speed and precision."""

from __future__ import annotations

import torch
from sam2.modeling.sam2_base import SAM2Base

from samurai.networks.base import VideoNetwork
from samurai.networks.sam2.backends.fast import FastNetwork
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
    precision = resolve_dtype(dtype, device, speed, int(model.image_size))
    if speed == "exact":
        return Sam2Network(model, device, precision)
    return FastNetwork(model, device, precision, speed)
