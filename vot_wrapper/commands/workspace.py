"""`samurai workspace`: copy the bundled workspace into a folder of the user's."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="new or empty")


def run(parsed: argparse.Namespace) -> int:
    """Copy it, and print how to run it.

    Raises:
        ConfigurationError: the folder can't be written to or holds something else.
    """
    from vot_wrapper.toolkit.bundled import copy_workspace

    folder: Path = parsed.folder.expanduser().resolve()
    kept = "" if copy_workspace(folder) else " (already there, left as it is)"
    print(f"workspace    {folder}{kept}")
    print(f"run it       samurai evaluate --workspace {shlex.quote(str(folder))}")
    several = shlex.quote(str(folder / "multiobject"))
    print(f"             samurai evaluate --workspace {several}  (several objects)")
    return 0
