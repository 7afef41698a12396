"""EdgeTAM: from its files to a model, and from a model to a `VideoNetwork`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from samurai.networks.base import VideoNetwork
from samurai.networks.edgetam.network import EdgeTamNetwork
from samurai.networks.families import CONFIGURATION
from samurai.networks.transformers_video.dependency import transformers_classes
from samurai.networks.transformers_video.loading import load_pretrained
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
    """An `EdgeTamVideoModel` on a device; arguments as for `TransformersNetwork.of`."""
    return EdgeTamNetwork.of(model, device, dtype, speed)
