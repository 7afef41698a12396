"""Devices by name."""

from __future__ import annotations

import torch

from samurai.errors import ConfigurationError


def resolve_device(name: str) -> torch.device:
    """The torch device of that name; "auto" takes CUDA, then MPS, then the CPU."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigurationError(
            f"unknown device {name!r}: choose auto, cpu, cuda, cuda:N or mps"
        ) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigurationError(
            f"device {name!r} is not available: torch {torch.__version__} sees "
            f"{torch.cuda.device_count()} CUDA devices; choose auto or cpu"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ConfigurationError("device 'mps' is not available: choose auto or cpu")
    if device.type not in ("cpu", "cuda", "mps"):
        raise ConfigurationError(f"device {name!r} isn't supported: choose auto, cpu, cuda or mps")
    return device
