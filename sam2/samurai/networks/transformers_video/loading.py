"""A model of transformers from a folder in Hugging Face's layout, strictly and without network."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from samurai.errors import CheckpointError
from samurai.networks.families import CONFIGURATION

WEIGHTS = "model.safetensors"


def load_pretrained(kind: Any, folder: Path, model_types: Sequence[str], title: str) -> Any:
    """The model in evaluation mode, on the CPU, in float32.

    Args:
        kind: a model class of transformers.
        folder: with config.json and model.safetensors.
        model_types: what config.json may say that it describes.
        title: of the network, in messages.

    Raises:
        CheckpointError: a file is missing, damaged or another model's; the cause, without a remedy.
    """
    _require_type(folder / CONFIGURATION, model_types, title)
    if not (folder / WEIGHTS).is_file():
        raise CheckpointError(f"there is no file {folder / WEIGHTS}")
    try:
        with _quiet():
            model, report = kind.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,  # they are told with the missing ones
                output_loading_info=True,
            )
    except Exception as error:  # a damaged file makes its readers raise nearly anything
        lines = str(error).strip().splitlines() or ["no reason given"]
        raise CheckpointError(
            f"{folder} can't be loaded as {title} ({type(error).__name__}: {lines[0]})"
        ) from error
    _require_complete(model, report, folder, title)
    return model.eval()


def _require_type(file: Path, model_types: Sequence[str], title: str) -> None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["model_type"]
    except OSError:
        raise CheckpointError(f"there is no file {file}") from None
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(f"{file} isn't the configuration of a model") from None
    if found not in model_types:
        raise CheckpointError(
            f"{file} describes a model of type {found}, not {title} ({', '.join(model_types)})"
        )


def _require_complete(model: Any, report: Any, folder: Path, title: str) -> None:
    """Raise CheckpointError unless every weight was in the file, and every one is finite."""
    kinds = {"missing": "missing_keys", "of another shape": "mismatched_keys"}
    told = []
    for what, key in kinds.items():
        found = report.get(key, ())
        names = sorted(each if isinstance(each, str) else str(each[0]) for each in found)
        if names:
            more = ", ..." if len(names) > 3 else ""
            told.append(f"{len(names)} {what} ({', '.join(names[:3])}{more})")
    if told:
        raise CheckpointError(f"{folder / WEIGHTS} isn't complete as {title}: {'; '.join(told)}")
    for name, weight in model.named_parameters():
        if not weight.isfinite().all():
            raise CheckpointError(f"{folder / WEIGHTS} has NaN or infinity in {name}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bars and reports: what matters is raised."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
