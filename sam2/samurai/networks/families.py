"""The families of networks by name; a family's code is imported when a model of it is used.

A family is a folder whose `create.py` has `create_network(model, device, dtype, speed)`; for models
of transformers also `load_model(folder)`. No torch here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from samurai.networks.base import VideoNetwork
    from samurai.speed import Speed

SAM2 = "sam2"

MODULES = {
    "sam3": "transformers.models.sam3_tracker_video.",
    "edgetam": "transformers.models.edgetam_video.",
}
"""Where the classes of a family's models are; all others are SAM 2's."""

FAMILIES = (SAM2, *MODULES)

CONFIGURATION = "config.json"
"""In the folder of a model of transformers."""


def family_of(model: object) -> str:
    """The family of a loaded model."""
    module = type(model).__module__
    return next((name for name, start in MODULES.items() if module.startswith(start)), SAM2)


def create_network(model: Any, device: torch.device, dtype: str, speed: Speed) -> VideoNetwork:
    """A loaded model's functions on a device, whatever its family.

    Args:
        model: in evaluation mode; it is moved to the device.
        dtype: a name, see `runtime.precision.resolve_dtype`.
        speed: see `samurai.speed`.
    """
    create: Callable[..., VideoNetwork] = _part(family_of(model), "create_network")
    return create(model, device, dtype, speed)


def load_folder(family: str, folder: Path) -> Any:
    """A model of transformers from a folder in Hugging Face's layout.

    Raises:
        CheckpointError: a file is missing, damaged or another model's; the cause, without a remedy.
        DependencyError: transformers isn't installed, or lacks the classes.
    """
    return _part(family, "load_model")(folder)


def lacking(family: str) -> tuple[str, str] | None:
    """What is missing here to run a family's models, and the remedy; None if nothing is.

    Nothing large is imported for the answer.
    """
    if family not in MODULES:
        return None
    from samurai.networks.transformers_video import dependency

    why = dependency.lacking(MODULES[family].split(".")[2])
    return None if why is None else (why, dependency.remedy_for(family))


def _part(family: str, name: str) -> Any:
    return getattr(importlib.import_module(f"samurai.networks.{family}.create"), name)
