"""`samurai benchmark check`: what of data sets is there, and what is missing. Runs nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from samurai.datasets import Dataset, dataset, dataset_names
from samurai.datasets.base import Reading
from samurai.errors import DatasetError

SHOWN = 3
"""Sequences that are named before the others are counted."""

WIDTH = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's arguments."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help=f"data sets: {', '.join(dataset_names())}",
    )
    parser.add_argument(
        "--root",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the data set, or that around the folders of several",
    )
    parser.add_argument(
        "--annotations",
        action="store_true",
        help="without images, which scoring results doesn't need",
    )


def run(parsed: argparse.Namespace) -> int:
    """Print what is there; returns 0 if everything is, else 1.

    Raises:
        DatasetError: an unknown name.
    """
    chosen = [dataset(name) for name in parsed.names]
    root: Path = parsed.root.expanduser()
    complete = [_check(each, root, parsed.annotations) for each in chosen]
    return 0 if all(complete) else 1


def _check(found: Dataset, root: Path, annotations_only: bool) -> bool:
    """Print about one data set; returns whether it is complete."""
    try:
        reading = found.read(root, annotations_only)
    except DatasetError as error:
        what, _, remedy = str(error).partition(". Remedy: ")
        _print(found.title, [what])
        _print("where from", [_origin(found)])
        _print("remedy", [remedy] if remedy else [])
        return False
    _print(found.title, [str(reading.root), *_counts(reading)])
    _print("missing", _few(f"{name}: {what}" for name, what in reading.missing.items()))
    _print("note", reading.notes)
    notes = (f"{each.name}: {note}" for each in reading.sequences for note in each.notes)
    _print("sequence", _few(notes))
    if reading.missing:
        _print("remedy", ["restore what is missing", _origin(found)])
    elif annotations_only:
        _print("score with", [f"samurai benchmark score {found.name} RESULTS --root {root}"])
    else:
        _print("run with", [f"samurai benchmark {found.name} --root {root}"])
    return not reading.missing


def _counts(reading: Reading) -> list[str]:
    there, missing = len(reading.sequences), len(reading.missing)
    of = f" of {there + missing}" if missing else ""
    frames = sum(each.frames for each in reading.sequences)
    return [f"{there}{of} sequences are complete, {frames:,} frames"]


def _few(lines: Iterable[str]) -> list[str]:
    """The first lines, and how many more there are."""
    every = list(lines)
    more = [f"and {len(every) - SHOWN} more"] if len(every) > SHOWN else []
    return every[:SHOWN] + more


def _origin(found: Dataset) -> str:
    return f"{found.title}: {found.home} ({found.size}; {found.license})"


def _print(title: str, lines: Iterable[str]) -> None:
    """Lines with a title in front of the first."""
    for number, line in enumerate(lines):
        print(f"{title if number == 0 else '':{WIDTH}} {line}")
