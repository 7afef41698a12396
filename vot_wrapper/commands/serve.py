"""`samurai serve`: the tracker process that the VOT toolkit starts, for TraX or for a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from samurai.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares --folder; the help lists the environment variables that are read."""
    from vot_wrapper.settings import describe

    parser.add_argument(
        "--folder",
        type=Path,
        help="answer a folder of the toolkit's folder protocol (frames_color.txt, query_ID.txt) by "
        "output_ID.txt files in it, instead of speaking TraX",
    )
    parser.epilog = describe()


def run(parsed: argparse.Namespace) -> int:
    """Serve one TraX client, or one folder; returns the exit code, see `trax.process.run`.

    Raises:
        ConfigurationError: there is no such folder.
    """
    from vot_wrapper.trax.process import run as serve

    if parsed.folder is None:
        return serve()
    folder: Path = parsed.folder.expanduser().resolve()
    if not folder.is_dir():
        raise ConfigurationError(
            f"there is no folder {folder}. Remedy: make it, with frames_color.txt and a "
            "query_ID.txt per object"
        )
    return serve(folder=folder)
