"""`samurai benchmark example`: the bundled sequences in a data set's layout."""

from __future__ import annotations

import argparse
import shlex
import tempfile
from pathlib import Path

from samurai.errors import ConfigurationError
from vot_wrapper.exporting.layouts import LAYOUTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's arguments."""
    parser.add_argument(
        "name",
        choices=LAYOUTS,
        metavar="NAME",
        help=f"the data set whose layout is written: {', '.join(LAYOUTS)}",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="new or empty")
    parser.add_argument("--copy", action="store_true", help="copy images instead of linking them")


def run(parsed: argparse.Namespace) -> int:
    """Write it, and print how to run trackers on it.

    Raises:
        ConfigurationError: the folder can't be written to, or holds something.
    """
    folder: Path = parsed.folder.expanduser().absolute()
    for note in write_example(parsed.name, folder, parsed.copy):
        print(f"note         {note}")
    print(f"example      {folder}")
    print(f"run it       samurai benchmark {parsed.name} --root {shlex.quote(str(folder))}")
    return 0


def write_example(name: str, folder: Path, copy: bool = False) -> list[str]:
    """The bundled sequences in the layout of a data set, complete or not at all.

    Args:
        name: of `LAYOUTS`.
        folder: new or empty.
        copy: copy images instead of linking them.

    Returns:
        What is left out, one sentence each.

    Raises:
        ConfigurationError: as `run`.
    """
    from vot_wrapper.exporting.bundled_sequence import bundled_sequences
    from vot_wrapper.toolkit.bundled import source

    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(f"{folder} exists and isn't empty. Remedy: name a new folder")
    layout = LAYOUTS[name]
    sequences = bundled_sequences(source() / layout.workspace)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".samurai-", dir=folder.parent) as temporary:
            part = Path(temporary) / "example"
            part.mkdir()
            notes = layout.write(part, sequences, copy)
            part.rename(folder)
    except OSError as error:
        raise ConfigurationError(
            f"the example can't be written to {folder}: {error.strerror or error}. Remedy: free "
            "space, allow writing (also of links, or take --copy), or name another folder; nothing "
            "was left behind"
        ) from error
    return notes
