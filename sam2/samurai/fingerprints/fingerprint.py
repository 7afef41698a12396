"""What decides a tracker's answers, by name, so that two states of an installation can be compared.

Every setting in force, the model's card, configuration and weights, the code between image and
answer, and the versions of the packages that compute masks.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from samurai.config import TrackerConfig
from samurai.errors import SamuraiError
from samurai.fingerprints.code import MEMORY_CHECK, TRACKER, code_of
from samurai.fingerprints.motion_weights import motion_weights
from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import ModelCard, checkpoint_path, model_card, sha256_of
from samurai.networks.families import SAM2

Fingerprint = dict[str, str]

CARD, CODE, VERSION = "model card: ", "code of ", "version of "
MODEL, POLICY, WEIGHTS, CONFIGURATION = "model", "policy", "weights", "configuration"
MISSING = "missing"
COMPUTING = (
    ("torch",),
    ("sam2", "SAM-2"),
    ("numpy",),
    (
        "opencv-python",
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
    ("pillow",),
    ("transformers",),
    ("timm",),
)
"""Distributions that compute masks; each line holds the names of one package."""

OF_TRANSFORMERS = ("transformers", "timm")
"""Those that count for networks of other families than SAM 2."""

SAM2_CODE = f"samurai.networks.{SAM2}.create"
_SHOWN_MODULES = 3


def tracker_fingerprint(
    config: TrackerConfig,
    environ: Mapping[str, str] = os.environ,
    roots: Iterable[str] = (TRACKER,),
) -> Fingerprint:
    """What decides the answers of a tracker with these settings in this installation.

    Args:
        environ: says where weights lie.
        roots: modules whose code counts with all that they import.

    Raises:
        ConfigurationError: there is no such policy or model.
    """
    found = settings_in_force(config)
    found |= motion_fingerprint(config, environ)
    model, targets = model_fingerprint(config.model, environ)
    versions = installed_versions()
    if SAM2_CODE in targets:
        versions = {name: each for name, each in versions.items() if name not in OF_TRANSFORMERS}
    targets = [*targets, *([MEMORY_CHECK] if config.memory_check else [])]
    code = code_of(config.policy, None, targets, roots)
    return {
        **found,
        **model,
        **{CODE + name: value for name, value in code.items()},
        **{VERSION + name: value for name, value in versions.items()},
    }


def changes(
    then: Mapping[str, str], now: Mapping[str, str], digests: Sequence[str] = ()
) -> list[str]:
    """What differs between two fingerprints, a phrase each; [] where nothing does.

    Weights that are missing now are no change: another machine made the results.

    Args:
        digests: beginnings of further names that are shown without their values.
    """
    changed = [*then, *(name for name in now if name not in then)]
    changed = [n for n in changed if then.get(n) != now.get(n) and now.get(n) != MISSING]
    if MODEL in changed:  # a change of model implies its card and weights
        with_it = (CARD, WEIGHTS, CONFIGURATION)
        changed = [name for name in changed if not name.startswith(with_it)]
    modules = [name[len(CODE) :] for name in changed if name.startswith(CODE)]
    if POLICY in changed:  # a change of policy implies its module
        modules = [name for name in modules if {CODE + name} <= then.keys() & now.keys()]
    hidden = (WEIGHTS, CONFIGURATION, *digests)
    phrases = [
        _phrase(n, then.get(n), now.get(n), hidden) for n in changed if not n.startswith(CODE)
    ]
    return [*phrases, *_code_phrase(modules)]


def digest(value: object) -> str:
    """Twelve hexadecimal digits that stand for a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _phrase(name: str, then: str | None, now: str | None, hidden: tuple[str, ...]) -> str:
    if name.startswith(hidden):
        state = "new" if then is None else "gone" if now is None else "changed"
        return name if state == "changed" else f"{name} ({state})"
    shown = name.removeprefix(VERSION)
    return f"{shown} {then or 'none'} -> {now or 'none'}"


def _code_phrase(modules: list[str]) -> list[str]:
    if not modules:
        return []
    more = len(modules) - _SHOWN_MODULES
    return [f"code of {', '.join(modules[:_SHOWN_MODULES])}" + (f" and {more} more" * (more > 0))]


def settings_in_force(config: TrackerConfig) -> Fingerprint:
    """All values in force; of a device only its kind, as GPUs of a machine are alike, and of a card
    of the user's own its name, as its content counts apart.

    A setting that is left to the model card is left out.
    """
    values = {name: text for name, text in config.texts().items() if name != "log"}
    values["device"] = values["device"].partition(":")[0]
    values["model"] = config.model_name
    return values


def motion_fingerprint(config: TrackerConfig, environ: Mapping[str, str]) -> Fingerprint:
    """The weights of motion models that are read."""
    return {
        f"{WEIGHTS} of {getattr(config, setting)}": file_digest(Path(environ.get(variable, "")))
        for setting, variable in motion_weights(config).items()
    }


def model_fingerprint(name: str, environ: Mapping[str, str]) -> tuple[Fingerprint, list[str]]:
    """Card, weights and configuration of a model, and its code: that of the family of its network,
    and what the configuration builds."""
    try:
        card = model_card(name)
    except SamuraiError:  # a damaged manifest, which the tracker itself reports
        return {}, []
    found = {CARD + key: value for key, value in _card(card)}
    found[WEIGHTS] = file_digest(checkpoint_path(card, environ))
    family = f"samurai.networks.{card.network}.create"
    try:
        content = yaml.safe_load(configuration_path(card).read_text(encoding="utf-8"))
    except (SamuraiError, OSError, yaml.YAMLError):
        return found, [family]
    found[CONFIGURATION] = digest(content)
    return found, [family, *sorted(set(_targets(content)))]


def _card(card: ModelCard) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(card):
        if field.name not in ("name", "own"):
            yield field.name, str(getattr(card, field.name))


def _targets(content: object) -> Iterator[str]:
    """The classes that a configuration names, anywhere in it."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key == "_target_":
                yield str(value)
            yield from _targets(value)
    elif isinstance(content, list):
        for value in content:
            yield from _targets(value)


def file_digest(file: Path) -> str:
    """The beginning of a file's SHA-256; a word where there is no file."""
    try:
        state = file.stat()
        return _sum_of(file, state.st_size, state.st_mtime_ns)
    except OSError:
        return MISSING


@functools.lru_cache(maxsize=64)
def _sum_of(file: Path, size: int, changed: int) -> str:
    """The same, read again only when the file has another size or time."""
    return sha256_of(file)[:12]


def installed_versions(
    computing: Iterable[Sequence[str]] = COMPUTING,
) -> Fingerprint:
    """Versions of the packages that compute masks, by the first of their names."""
    found = {}
    for names in computing:
        for name in names:
            try:
                found[names[0]] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
            break
    return found
