"""Which models there are, what belongs to each, and where their weights lie. No torch here."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from samurai.errors import CheckpointError, ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST = "manifest.toml"
FOLDER_VARIABLE = "SAMURAI_CHECKPOINTS"


BoxPrompt: TypeAlias = Literal["points", "filled_mask", "decoded_mask"]
"""How a model takes a box: as SAM's two corner points; as a mask that fills the box; or as the mask
that the corner points decode to, prompted anew, which the first frame then answers with."""


@dataclass(frozen=True)
class ModelCard:
    """One table of `checkpoints/manifest.toml`; the keys are explained there.

    `bytes` is the file's exact length. `url` is None for a model that comes with the repository,
    `sha256` None for one whose publisher gives none.
    """

    name: str
    file: str
    configuration: str
    bytes: int
    box_prompt: BoxPrompt
    motion_weight: float
    window: float | None = None
    confidence: tuple[float, ...] = ()
    large: bool = False
    url: str | None = None
    sha256: str | None = None

    @property
    def remedy(self) -> str:
        """What to do when the weights are missing or damaged."""
        if self.url is None:
            return f"restore {self.file}, which comes with samurai (`git checkout`, or reinstall)"
        return f"run `samurai download {self.name}`"


def model_names() -> tuple[str, ...]:
    """The names of all models, in the manifest's order (small to large)."""
    return tuple(_manifest())


def model_card(name: str) -> ModelCard:
    """The card of the model called `name`.

    Raises:
        ConfigurationError: no such model (the message lists them), or a damaged manifest.
    """
    tables = _manifest()
    if name not in tables:
        raise ConfigurationError(f"no model is called {name!r}; there are: {', '.join(tables)}")
    try:
        table = dict(tables[name])
        table["confidence"] = tuple(table.get("confidence", ()))
        return ModelCard(name=name, **table)
    except TypeError as error:
        raise ConfigurationError(f"{MANIFEST}, table [{name}]: {error}; restore the file") from None


def checkpoints_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where downloads go: the folder named by SAMURAI_CHECKPOINTS, else the one of the bundled
    model if it can be written to, else the user's cache."""
    chosen = environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    bundled = bundled_folder()
    return bundled if os.access(bundled, os.W_OK) else _cache_folder()


def checkpoint_path(card: ModelCard, environ: Mapping[str, str] = os.environ) -> Path:
    """The file of a model's weights, where it is or where a download would put it; `environ` is of
    the process that reads it.

    The bundled folder and the user's cache are searched even when SAMURAI_CHECKPOINTS names
    another one, so that the bundled model is always found. The file need not exist.
    """
    for folder in (checkpoints_folder(environ), bundled_folder(), _cache_folder()):
        if (folder / card.file).is_file():
            return folder / card.file
    return checkpoints_folder(environ) / card.file


def bundled_folder() -> Path:
    """The folder of the manifest and the bundled model.

    In a clone that is `checkpoints/`; an installation carries the same files as the package data
    of `samurai.weights`.

    Raises:
        CheckpointError: neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "weights", package.parents[1] / "checkpoints"):
        if (folder / MANIFEST).is_file():
            return folder
    raise CheckpointError(f"{MANIFEST} is in no place near {package}: reinstall samurai")


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _cache_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "samurai" / "checkpoints"


def _manifest() -> dict[str, dict[str, Any]]:
    path = bundled_folder() / MANIFEST
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read ({error}): restore the file") from None
