"""`samurai benchmark`: run trackers on a data set, check it, score results, pack them.

A file here per action; a data set's name alone stands for `run`.
"""

from __future__ import annotations

import argparse

from samurai.cli.command import Command
from samurai.datasets import DATASETS

RUN = Command(  # not a module `run`, which would replace the function of this name
    "run", "run trackers on data sets and score them; also without the word", f"{__name__}.runs"
)
OTHERS = (
    Command("check", "say what of a data set is there and what is missing", f"{__name__}.check"),
    Command("score", "score results that lie in files", f"{__name__}.score"),
    Command("pack", "make the archive for a data set's server", f"{__name__}.pack"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions, each with its arguments."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    for command in (RUN, *OTHERS):
        names = DATASETS if command is RUN else ()
        own = actions.add_parser(
            command.name, aliases=list(names), help=command.help, description=command.help
        )
        own.set_defaults(benchmark=command)
        command.implementation().add_arguments(own)


def run(parsed: argparse.Namespace) -> int:
    """Run the action; returns the process's exit code."""
    return int(parsed.benchmark.implementation().run(parsed))
