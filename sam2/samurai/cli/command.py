"""What a command of `samurai` is, and where commands and checks of other packages are found."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

COMMANDS, CHECKS = "samurai.commands", "samurai.checks"
"""Entry-point groups: sequences of `Command`, and what `samurai doctor` checks besides."""


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    Attributes:
        name: on the command line.
        help: what it does, in a line.
        module: dotted name of a module with `add_arguments(parser)` and `run(parsed) -> int`, the
            process's exit code. It is imported only where this command is given.
    """

    name: str
    help: str
    module: str

    def implementation(self) -> Any:
        """The module."""
        return importlib.import_module(self.module)


OWN = (
    Command("doctor", "check the installation, and say what to do", "samurai.cli.doctor"),
    Command("download", "fetch the official weights of models", "samurai.cli.download"),
)


def commands() -> list[Command]:
    """Our own commands and those of installed packages, by name."""
    found = {command.name: command for command in OWN}
    for entry in entry_points(group=COMMANDS):
        found.update({command.name: command for command in entry.load()})
    return sorted(found.values(), key=lambda command: command.name)


def plugged_in(group: str, name: str) -> Any:
    """What installed packages offer under a name of a group; None where nobody does."""
    return next((entry.load() for entry in entry_points(group=group, name=name)), None)


def all_plugged_in(group: str, name: str) -> Iterator[Any]:
    """What every installed package offers under a name of a group."""
    for entry in entry_points(group=group, name=name):
        yield from entry.load()
