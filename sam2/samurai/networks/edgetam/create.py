"""EdgeTAM: from its files to a model, and from a model to a `VideoNetwork`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from samurai.networks.base import VideoNetwork
from samurai.networks.transformers_video.dependency import transformers_classes
from samurai.networks.transformers_video.loading import CONFIGURATION, load_pretrained
from samurai.runtime.precision import resolve_dtype
from samurai.speed import Speed

EXTRA = "edgetam"
CLASSES = ("EdgeTamVideoModel", "EdgeTamVideoInferenceSession")
MODEL_TYPES = ("edgetam_video", "edgetam")
"""Of config.json: transformers reads the same files as a model of videos and of images."""

BACKBONE_PACKAGES = ("timm", "torchvision")
"""What the published image encoder, a RepViT of timm, needs."""


def load_model(folder: Path) -> Any:
    """An `EdgeTamVideoModel` from a folder in Hugging Face's layout, on the CPU in float32.

    Raises:
        CheckpointError: a file is missing, damaged or another model's; the cause, without a remedy.
        DependencyError: transformers or timm isn't installed, or transformers lacks the classes.
    """
    configuration = folder / CONFIGURATION
    of_timm = configuration.is_file() and b"timm" in configuration.read_bytes()
    kind, _ = transformers_classes(CLASSES, EXTRA, BACKBONE_PACKAGES if of_timm else ())
    return load_pretrained(kind, folder, MODEL_TYPES, "EdgeTAM")


def create_network(model: Any, device: torch.device, dtype: str, speed: Speed) -> VideoNetwork:
    """The model's functions on a device.

    Args:
        model: an `EdgeTamVideoModel`; it is moved to the device.
        dtype: a name, see `runtime.precision.resolve_dtype`.
        speed: see `samurai.speed`. Nothing is folded or compiled: a faster speed chooses the
            precision, and resizes pictures on the device.

    Raises:
        DependencyError: transformers lacks the classes.
    """
    transformers_classes(CLASSES, EXTRA)  # before the import of what needs them
    from samurai.networks.edgetam.network import EdgeTamNetwork

    precision = resolve_dtype(dtype, device, speed, int(model.config.image_size))
    on_device = speed != "exact" and device.type != "cpu"
    return EdgeTamNetwork(model, device, precision, on_device)
