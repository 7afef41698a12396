"""`vot pack` in a temporary workspace, and a check of its archive.

The toolkit's own function packs, called directly: `vot pack` runs the same function, so the archive
is the one that the challenge expects; but errors are noticed (the command ends with 0 after most of
them), and no update is looked up online. The workspace is a temporary one with links to
the results: it names the stack that was asked for, whatever config.yaml says, and leaves a manifest
without paths of this machine.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml
from vot.stack import resolve_stack
from vot.tracker import Tracker
from vot.utilities.cli import do_pack

from samurai.errors import SamuraiError
from vot_wrapper.submission.secret_scan import find_secrets
from vot_wrapper.toolkit.completeness import Completeness
from vot_wrapper.toolkit.workspaces import CONFIGURATION, EvaluationContext, stack_file

MANIFEST = "manifest.yml"
_SHARED = ("results", "cache")  # folders of the workspace that packing reads


class PackingError(SamuraiError, RuntimeError):
    """There is no archive, or it doesn't hold the results."""


def pack(
    context: EvaluationContext,
    tracker: Tracker,
    stack: str | dict[str, Any],
    completeness: Completeness,
    to: Path,
) -> Path:
    """Packs a tracker's results and verifies the archive.

    Args:
        stack: the stack's name, path, or its content.
        completeness: the files that must be in the archive, all of them whole.
        to: the folder that the archive is moved to; it must exist.

    Raises:
        PackingError: there is no archive, or it is wrong; nothing is left behind.
    """
    with tempfile.TemporaryDirectory(prefix=".packing-", dir=to) as name:
        folder = Path(name)
        _lay_out(folder, context, tracker, stack)
        try:
            do_pack(argparse.Namespace(workspace=name, tracker=tracker.reference))
        except Exception as error:  # the toolkit raises anything
            raise PackingError(
                f"the toolkit can't pack: {type(error).__name__}: {error}"
            ) from error
        archives = list(folder.glob("*.zip"))
        if len(archives) != 1:
            raise PackingError(
                "the toolkit made no archive, though no file is missing: its output is above. "
                "Remedy: was the stack changed after the run? Then run `samurai evaluate` again"
            )
        verify(archives[0], tracker, completeness)
        return Path(shutil.move(archives[0], to))


def verify(archive: Path, tracker: Tracker, completeness: Completeness) -> None:
    """Compares an archive with the results, byte by byte, and reads its manifest.

    Raises:
        PackingError: it can't be read, lacks or adds a file, holds another content, belongs to
            another tracker, or its manifest tells a secret or a home directory.
    """
    try:
        with zipfile.ZipFile(archive) as context:
            names = context.namelist()
            _compare_names(names, completeness)
            for name, file in completeness.files.items():
                if context.read(name) != file.read_bytes():
                    raise PackingError(f"{archive.name}: {name} differs from {file}")
            manifest = yaml.safe_load(context.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, yaml.YAMLError) as error:
        raise PackingError(f"{archive.name} can't be read: {error}") from error
    if manifest.get("identifier") != tracker.identifier:
        raise PackingError(f"{archive.name} is of the tracker {manifest.get('identifier')!r}")
    told = find_secrets(
        {**manifest.get("configuration", {}), "stack": manifest.get("stack")}, MANIFEST, Path.home()
    )
    if grave := [str(problem) for problem in told if not problem.warning]:
        raise PackingError("\n".join(grave))


def _compare_names(names: list[str], completeness: Completeness) -> None:
    expected = {*completeness.files, MANIFEST}
    differences = [
        *(f"lacks {name}" for name in sorted(expected - set(names))),
        *(f"has {name}, which is not a result" for name in sorted(set(names) - expected)),
        *(f"has {name} twice" for name in sorted({n for n in names if names.count(n) > 1})),
    ]
    if differences:
        raise PackingError("the archive " + "; ".join(differences))


def _lay_out(
    folder: Path, context: EvaluationContext, tracker: Tracker, stack: str | dict[str, Any]
) -> None:
    """A workspace in `folder` that packs the results of `context`.

    Its registry is the file with the tracker's section: it may be one that the toolkit always
        reads, like the workspace's own trackers.ini.
    """
    for shared in _SHARED:
        source = context.folder / shared
        if source.exists():
            (folder / shared).symlink_to(source, target_is_directory=True)
    configuration = {
        "registry": [str(Path(tracker.source).resolve())],
        "stack": _portable(stack, folder, context.folder),
        "sequences": str(context.folder / context.workspace.sequences),
    }
    text = yaml.safe_dump(configuration)
    (folder / CONFIGURATION).write_text(text, encoding="utf-8")


def _portable(stack: str | dict[str, Any], folder: Path, workspace: Path) -> str | dict[str, Any]:
    """The stack as the manifest should name it: a name of the toolkit, or a file beside it."""
    if not isinstance(stack, str):
        return stack
    found = resolve_stack(stack, str(workspace))
    if (
        found is not None
        and Path(found) != Path(stack)
        and resolve_stack(stack, str(folder)) == found
    ):
        return stack  # one of the toolkit's own
    source = stack_file(stack, workspace)
    shutil.copyfile(source, folder / source.name)
    return f"./{source.name}"
