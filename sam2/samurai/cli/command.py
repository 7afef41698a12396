"""The commands of `samurai`, with the commands and checks that other packages add."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from samurai.cli.installed import Need

COMMANDS, CHECKS = "samurai.commands", "samurai.checks"
"""Entry-point groups: sequences of `Command`, and further checks of `samurai doctor`."""


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    Attributes:
        name: on the command line.
        help: one line for the help text.
        module: dotted name of a module with `add_arguments(parser)` and `run(parsed) -> int`, the
            process's exit status. It is imported only where this command is given, and must not
            itself import what the command needs: its help is there without.
        examples: command lines for the end of its help.
        needs: what of an extra has to be installed, or None.
    """

    name: str
    help: str
    module: str
    examples: tuple[str, ...] = ()
    needs: Need | None = None

    def require(self, program: str = "samurai") -> None:
        """Refuse the command where something that it needs isn't installed.

        Args:
            program: the words before its name.

        Raises:
            DependencyError: something isn't; the message has the remedy.
        """
        if self.needs is not None:
            self.needs.require(f"`{program} {self.name}`")

    def implementation(self) -> Any:
        """The module."""
        return importlib.import_module(self.module)


WEB = Need(
    ("fastapi", "fastapi-offline", "uvicorn", "python-multipart", "prometheus-client", "av"),
    'pip install "samurai-vot[web]", with Python 3.11 or later',
)

OWN = (
    Command(
        "benchmark",
        "run trackers on data sets, and score results",
        "samurai.cli.benchmark.actions",
        (
            "samurai benchmark check lasot --root data/lasot",
            "samurai benchmark lasot --root data/lasot",
            "samurai benchmark score lasot results/ --root data/lasot",
        ),
    ),
    Command(
        "doctor",
        "check the installation, and say what to do",
        "samurai.cli.doctor",
        ("samurai doctor", "samurai doctor --workspace ws", "samurai doctor --verify tiny"),
    ),
    Command(
        "download",
        "fetch the official weights of models",
        "samurai.cli.download",
        ("samurai download tiny", "samurai download small large"),
    ),
    Command(
        "pick",
        "mark objects of a video in a page, and save the prompts for `samurai track`",
        "samurai.cli.pick",
        ("samurai pick clip.mp4", "samurai pick frames/ -o frames.json --no-browser"),
        WEB,
    ),
    Command(
        "track",
        "track objects in videos, folders of images, cameras and streams",
        "samurai.cli.track.command",
        (
            "samurai track clip.mp4 --box 1@0:292,171,276,177 -o out.mp4 --jsonl out.jsonl",
            "samurai track frames/ --points dog@12:+120,80,-30,40 --direction both --davis masks/",
            "samurai track rtsp://camera/stream --box 292,171,276,177 --jsonl - --frames 1000",
            "samurai track clip.mp4 --box 1@120:200,90,60,60 -o out.mp4 --job clip.job --resume",
        ),
    ),
    Command(
        "web",
        "track over HTTP, and in a page to click, watch, correct and export",
        "samurai.cli.web",
        ("samurai web", "samurai web --model large --port 9000"),
        WEB,
    ),
)


def commands() -> list[Command]:
    """Our own commands and those of installed packages, by name."""
    found = {command.name: command for command in OWN}
    for entry in entry_points(group=COMMANDS):
        found.update({command.name: command for command in entry.load()})
    return sorted(found.values(), key=lambda command: command.name)


def plugged_in(group: str, name: str) -> Any:
    """The first entry point of a group and name; None if no installed package has one."""
    return next((entry.load() for entry in entry_points(group=group, name=name)), None)


def all_plugged_in(group: str, name: str) -> Iterator[Any]:
    """All members of the sequences that installed packages register in a group under a name."""
    for entry in entry_points(group=group, name=name):
        yield from entry.load()
