"""The manifest of models, their cards, and the paths of their weights. No torch here.

A model is named by a table of `checkpoints/manifest.toml`, or by the path of a card of the user's
own: a TOML file with the keys of such a table.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from samurai.errors import CheckpointError, ConfigurationError
from samurai.networks.families import FAMILIES, SAM2
from samurai.spelling import did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST = "manifest.toml"
FOLDER_VARIABLE = "SAMURAI_CHECKPOINTS"
WEIGHTS = "model.safetensors"
"""The name of a model's weights in Hugging Face's layout."""


BoxPrompt: TypeAlias = Literal["points", "filled_mask", "decoded_mask"]
"""How a model takes a box: as SAM's two corner points; as a mask that fills the box; or as the mask
that the corner points decode to, used as a new prompt, whose mask is the first frame's answer."""


CARD_SUFFIX = ".toml"

_OF_THE_MANIFEST = {"name", "own", "url", "page", "gated"}
"""Keys that a user's own card doesn't have."""


@dataclass(frozen=True)
class ModelCard:
    """One table of `checkpoints/manifest.toml`, where the keys are explained, or a user's own card.

    `bytes` is the file's exact length, 0 where it isn't known. `url` is None for a model that comes
    with the repository or that the user brings; `page` is where to get the latter, `gated` whether
    its publisher must be asked. `sha256` is None for one whose publisher gives none. `own` is the
    card's file, None for the models of the manifest; `file` and `configuration` are relative to its
    folder.
    """

    name: str
    file: str
    configuration: str
    box_prompt: BoxPrompt
    motion_weight: float
    bytes: int = 0
    network: str = SAM2
    window: float | None = None
    confidence: tuple[float, ...] = ()
    large: bool = False
    url: str | None = None
    page: str | None = None
    gated: bool = False
    sha256: str | None = None
    own: Path | None = None

    @property
    def remedy(self) -> str:
        """What to do when the weights are missing."""
        if self.own is not None:
            return f"put the file there, or correct `file` in {self.own}"
        if self.page is not None:
            repository = "/".join(self.page.split("/")[-2:])
            first = f"ask for access on {self.page}" if self.gated else f"see {self.page}"
            folder = checkpoint_path(self).parent
            return f"{first}, then `hf download {repository} --local-dir {folder}`"
        if self.url is None:
            return f"restore {self.file}, which comes with samurai (`git checkout`, or reinstall)"
        return f"run `samurai download {self.name}`"

    def has_length(self, path: Path) -> bool:
        """Whether a file has the length that the card says, if it says one."""
        return not self.bytes or path.stat().st_size == self.bytes

    @property
    def replacement(self) -> str:
        """What to do when the weights are damaged or another model's; never asks to delete a user's
        own file."""
        if self.own is not None:
            return f"correct `file` or `configuration` in {self.own}"
        return f"delete it, then {self.remedy}"


def model_names() -> tuple[str, ...]:
    """The names of all models, in the manifest's order (small to large)."""
    return tuple(_manifest())


def card_file(model: str) -> Path | None:
    """The absolute path of a user's own card; None where `model` is a name."""
    if not model.endswith(CARD_SUFFIX):
        return None
    return Path(model).expanduser().absolute()


def model_card(model: str) -> ModelCard:
    """The card of a model.

    Args:
        model: a name of the manifest, or the path of a user's own card (`*.toml`).

    Raises:
        ConfigurationError: no such model (the message lists them), or a damaged manifest or card.
    """
    file = card_file(model)
    if file is not None:
        return _own_card(file)
    tables = _manifest()
    if model not in tables:
        raise ConfigurationError(
            f"unknown model {model!r}{did_you_mean(model, tables)}; available: "
            f"{', '.join(tables)}, and paths of your own model cards (*.toml)"
        )
    try:
        table = dict(tables[model])
        table["confidence"] = tuple(table.get("confidence", ()))
        return ModelCard(name=model, **table)
    except TypeError as error:
        raise ConfigurationError(
            f"{MANIFEST}, table [{model}]: {error}; restore the file"
        ) from None


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
    another one, so that the bundled model is always found. A user's own weights lie where the card
    says; a folder there stands for its model.safetensors. The file need not exist.
    """
    if card.own is not None:
        path = card.own.parent / card.file
        return path / WEIGHTS if path.is_dir() else path
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
    return _toml(bundled_folder() / MANIFEST, "restore the file")


def _toml(path: Path, remedy: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path} can't be read ({why}): {remedy}") from None


def _own_card(file: Path) -> ModelCard:
    """A user's own card; `bytes` may be left out.

    Raises:
        ConfigurationError: it isn't there, or isn't a card; the message says what is wrong.
    """
    table = _toml(file, "write a model card there, or name a model of the manifest")
    known = {each.name for each in dataclasses.fields(ModelCard)} - {
        "name",
        "own",
        "url",
        "page",
        "gated",
    }
    for key in sorted(table.keys() - known):
        raise ConfigurationError(
            f"{file}: {key!r} isn't a key of a model card{did_you_mean(key, known)}; correct or "
            f"remove it. Keys: {', '.join(sorted(known))}"
        )
    required = [each.name for each in dataclasses.fields(ModelCard) if _required(each)]
    missing = [key for key in required if key not in table]
    if missing:
        raise ConfigurationError(f"{file} lacks {', '.join(missing)}: add them, see {MANIFEST}")
    for key, value in table.items():
        form, fits = _FORMS[key]
        if not fits(value):
            raise ConfigurationError(f"{file}: {key} = {value!r} is not allowed; write {form}")
    weights = file.parent / table["file"]
    table.setdefault("bytes", weights.stat().st_size if weights.is_file() else 0)
    table["confidence"] = tuple(float(value) for value in table.get("confidence", ()))
    return ModelCard(name=file.stem, own=file, **table)


def _required(key: dataclasses.Field[Any]) -> bool:
    return key.default is dataclasses.MISSING and key.name not in ("name", "bytes")


def _is_number(value: Any, low: float = 0.0, high: float = math.inf) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and low <= value <= high


_FORMS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "file": ("a file's name", lambda value: isinstance(value, str) and value != ""),
    "configuration": ("a file's name", lambda value: isinstance(value, str) and value != ""),
    "bytes": ("its length", lambda value: _is_number(value, 1) and isinstance(value, int)),
    "box_prompt": (" or ".join(get_args(BoxPrompt)), lambda value: value in get_args(BoxPrompt)),
    "motion_weight": ("a number from 0 to 1", lambda value: _is_number(value, 0, 1)),
    "window": ("a number from 1", lambda value: _is_number(value, 1)),
    "confidence": (
        "a list of numbers from 0 to 1",
        lambda value: isinstance(value, list) and all(_is_number(each, 0, 1) for each in value),
    ),
    "network": (" or ".join(FAMILIES), lambda value: value in FAMILIES),
    "large": ("true or false", lambda value: isinstance(value, bool)),
    "sha256": (
        "64 hexadecimal digits",
        lambda value: bool(re.fullmatch("[0-9a-f]{64}", str(value))),
    ),
}
"""The allowed values of a card's keys: a description, and a test."""


def missing(card: ModelCard, path: Path) -> CheckpointError:
    """The error that a file of a model isn't there."""
    return CheckpointError(f"model {card.name}: there is no file {path}. Remedy: {card.remedy}")


def require_weights(card: ModelCard) -> None:
    """Raise CheckpointError unless a model's weights are in their place, without reading them."""
    path = checkpoint_path(card)
    if not path.is_file():
        raise missing(card, path)
