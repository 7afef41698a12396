"""From a model's name to a model with its weights, strictly: every key and shape, no pickle."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from samurai.errors import CheckpointError, ConfigurationError
from samurai.models.manifest import (
    ModelCard,
    bundled_folder,
    checkpoint_path,
    checkpoints_folder,
    missing,
    model_card,
    model_names,
    sha256_of,
)
from samurai.networks.families import CONFIGURATION, SAM2, load_folder
from samurai.networks.sam2.build import build_model, configuration_file, no_random_fill

__all__ = [
    "ModelCard",
    "bundled_folder",
    "checkpoint_path",
    "checkpoints_folder",
    "configuration_path",
    "download",
    "load_model",
    "model_card",
    "model_names",
    "verify",
]

WEIGHT_DTYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
"""Data types of stored weights; they are float32 in memory."""


def configuration_path(card: ModelCard) -> Path:
    """The configuration of a model: a YAML file beside a user's own card, else ours, else the
    installed sam2's of that name; for other networks than SAM 2 a file beside the weights, which
    need not exist.

    Raises:
        ConfigurationError: it is in none of these places.
    """
    if card.network != SAM2:
        return checkpoint_path(card).parent / card.configuration
    if card.own is not None and (card.own.parent / card.configuration).is_file():
        return card.own.parent / card.configuration
    try:
        return configuration_file(card.configuration)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"model {card.name}: {error}; correct it in {card.own or 'the manifest'}"
        ) from None


def load_model(
    card: ModelCard, path: Path | None = None, changes: Mapping[str, Any] | None = None
) -> Any:
    """The model of a card with its weights: evaluation mode, CPU, float32.

    Args:
        path: the weights, if not in their usual place; the card's file name tells their format.
        changes: to the configuration of a SAM 2, see `build_model`.

    Raises:
        CheckpointError: the file is missing, damaged, quantized, or doesn't fit the configuration
            exactly.
        ConfigurationError: the configuration can't be built.
        DependencyError: the network's package isn't installed properly.
    """
    path = path or checkpoint_path(card)
    if not path.is_file():
        raise missing(card, path)
    if card.network != SAM2:
        return _load_folder(card, path.parent)
    weights = _read_weights(card, path)
    with no_random_fill():
        model = build_model(configuration_path(card), changes)
    _require_same_keys(card, path, weights, model.state_dict())
    _require_usable(card, path, weights)
    model.load_state_dict(weights, strict=True)
    return model


def _load_folder(card: ModelCard, folder: Path) -> Any:
    """A model in Hugging Face's layout."""
    configuration = folder / CONFIGURATION
    if not configuration.is_file():
        raise missing(card, configuration)
    try:
        return load_folder(card.network, folder)
    except CheckpointError as error:
        raise CheckpointError(f"model {card.name}: {error}; {card.replacement}") from error


def download(
    name: str,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Fetch and verify a model's weights; a broken-off download is resumed.

    Args:
        name: a name of the manifest or the path of a user's own card. A bundled model and one's own
            are only verified.
        folder: where to put the file; `checkpoints_folder()` unless given.
        progress: called with the bytes there and the bytes in all.

    Returns:
        The file. It has that name only when it is complete and loads strictly.

    Raises:
        CheckpointError: no network, no such file, no room, a wrong length, a file that doesn't
            load, or another one than at the first download.
        ConfigurationError: no model of that name.
    """
    card = model_card(name)
    if card.url is None:
        path = checkpoint_path(card)
        verify(card, path)
        return path
    # here, because requests costs a tenth of a second that no tracker process needs to pay
    from samurai.models.download import fetch

    return fetch(card, folder or checkpoints_folder(), verify=verify, progress=progress)


def verify(card: ModelCard, path: Path) -> None:
    """Raise CheckpointError unless `path` is undamaged and loads strictly as `card`'s weights."""
    if card.sha256 is not None and path.is_file() and sha256_of(path) != card.sha256:
        raise CheckpointError(f"{path} isn't the file of the card (sha256); {card.replacement}")
    if zipfile.is_zipfile(path):  # torch doesn't check its checksums on loading
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise CheckpointError(f"{path} is damaged in its member {damaged}; {card.replacement}")
    load_model(card, path)


def _read_weights(card: ModelCard, path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` or of SAM 2's `.pt` ({"model": state dict})."""
    try:
        if card.file.endswith(".safetensors"):
            return load_file(path)
        # mapped into memory, a large file isn't read twice; only zip archives can be
        content = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except Exception as error:
        # a damaged file makes the readers raise nearly anything; torch's own message has many lines
        # and suggests loading without safety
        raise CheckpointError(
            f"{path} is damaged or not a checkpoint ({type(error).__name__}); {card.replacement}"
        ) from error
    weights = content.get("model") if isinstance(content, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(v, Tensor) for v in weights.values()):
        raise CheckpointError(
            f"{path} is not a SAM 2 checkpoint: it has no table of tensors called 'model'; "
            f"{card.replacement}"
        )
    return weights


def _require_same_keys(
    card: ModelCard, path: Path, weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> None:
    """Raise CheckpointError unless both name the same tensors of the same shapes."""
    shared = [key for key in expected if key in weights]
    reshaped = [key for key in shared if weights[key].shape != expected[key].shape]
    differences = {
        "missing": [key for key in expected if key not in weights],
        "unexpected": [key for key in weights if key not in expected],
        "of another shape": reshaped,
    }
    told = [
        f"{len(keys)} {what} ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})"
        for what, keys in differences.items()
        if keys
    ]
    if told:
        raise CheckpointError(
            f"{path} doesn't fit the configuration {card.configuration}: {'; '.join(told)}. It "
            f"holds another model's weights: {card.replacement}"
        )


def _require_usable(card: ModelCard, path: Path, weights: Mapping[str, Tensor]) -> None:
    """Raise CheckpointError unless all are dense, finite numbers that float32 can stand for.

    A strict load casts whatever it gets: the integers of a quantized file, without their scales,
    would silently become weights.
    """
    for key, value in weights.items():
        if value.dtype not in WEIGHT_DTYPES or value.layout != torch.strided or value.is_meta:
            kind = "nothing (meta)" if value.is_meta else f"{value.dtype}, {value.layout}"
            raise CheckpointError(
                f"{path} keeps {key} as {kind}: save the weights dense and as one of "
                f"{', '.join(str(dtype) for dtype in WEIGHT_DTYPES)}, or {card.remedy}"
            )
        if not value.float().isfinite().all():
            raise CheckpointError(
                f"{path} has NaN or infinity in {key}: its training diverged or the file is "
                f"damaged; {card.replacement}"
            )
