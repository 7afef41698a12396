"""`samurai benchmark`: run trackers on a data set, check it, score results, pack them.

A file here per action; a data set's name alone stands for `run`. Other packages add actions, as
sequences of `Command`, by entry points of the group `samurai.benchmark`.
"""

from __future__ import annotations

import argparse
from importlib.metadata import entry_points
from typing import Any

from samurai.cli.command import Command
from samurai.datasets import dataset_names
from samurai.spelling import listed

PACKAGE = __name__.rpartition(".")[0]

RUN = Command(
    "run",
    "run trackers on data sets and score them; also without the word",
    f"{PACKAGE}.run",
    (
        "samurai benchmark lasot --root data/lasot --first 20",
        "samurai benchmark lasot --root data/lasot --model large --policy dam",
        "samurai benchmark run lasot uav123 --root data --tracker samurai sam2-nano",
    ),
)
OTHERS = (
    Command(
        "check",
        "say what of a data set is there and what is missing",
        f"{PACKAGE}.check",
        ("samurai benchmark check lasot --root data/lasot",),
    ),
    Command(
        "score",
        "score results that lie in files",
        f"{PACKAGE}.score",
        ("samurai benchmark score lasot results/mine --root data/lasot --csv scores.csv",),
    ),
    Command(
        "pack",
        "make the archive for a data set's server",
        f"{PACKAGE}.pack",
        ("samurai benchmark pack got10k-test results/mine --root data/got10k -o mine.zip",),
    ),
)

ACTIONS = "samurai.benchmark"
"""Entry-point group of further actions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions, each with its arguments."""
    parser.epilog = f"data sets, in place of `run`: {listed(dataset_names(), len(dataset_names()))}"
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    added = (command for entry in entry_points(group=ACTIONS) for command in entry.load())
    for command in (RUN, *OTHERS, *added):
        examples: dict[str, Any] = {"examples": command.examples}
        parsers = [actions.add_parser(command.name, help=command.help, **examples)]
        if command is RUN:  # a data set has no help here, so that the list of actions stays short
            line = "run trackers on this data set, and score them"
            parsers += [
                actions.add_parser(name, description=line, **examples) for name in dataset_names()
            ]
        for own in parsers:
            own.set_defaults(benchmark=command)
            command.implementation().add_arguments(own)


def run(parsed: argparse.Namespace) -> int:
    """Run the action; returns the process's exit code.

    Raises:
        DependencyError: the action needs what isn't installed.
    """
    parsed.benchmark.require("samurai benchmark")
    return int(parsed.benchmark.implementation().run(parsed))
