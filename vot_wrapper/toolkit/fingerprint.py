"""What decides a tracker's answers, by name, so that two states of an installation can be compared.

For this package's tracker: every setting in force, the model's card, configuration and weights, the
code between image and reply, and the versions of the packages that compute masks. Of another
tracker only its section is known. Values that may be secret are kept as digests.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from samurai.errors import SamuraiError
from samurai.fingerprints.fingerprint import (
    CODE,
    COMPUTING,
    MISSING,
    OF_TRANSFORMERS,
    SAM2_CODE,
    VERSION,
    Fingerprint,
    changes,
    digest,
    installed_versions,
    model_fingerprint,
    motion_fingerprint,
    settings_in_force,
)
from vot_wrapper.settings import PREFIX, Settings
from vot_wrapper.submission.secret_scan import find_secrets
from vot_wrapper.toolkit.code_digest import MEMORY_CHECK, Places, code_of, own_places
from vot_wrapper.toolkit.sections import Section

__all__ = ["MISSING", "SAM2_CODE", "Fingerprint", "differences", "digest", "fingerprint"]

VARIABLE = "env_"
_COMPUTING = (*COMPUTING, ("vot-trax",))
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
_DIGESTS = (VARIABLE, "settings", "arguments", "arg_", *sorted(_PLACES))
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
    return changes(then, now, _DIGESTS)


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
        found |= settings_in_force(settings) | motion_fingerprint(settings, section.environment())
        model, targets = model_fingerprint(settings.model, section.environment())
        targets = [*targets, *([MEMORY_CHECK] if settings.memory_check else [])]
        found |= model
    found |= {
        name: digest(value)
        for name, value in _rest(section)
        if name not in _PLACES and not find_secrets({name: value}, "", Path.home())
    }
    versions, places = _installed(section)
    if SAM2_CODE in targets:
        versions = {name: each for name, each in versions.items() if name not in OF_TRANSFORMERS}
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
    return installed_versions(_COMPUTING)


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
