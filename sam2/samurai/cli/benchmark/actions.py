"""`samurai benchmark`: run trackers on a data set, check it, score results, pack them.

A file here per action; a data set's name alone stands for `run`. Other packages add actions, as
sequences of `Command`, by entry points of the group `samurai.benchmark`.
"""

from __future__ import annotations

import argparse
from importlib.metadata import entry_points

from samurai.cli.command import Command
from samurai.datasets import dataset_names

PACKAGE = __name__.rpartition(".")[0]

RUN = Command(
    "run", "run trackers on data sets and score them; also without the word", f"{PACKAGE}.run"
)
OTHERS = (
    Command("check", "say what of a data set is there and what is missing", f"{PACKAGE}.check"),
    Command("score", "score results that lie in files", f"{PACKAGE}.score"),
    Command("pack", "make the archive for a data set's server", f"{PACKAGE}.pack"),
)

ACTIONS = "samurai.benchmark"
"""Entry-point group of further actions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions, each with its arguments."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    added = (command for entry in entry_points(group=ACTIONS) for command in entry.load())
    for command in (RUN, *OTHERS, *added):
        names = dataset_names() if command is RUN else []
        own = actions.add_parser(
            command.name, aliases=names, help=command.help, description=command.help
        )
        own.set_defaults(benchmark=command)
        command.implementation().add_arguments(own)


def run(parsed: argparse.Namespace) -> int:
    """Run the action; returns the process's exit code.

    Raises:
        DependencyError: the action needs what isn't installed.
    """
    parsed.benchmark.require("samurai benchmark")
    return int(parsed.benchmark.implementation().run(parsed))
