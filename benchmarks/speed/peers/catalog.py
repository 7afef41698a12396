"""The peers, and the reasons where one can't run here."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samurai.models.manifest import model_card

REFERENCE = "SAMURAI_REFERENCE"
"""Names a checkout of the original SAMURAI outside this repository."""


@dataclass(frozen=True)
class Peer:
    """One peer.

    Attributes:
        name: on the command line.
        label: in tables.
        module: of this package, run as its process.
        absent: the reason why it can't run with a model on a type of device; None if it can.
        way: the module's variant of the setup.
        objects: the most that it tracks at once.
        threads: how many torch may use; None leaves that to torch.
    """

    name: str
    label: str
    module: str
    absent: Callable[[str, str], str | None]
    way: str = "plain"
    objects: int = 1000
    threads: int | None = None


def _small(model: str, device: str) -> str | None:
    if device != "cpu" or not _ours(model):
        return f"for small networks on a CPU only, not for {model} on {device}"
    return None


def _compiled(model: str, device: str) -> str | None:
    return None if device == "cuda" else "sam2's compiled predictor is made for CUDA"


def _huggingface(model: str, device: str) -> str | None:
    if importlib.util.find_spec("transformers") is None:
        return "transformers isn't installed"
    if importlib.util.find_spec("transformers.models.sam2_video") is None:
        return "this transformers has no Sam2Video"
    return f"it has no architecture like {model}" if _ours(model) else None


def _reference(model: str, device: str) -> str | None:
    folder = os.environ.get(REFERENCE)
    if not folder:
        return f"{REFERENCE} names no checkout of it"
    if not (Path(folder) / "sam2" / "sam2" / "build_sam.py").is_file():
        return f"{REFERENCE}={folder} is not a checkout of it: sam2/sam2/build_sam.py is missing"
    return f"it has no configuration for {model}" if _ours(model) else None


def _ours(model: str) -> bool:
    """Whether a model is this project's own, not one of the official sizes."""
    return not model_card(model).configuration.startswith("sam2")


INSTALLED = Peer("sam2", "sam2 predictor", "sam2_predictor", lambda model, device: None)
CATALOG = (
    INSTALLED,
    Peer("sam2-one-thread", "sam2 predictor, one thread", "sam2_predictor", _small, threads=1),
    Peer("sam2-vos", "sam2 predictor, vos_optimized", "sam2_predictor", _compiled, "vos"),
    Peer("transformers", "transformers Sam2Video", "huggingface", _huggingface),
    Peer("samurai-reference", "original SAMURAI", "sam2_predictor", _reference, "reference", 1),
)
