"""Where the bundled workspace and trackers.ini lie, and copies of them that users may write to.

In a clone they are used in place. An installation has them as read-only package data: `samurai
evaluate` works on a copy in the user's data folder, `samurai workspace FOLDER` makes one anywhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import samurai
from samurai.errors import ConfigurationError
from samurai.version import __version__

REGISTRY = "trackers.ini"
SECOND_REGISTRY = "samurai-trackers.ini"
"""File name of the bundled trackers beside a trackers.ini of the user's own."""

SAMPLE = "camera"
"""The sequence that `samurai web` offers as its sample: one that nano holds to its end."""

STAMP = ".samurai-workspace.json"
"""In a copy: the version that made it and a digest of what was bundled then."""

_PACKAGE = Path(__file__).resolve().parents[1]
_WORKSPACES = (".", "multiobject")
_FILES = ("attributes.yaml", "config.yaml", "stack.yaml")
_OWN_REMEDY = (
    "make a copy where you may write: `samurai workspace FOLDER`, then "
    "`samurai evaluate --workspace FOLDER`"
)

Say = Callable[[str], None]


def clone() -> Path | None:
    """The root of the repository that this package runs from; None for an installed copy."""
    root = _PACKAGE.parent
    return root if (root / "setup.cfg").is_file() and (root / "vot_workspace").is_dir() else None


def template() -> Path:
    """The trackers.ini whose sections new workspaces get; not to be written to."""
    root = clone()
    return (root or _PACKAGE) / REGISTRY


def source() -> Path:
    """The bundled workspace, as it was installed or cloned; installed, it is not to be written to.

    Raises:
        ConfigurationError: the installation is incomplete.
    """
    root = clone()
    folder = root / "vot_workspace" if root else _PACKAGE / "workspace"
    if not (folder / "config.yaml").is_file():
        raise ConfigurationError(
            f"the bundled workspace is missing at {folder}. Remedy: install samurai-vot again"
        )
    return folder


def sample() -> tuple[str, list[Path]]:
    """The sample of `samurai web`: a name, and the frames of a bundled sequence.

    Raises:
        ConfigurationError: the installation is incomplete.
    """
    return SAMPLE, sorted((source() / "sequences" / SAMPLE / "color").glob("*.jpg"))


def user_workspace() -> Path:
    """The workspace that commands use if none is named: the clone's, else the user's own copy.

    The copy is `samurai/workspace` in $XDG_DATA_HOME or ~/.local/share; it may not exist yet.

    Raises:
        ConfigurationError: there is no home directory to put it into.
    """
    if clone() is not None:
        return source()
    data = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):  # the standard has a relative one ignored
        return Path(data) / "samurai" / "workspace"
    try:
        return Path.home() / ".local" / "share" / "samurai" / "workspace"
    except RuntimeError as error:
        raise ConfigurationError(f"{error}. Remedy: set HOME, or {_OWN_REMEDY}") from error


def open_user_workspace(say: Say) -> Path:
    """`user_workspace`, created if it is missing, else checked.

    Args:
        say: takes a line about a copy that was made, or that differs from what is bundled now.

    Raises:
        ConfigurationError: it can't be made or written to.
    """
    folder = user_workspace()
    if clone() is not None:
        return folder
    if not (folder / "config.yaml").is_file():
        copy_workspace(folder)
        say(f"the bundled workspace was copied to {folder}; results go there")
    elif not os.access(folder, os.W_OK):
        raise ConfigurationError(f"{folder} is not writable for you. Remedy: {_OWN_REMEDY}")
    else:
        _report_outdated(folder, say)
    return folder


def copy_workspace(folder: Path) -> bool:
    """Copies the bundled workspace, complete or not at all.

    Args:
        folder: new or empty. It gets the sequences, the stack, a trackers.ini, and in
            `multiobject` the same for several objects.

    Returns:
        Whether it was copied; False if a copy was there.

    Raises:
        ConfigurationError: the folder isn't empty, or can't be written to.
    """
    bundled = source()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".samurai-", dir=folder.parent) as name:
            part = Path(name) / "workspace"
            for inner in _WORKSPACES:
                _copy_one(bundled / inner, part / inner)
            write_registry(part / REGISTRY)
            stamp = {"version": __version__, "content": _content(bundled)}
            (part / STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")
            part.rename(folder)
    except OSError as error:
        if (folder / STAMP).is_file():
            return False  # by an earlier call, or by another process meanwhile
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise ConfigurationError(
                f"{folder} exists and isn't empty, so the bundled workspace is not copied there. "
                "Remedy: name a new folder, or move that one away"
            ) from error
        raise ConfigurationError(
            f"the bundled workspace can't be copied to {folder}: {error.strerror or error}. "
            f"Remedy: {_OWN_REMEDY}"
        ) from error
    return True


def _copy_one(origin: Path, target: Path) -> None:
    """A workspace's own files; its registry lies one folder nearer than in the repository."""
    target.mkdir(exist_ok=True)
    for name in _FILES:
        text = (origin / name).read_text(encoding="utf-8")
        (target / name).write_text(text.replace(f"../{REGISTRY}", REGISTRY), encoding="utf-8")
    # Contents only: the data of a read-only installation must become writable.
    shutil.copytree(origin / "sequences", target / "sequences", copy_function=shutil.copyfile)


def _content(bundled: Path) -> str:
    """A digest of what the bundled workspaces measure: sequences by checksum, stacks."""
    digest = hashlib.sha256()
    for inner in _WORKSPACES:
        for name in ("stack.yaml", "attributes.yaml", "sequences/checksums.txt"):
            digest.update((bundled / inner / name).read_bytes())
    return digest.hexdigest()[:16]


def _report_outdated(folder: Path, say: Say) -> None:
    """One line if the copy was made from other sequences or stacks than those bundled now."""
    stamp: object = None
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    if not isinstance(stamp, dict) or stamp.get("content") != _content(source()):
        version = stamp.get("version") if isinstance(stamp, dict) else None
        say(
            f"{folder} is a copy by samurai-vot {version or 'of unknown version'} and differs from "
            f"the workspace bundled with {__version__}; it is used as it is. To get the present "
            "one, move that folder away"
        )


def write_registry(file: Path, origin: Path | None = None) -> None:
    """Writes a trackers.ini for a workspace: the sections and comments of another one.

    Args:
        file: what to write.
        origin: the trackers.ini to take; None for the bundled one.

    Its `paths` are relative to itself. Paths of the bundled file are dropped where the tracker's
    interpreter finds the installed package by itself, and become absolute where it doesn't.
    """
    origin = origin or template()
    text = origin.read_text(encoding="utf-8")
    if origin == template():
        roots = [] if _importable() else [str(root) for root in _roots()]
        lines = r"(?m)^# Relative to this file:.*\n" if not roots else r"(?!)"
        text = re.sub(lines, "", text)
    else:
        roots = None
    text = re.sub(r"(?m)^paths *=.*\n", lambda found: _paths(found, origin, roots), text)
    file.write_text(text, encoding="utf-8")


def _paths(found: re.Match[str], origin: Path, roots: list[str] | None) -> str:
    """The line `paths` as it must be in another folder; nothing if it isn't needed there."""
    if roots is None:
        given = found.group().partition("=")[2].strip().split(os.pathsep)
        roots = [os.path.normpath(origin.parent / path) for path in given]
    return f"paths = {os.pathsep.join(roots).replace('%', '%%')}\n" if roots else ""


def _roots() -> list[Path]:
    """The folders that hold the packages vot_wrapper and samurai."""
    return [_PACKAGE.parent, Path(str(samurai.__file__)).resolve().parents[1]]


def _importable() -> bool:
    """Whether this interpreter imports these very packages without help by PYTHONPATH."""
    code = "import samurai, vot_wrapper; print(samurai.__file__); print(vot_wrapper.__file__)"
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd="/", env=bare, capture_output=True, text=True, check=False)
    found = [Path(line).resolve() for line in done.stdout.splitlines()]
    return found == [Path(str(samurai.__file__)).resolve(), _PACKAGE / "__init__.py"]


def unused_clone() -> Path | None:
    """The clone that the current folder lies in, if this package is not the one in it."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "sam2" / "samurai").is_dir() and (folder / "install.py").is_file():
            return folder if folder.resolve() != _PACKAGE.parent else None
    return None
