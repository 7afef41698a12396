"""What decides a tracker's answers, by name, so that two states of an installation can be compared.

For this package's tracker: every setting in force, the model's card, configuration and weights, the
code between image and reply, and the versions of the packages that compute masks. Of another
tracker only its section is known. Values that may be secret are kept as digests.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from samurai.errors import SamuraiError
from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import ModelCard, checkpoint_path, model_card, sha256_of
from samurai.networks.families import SAM2
from vot_wrapper.settings import PREFIX, Settings
from vot_wrapper.submission.secret_scan import find_secrets
from vot_wrapper.toolkit.code_digest import MEMORY_CHECK, Places, code_of, own_places
from vot_wrapper.toolkit.sections import Section, motion_weights

Fingerprint = dict[str, str]

CARD, CODE, VERSION, VARIABLE = "model card: ", "code of ", "version of ", "env_"
MODEL, POLICY, WEIGHTS, CONFIGURATION = "model", "policy", "weights", "configuration"
MISSING = "missing"
# Distributions that compute masks; each line holds the names of one package.
_COMPUTING = (
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
    ("vot-trax",),
    ("transformers",),
    ("timm",),
)
_OF_TRANSFORMERS = ("transformers", "timm")
"""Those that count for networks of other families than SAM 2."""

SAM2_CODE = f"samurai.networks.{SAM2}.create"
# What may differ between a run and its packing without touching a result: names, patience, and
# where things lie (the code itself is known).
_IRRELEVANT = frozenset(("python", "timeout", "label", "linkpaths", "tags", "socket", "restart"))
_PLACES = frozenset(("command", "protocol", "paths"))
# The last five are the toolkit's own, which it adds to a section when it starts the tracker.
_WITHOUT_EFFECT = frozenset(
    (
        "CUDA_VISIBLE_DEVICES",
        "CUDA_DEVICE_ORDER",
        "PYTHONPATH",
        "PYTHONUNBUFFERED",
        "TRAX",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
    )
)
# Shown by their names only: their values are digests.
_DIGESTS = (VARIABLE, WEIGHTS, CONFIGURATION, "settings", "arguments", "arg_", *sorted(_PLACES))
_SHOWN_MODULES = 3
_ASK_SECONDS = 120
_ASK = """
import importlib.metadata, importlib.util, json, os, sys
versions, places = {}, {}
for name in json.loads(sys.argv[1]):
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
for name in ("samurai", "vot_wrapper", "sam2"):
    found = importlib.util.find_spec(name)
    if found is not None and found.origin is not None:
        places[name] = os.path.dirname(found.origin)
print(json.dumps([versions, places]))
"""


def fingerprint(section: Section) -> Fingerprint:
    """What decides the answers of a section's tracker now: values where they can't be secret,
    digests otherwise."""
    return _of_ours(section) if section.ours else _of_another(section)


def differences(then: Fingerprint, section: Section) -> list[str]:
    """What has changed since a fingerprint was taken, a phrase each; [] where nothing has.

    A variable that moved from the section to the shell, as secrets have to, is not a change; nor
    are weights that are missing on a machine that only packs results.
    """
    now = fingerprint(section)
    for name in then.keys() - now.keys():
        if name.startswith(VARIABLE) and (value := os.environ.get(name[len(VARIABLE) :])):
            now[name] = digest(value)
    changed = [name for name in (*then, *(n for n in now if n not in then))]
    changed = [n for n in changed if then.get(n) != now.get(n) and now.get(n) != MISSING]
    if MODEL in changed:  # a change of model implies its card and weights
        with_it = (CARD, WEIGHTS, CONFIGURATION)
        changed = [name for name in changed if not name.startswith(with_it)]
    modules = [name[len(CODE) :] for name in changed if name.startswith(CODE)]
    if POLICY in changed:  # a change of policy implies its module
        modules = [name for name in modules if {CODE + name} <= then.keys() & now.keys()]
    phrases = [_phrase(n, then.get(n), now.get(n)) for n in changed if not n.startswith(CODE)]
    return [*phrases, *_code_phrase(modules)]


def digest(value: object) -> str:
    """Twelve hexadecimal digits that stand for a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _phrase(name: str, then: str | None, now: str | None) -> str:
    if name.startswith(_DIGESTS):
        state = "new" if then is None else "gone" if now is None else "changed"
        return name if state == "changed" else f"{name} ({state})"
    shown = name.removeprefix(VERSION)
    return f"{shown} {then or 'none'} -> {now or 'none'}"


def _code_phrase(modules: list[str]) -> list[str]:
    if not modules:
        return []
    more = len(modules) - _SHOWN_MODULES
    return [f"code of {', '.join(modules[:_SHOWN_MODULES])}" + (f" and {more} more" * (more > 0))]


def _of_ours(section: Section) -> Fingerprint:
    found: Fingerprint = {}
    targets: Iterable[str] = ()
    policy = section.environment().get(f"{PREFIX}POLICY") or Settings.policy
    try:
        settings = section.settings(to_run=False)
    except SamuraiError:  # the tracker will reject them
        found["settings"] = digest({n: v for n, v in section.env.items() if n.startswith(PREFIX)})
    else:
        policy = settings.policy
        found |= _settings(settings)
        for setting, variable in motion_weights(settings).items():
            path = section.environment().get(variable, "")
            found[f"{WEIGHTS} of {getattr(settings, setting)}"] = _sum(Path(path))
        model, targets = _model(settings.model, section)
        targets = [*targets, *([MEMORY_CHECK] if settings.memory_check else [])]
        found |= model
    found |= {
        name: digest(value)
        for name, value in _rest(section)
        if name not in _PLACES and not find_secrets({name: value}, "", Path.home())
    }
    versions, places = _installed(section)
    if SAM2_CODE in targets:
        versions = {name: each for name, each in versions.items() if name not in _OF_TRANSFORMERS}
    try:
        code = code_of(policy, places, targets)
    except SamuraiError:  # an unknown policy, which the tracker itself reports
        code = {}
    found |= {CODE + name: value for name, value in code.items()}
    return {**found, **{VERSION + name: value for name, value in versions.items()}}


def _of_another(section: Section) -> Fingerprint:
    values = {"command": section.command, **dict(_rest(section))}
    return {name: digest(value) for name, value in values.items() if value}


def _rest(section: Section) -> Iterator[tuple[str, Any]]:
    """What else a section holds, without what never matters; variables as env_NAME."""
    yield from ((n, v) for n, v in section.rest.items() if v and n not in _IRRELEVANT)
    for name, value in section.env.items():
        told = section.ours and name.startswith(PREFIX)  # by the settings, or by weights' content
        if value and name not in _WITHOUT_EFFECT and not told:
            yield VARIABLE + name, value


def _settings(settings: Settings) -> Fingerprint:
    """All values in force; of a device only its kind, as GPUs of a machine are alike, and of a card
    of the user's own its name, as its content counts apart.

    A setting that is left to the model card is left out.
    """
    values = {name: text for name, text in settings.texts().items() if name != "log"}
    values["device"] = values["device"].partition(":")[0]
    values["model"] = settings.model_name
    return values


def _model(name: str, section: Section) -> tuple[Fingerprint, list[str]]:
    """Card, weights and configuration of a model, and its code: that of the family of its network,
    and what the configuration builds."""
    try:
        card = model_card(name)
    except SamuraiError:  # a damaged manifest, which the tracker itself reports
        return {}, []
    found = {CARD + key: value for key, value in _card(card)}
    found[WEIGHTS] = _sum(checkpoint_path(card, section.environment()))
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


def _sum(file: Path) -> str:
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


def _installed(section: Section) -> tuple[Fingerprint, Places]:
    """Versions, and where the code is: on the section's interpreter, and in its `paths` first."""
    python = os.path.expandvars(str(section.rest.get("python") or sys.executable))
    if os.path.normpath(python) == os.path.normpath(sys.executable):
        versions, places = _versions(), own_places()
    else:
        versions, places = _asked(python)
    first = {}
    for path in reversed(str(section.rest.get("paths") or "").split(os.pathsep)):
        for name in ("samurai", "vot_wrapper"):
            folder = section.source.parent / path.strip() / name
            if path.strip() and name not in first and (folder / "__init__.py").is_file():
                first[name] = folder
    return versions, {**places, **first}


def _versions() -> Fingerprint:
    found = {}
    for names in _COMPUTING:
        for name in names:
            try:
                found[names[0]] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
            break
    return found


@functools.cache
def _asked(python: str) -> tuple[Fingerprint, dict[str, Path]]:
    """Versions in another interpreter; empty where it can't be run."""
    names = [name for group in _COMPUTING for name in group]
    try:
        done = subprocess.run(
            [python, "-c", _ASK, json.dumps(names)],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            check=True,
        )
        versions, places = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}, {}
    found = {
        group[0]: next(versions[name] for name in group if name in versions)
        for group in _COMPUTING
        if any(name in versions for name in group)
    }
    return found, {name: Path(place) for name, place in places.items()}
