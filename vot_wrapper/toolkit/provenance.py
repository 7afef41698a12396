"""With which settings results were made: noted when they are, compared when they are submitted.

The toolkit keeps results by tracker name alone. A tracker whose section, weights or version changed
half-way has results that look like one run and aren't.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from vot.tracker import Tracker

from samurai.errors import SamuraiError
from samurai.manifest import checkpoint_path, model_card
from vot_wrapper.problems import Problem
from vot_wrapper.settings import Settings
from vot_wrapper.tracker_code import code_digest

FOLDER = "provenance"
# What may differ between running and packing without touching a result.
_IRRELEVANT = frozenset(("python", "timeout", "label", "linkpaths", "env_SAMURAI_LOG"))
_RECORDED_SHA256 = ".sha256"  # samurai.download writes it beside a downloaded file
_OURS = re.compile(r"(?:^|[/\s])(?:vot_wrapper|samurai serve)$")
_SHOWN = 3  # sequences that a line names

Fingerprint = dict[str, str]


def fingerprint(tracker: Tracker) -> Fingerprint:
    """What decides a tracker's answers, by name: versions in full, settings as digests.

    Digests, because the values may be secret and the note stays in the workspace.
    """
    settings = {
        name: _digest(value)
        for name, value in _settings(tracker.describe()).items()
        if name not in _IRRELEVANT
    }
    own = {"weights": _weights(tracker), "tracker code": _code(tracker)} if is_ours(tracker) else {}
    return {**_versions(), **settings, **own}


def is_ours(tracker: Tracker) -> bool:
    """Whether a tracker's command is this package's tracker, whatever section it stands in."""
    return _OURS.search(str(tracker.describe()["command"]).strip()) is not None


def note(
    workspace: Path, tracker: Tracker, experiment: str, sequence: str, made_with: Fingerprint
) -> None:
    """Remembers with what a sequence's results were made; a full disk is no reason to fail.

    The fingerprint is one from before the run: running adds to the tracker's variables.
    """
    line = {"experiment": experiment, "sequence": sequence, "with": made_with}
    with contextlib.suppress(OSError):
        file = _file(workspace, tracker)
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")


def changes(workspace: Path, tracker: Tracker, again: str) -> list[Problem]:
    """A warning for everything that has changed since results were made, with the sequences."""
    now = fingerprint(tracker)
    touched: dict[str, list[str]] = defaultdict(list)
    for (experiment, sequence), then in _notes(workspace, tracker).items():
        for name in sorted(now.keys() | then.keys()):
            if now.get(name) != then.get(name):
                change = _change(name, then.get(name), now.get(name))
                touched[change].append(f"{experiment}/{sequence}")
    return [
        Problem(
            tracker.reference,
            f"{_named(sequences)} made with {change}",
            f"if that matters, run `{again} --force`",
            warning=True,
        )
        for change, sequences in touched.items()
    ]


def _change(name: str, then: str | None, now: str | None) -> str:
    if then is None:
        return f"no {name}, which there is now"
    if now is None:
        return f"{name}, which is gone now"
    if name in _versions():
        return f"{name} {then}; now it is {now}"
    return f"another {name} than now"


def _named(sequences: list[str]) -> str:
    shown = ", ".join(sequences[:_SHOWN])
    more = len(sequences) - _SHOWN
    verb = "was" if len(sequences) == 1 else "were"
    return f"{shown} and {more} more {verb}" if more > 0 else f"{shown} {verb}"


def _notes(workspace: Path, tracker: Tracker) -> dict[tuple[str, str], Fingerprint]:
    """The newest note per experiment and sequence; a line that was cut short is passed over."""
    file = _file(workspace, tracker)
    found: dict[tuple[str, str], Fingerprint] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                found[entry["experiment"], entry["sequence"]] = dict(entry["with"])
    return found


def _file(workspace: Path, tracker: Tracker) -> Path:
    return workspace / FOLDER / f"{tracker.reference}.jsonl"


def _settings(section: dict[str, Any]) -> dict[str, Any]:
    variables = {f"env_{name}": value for name, value in section.get("env", {}).items()}
    rest = {name: value for name, value in section.items() if name != "env"}
    return {name: value for name, value in {**rest, **variables}.items() if value}


def _versions() -> Fingerprint:
    found = {}
    for package in ("samurai-vot", "sam2", "torch"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _weights(tracker: Tracker) -> str:
    """The checksum of the model's weights; empty where none is known."""
    name = tracker.describe()["env"].get("SAMURAI_MODEL") or Settings.model
    try:
        card = model_card(name)
        if card.sha256 is not None:
            return card.sha256[:12]
        recorded = checkpoint_path(card)
        return recorded.with_name(recorded.name + _RECORDED_SHA256).read_text().split()[0][:12]
    except (SamuraiError, OSError, IndexError):
        return ""


def _code(tracker: Tracker) -> str:
    """A digest of the tracker's code, as it stands in this installation."""
    name = tracker.describe()["env"].get("SAMURAI_POLICY") or Settings.policy
    try:
        return code_digest(name)
    except SamuraiError:  # an unknown policy, which the tracker itself will tell
        return ""


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
