"""From a run's running mean to the bundled model: the weights file and its line in the manifest."""

from __future__ import annotations

import re
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from samurai.checkpoints import load_model
from samurai.manifest import MANIFEST, bundled_folder, model_card, sha256_of
from samurai_training.errors import TrainingError
from samurai_training.loop import save_half


def export(folder: Path, model: str = "nano", mean_with: Path | None = None) -> Path:
    """Write the run's running mean as a bundled model and note length and checksum.

    Args:
        mean_with: the weights that the run began with, to be averaged with what it ended with: that
            keeps what a run on harder clips would lose of easier ones ("model soups", arXiv
            2203.05482).

    Raises:
        TrainingError: the run has no weights.
        CheckpointError: the weights don't fit the model's configuration.
    """
    average = folder / "average.safetensors"
    if not average.is_file():
        raise TrainingError(f"there is no {average}: train first")
    card = model_card(model)
    load_model(card, average)  # strictly, before anything is overwritten
    weights = load_file(average)
    if mean_with is not None:
        load_model(card, mean_with)
        weights = averaged(weights, load_file(mean_with))
    target = bundled_folder() / card.file
    save_half(weights, target)
    manifest = bundled_folder() / MANIFEST
    manifest.write_text(
        with_file(manifest.read_text(), model, target.stat().st_size, sha256_of(target))
    )
    return target


def averaged(first: dict[str, Tensor], second: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean of two sets of weights, in float32."""
    return {name: (first[name].float() + second[name].float()) / 2 for name in first}


def with_file(manifest: str, model: str, length: int, checksum: str) -> str:
    """The manifest's text with another length and checksum in one model's table."""
    head, table, tail = re.split(
        rf"(?ms)(^\[{re.escape(model)}\]$.*?)(?=^\[|\Z)", manifest, maxsplit=1
    )
    table = re.sub(r"(?m)^bytes = .*$", f"bytes = {length}", table)
    table = re.sub(r"(?m)^sha256 = .*$", f'sha256 = "{checksum}"', table)
    return head + table + tail
