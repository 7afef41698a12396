"""The precision of a device's computations, and the choice of "auto"."""

from __future__ import annotations

import logging

import torch

from samurai.errors import ConfigurationError
from samurai.speed import Speed, multiplies_bfloat16

log = logging.getLogger(__name__)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

BFLOAT16_FROM = 512
"""Input size from which a CPU that multiplies bfloat16 is faster in it than in float32: in smaller
layers conversions cost more than they save."""


def cuda_has_bfloat16(device: torch.device) -> bool:
    """Whether a CUDA device multiplies bfloat16 itself (Ampere and newer). Older ones, such as T4,
    V100 and RTX 2080, emulate it slowly, and compiled kernels refuse it."""
    index = torch.cuda.current_device() if device.index is None else device.index
    with torch.cuda.device(index):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def preferred_dtype(speed: Speed, image_size: int, device: torch.device) -> torch.dtype:
    """The torch dtype of "auto".

    bfloat16 on a CUDA device that has it, and, unless exact, for large inputs on a CPU that has
    it; float32 elsewhere. Never float16: SAM 2 was trained in bfloat16, whose range is that of
    float32, and nothing bounds its activations to the range of float16.
    """
    if device.type == "cuda":
        return torch.bfloat16 if cuda_has_bfloat16(device) else torch.float32
    wanted = speed != "exact" and device.type == "cpu" and image_size >= BFLOAT16_FROM
    return torch.bfloat16 if wanted and multiplies_bfloat16() else torch.float32


def asked_dtype(name: str) -> torch.dtype:
    """The torch dtype of a name other than "auto".

    Raises:
        ConfigurationError: there is none; the message lists them.
    """
    if name not in DTYPES:
        raise ConfigurationError(f"unknown dtype {name!r}: choose one of auto, {', '.join(DTYPES)}")
    return DTYPES[name]


def warn_of_emulation(dtype: torch.dtype, device: torch.device) -> None:
    """Log a warning where bfloat16 was requested of a CUDA device that emulates it."""
    if dtype == torch.bfloat16 and device.type == "cuda" and not cuda_has_bfloat16(device):
        log.warning(
            "%s has no bfloat16 of its own and emulates it slowly: choose dtype auto or float32",
            device,
        )


def resolve_dtype(
    name: str, device: torch.device, speed: Speed = "exact", image_size: int = 0
) -> torch.dtype:
    """The torch dtype of that name; "auto" is what a speed takes on that device for inputs of
    `image_size` pixels a side."""
    return preferred_dtype(speed, image_size, device) if name == "auto" else asked_dtype(name)
