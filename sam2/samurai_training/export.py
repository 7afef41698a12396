"""From a run's running mean to the bundled model: the weights file and its line in the manifest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from samurai.models.checkpoints import load_model
from samurai.models.manifest import MANIFEST, bundled_folder, model_card, sha256_of
from samurai_training.errors import TrainingError
from samurai_training.loop import save_half


def export(folder: Path, model: str = "nano", mean_with: Sequence[Path] = ()) -> Path:
    """Write the run's running mean as a bundled model and note length and checksum.

    Args:
        mean_with: weights to average the run's with, such as those that it began with or those of
            runs with other seeds: that keeps what a run on harder clips would lose of easier ones
            ("model soups", arXiv 2203.05482).

    Raises:
        TrainingError: the run has no weights.
        CheckpointError: the weights don't fit the model's configuration.
    """
    average = folder / "average.safetensors"
    if not average.is_file():
        raise TrainingError(f"there is no {average}: train first")
    card = model_card(model)
    load_model(card, average)  # strictly, before anything is overwritten
    for other in mean_with:
        load_model(card, other)
    weights = averaged([load_file(path) for path in (average, *mean_with)])
    target = bundled_folder() / card.file
    save_half(weights, target)
    manifest = bundled_folder() / MANIFEST
    manifest.write_text(
        with_file(manifest.read_text(), model, target.stat().st_size, sha256_of(target))
    )
    return target


def averaged(sets: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of sets of weights, in float32."""
    return {name: torch.stack([s[name].float() for s in sets]).mean(0) for name in sets[0]}


def with_file(manifest: str, model: str, length: int, checksum: str) -> str:
    """The manifest's text with another length and checksum in one model's table."""
    head, table, tail = re.split(
        rf"(?ms)(^\[{re.escape(model)}\]$.*?)(?=^\[|\Z)", manifest, maxsplit=1
    )
    table = re.sub(r"(?m)^bytes = .*$", f"bytes = {length}", table)
    table = re.sub(r"(?m)^sha256 = .*$", f'sha256 = "{checksum}"', table)
    return head + table + tail
