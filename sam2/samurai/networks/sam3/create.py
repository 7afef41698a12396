"""SAM 3's tracker: from its files to a model, and from a model to a `VideoNetwork`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from samurai.networks.base import VideoNetwork
from samurai.networks.sam3.network import Sam3Network
from samurai.networks.transformers_video.dependency import transformers_classes
from samurai.networks.transformers_video.loading import load_pretrained
from samurai.speed import Speed

EXTRA = "sam3"
CLASSES = ("Sam3TrackerVideoModel", "Sam3TrackerVideoInferenceSession")
MODEL_TYPES = ("sam3_video", "sam3_tracker_video")
"""Of config.json: of the published files, which hold the detector too, and of the tracker alone."""


def load_model(folder: Path) -> Any:
    """A `Sam3TrackerVideoModel` from a folder in Hugging Face's layout, on the CPU in float32.

    Raises:
        CheckpointError: a file is missing, damaged or another model's; the cause, without a remedy.
        DependencyError: transformers isn't installed, or lacks the classes.
    """
    kind, _ = transformers_classes(CLASSES, EXTRA)
    return load_pretrained(kind, folder, MODEL_TYPES, "SAM 3's tracker")


def create_network(model: Any, device: torch.device, dtype: str, speed: Speed) -> VideoNetwork:
    """A `Sam3TrackerVideoModel` on a device; arguments as for `TransformersNetwork.of`."""
    return Sam3Network.of(model, device, dtype, speed)
