"""The check of a workspace's sequences, kept in a cache by the size and time of every file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samurai.cli.finding import Finding
from vot_wrapper.preflight.listing import check_path, read_list
from vot_wrapper.preflight.needs import Needs
from vot_wrapper.preflight.rules import check_rules
from vot_wrapper.preflight.sequence import METADATA, Facts, read_facts

VERSION = 3  # of the cache's format; other versions are discarded
CACHE = "preflight.json"
DEEPEST = 3  # levels of folders below a sequence


def check_workspace(
    folder: Path, data: Path, needs: Needs, chosen: Sequence[str] = ()
) -> list[Finding]:
    """Everything that is wrong with the sequences of a workspace.

    Args:
        folder: of the workspace, whose `cache` keeps the facts.
        data: the folder of the sequences.
        needs: the requirements of the experiments.
        chosen: names of the sequences to look at; none means all.
    """
    names, findings = read_list(data, needs.downloads)
    cache = _Cache(folder)
    for name in names:
        base = os.path.basename(name)
        if chosen and base not in chosen:
            continue
        sequence = data / name
        own = check_path(sequence, base)
        facts = cache.facts(sequence, base)
        if facts is not None:
            own += check_rules(facts, needs)
        findings += (replace(finding, sequence=base) for finding in own)
    cache.save()
    return findings


class _Cache:
    """Facts of sequences whose files haven't changed since they were gathered."""

    def __init__(self, folder: Path) -> None:
        self._files = [folder / "cache" / CACHE, *_in_home(folder)]
        self._kept = self._load()
        self._changed = False

    def facts(self, folder: Path, name: str) -> Facts | None:
        key, state = str(folder), _state(folder)
        kept = self._kept.get(key)
        if kept is not None and kept["state"] == state:
            return None if kept["facts"] is None else Facts.from_values(kept["facts"])
        facts = read_facts(folder, name)
        if _has_outside_images(folder):  # its files outside the folder aren't part of the state
            return facts
        values = None if facts is None else facts.as_values()
        self._kept[key] = {"state": state, "facts": values}
        self._changed = True
        return facts

    def save(self) -> None:
        """Save to the workspace, else to the user's own cache, else nowhere."""
        if not self._changed:
            return
        text = json.dumps({"version": VERSION, "sequences": self._kept})
        for file in self._files:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                new = file.with_name(f"{file.name}.{os.getpid()}")
                new.write_text(text, encoding="utf-8")
                os.replace(new, file)
            except OSError:
                continue
            return

    def _load(self) -> dict[str, Any]:
        for file in self._files:
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(found, dict) and found.get("version") == VERSION:
                return dict(found["sequences"])
        return {}


def _in_home(folder: Path) -> list[Path]:
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # there is no home directory
        return []
    return [home / "samurai" / hashlib.sha256(str(folder).encode()).hexdigest()[:16] / CACHE]


def _state(folder: Path) -> str:
    """Size and time of every file of a sequence, its channels included."""
    seen = hashlib.sha256()
    for path, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        if path.count(os.sep) - str(folder).count(os.sep) >= DEEPEST:  # links may form a circle
            folders.clear()
        for name in sorted(names):
            file = os.path.join(path, name)
            seen.update(f"{file} {_file_state(file)}\n".encode("utf-8", "surrogateescape"))
    return seen.hexdigest()


def _has_outside_images(folder: Path) -> bool:
    """Whether a channel's images may lie outside of the sequence's folder."""
    file = folder / METADATA
    try:
        text = file.read_bytes() if file.is_file() else b""
    except OSError:
        return True
    return b".." in text or b"=/" in text.replace(b" ", b"")


def _file_state(file: str) -> str:
    try:
        state = os.stat(file)
    except OSError:  # a link to nothing
        return "unreadable"
    writable = state.st_mode & 0o222  # the toolkit needs write permission for binary ground truth
    return f"{state.st_size} {state.st_mtime_ns} {writable}"
