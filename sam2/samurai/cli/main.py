"""The console script `samurai`: its commands, and `samurai --version`.

A command's own module is imported when it runs, so that `samurai --help` and `samurai doctor` work
in a broken installation, and at once.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence

from samurai.cli.command import commands
from samurai.cli.ending import DONE, status_of
from samurai.cli.installed import version_of
from samurai.cli.parser import Parser

VERSIONED = ("torch", "sam2", "vot-toolkit")
EXAMPLES = (
    "samurai doctor",
    "samurai track clip.mp4 --box 1@0:292,171,276,177 -o out.mp4",
    "samurai evaluate",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit status, see `samurai.cli.ending`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    return status_of(lambda: _run(given), "samurai")


def _run(given: Sequence[str]) -> int:
    parser = _parser(given)
    if not given:
        parser.print_help()
        return DONE
    parsed = parser.parse_args(given)
    return int(parsed.command.implementation().run(parsed))


def _parser(given: Sequence[str]) -> Parser:
    """The argument parser; a command's details are only looked up when it is the one given.

    Raises:
        DependencyError: that command needs what isn't installed. Said before its arguments are
            read, whose faults are not the first thing to repair; its help is printed all the same.
    """
    chosen = next((each for each in given if not each.startswith("-")), "")
    helping = not {"-h", "--help"}.isdisjoint(given)
    parser = Parser(
        prog="samurai",
        description="A streaming SAM 2.1 tracker for videos and for the VOT toolkit.",
        epilog="`samurai COMMAND --help` explains a command; `samurai serve --help` lists\nthe "
        "environment variables that the tracker reads.",
        examples=EXAMPLES,
    )
    parser.add_argument("--version", action=_Version, help="print versions and exit")
    added = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands():
        own = added.add_parser(command.name, help=command.help, examples=command.examples)
        own.set_defaults(command=command)
        if command.name == chosen:
            if not helping:
                command.require()
            command.implementation().add_arguments(own)
    return parser


class _Version(argparse.Action):
    """Prints the versions of samurai and of the packages that decide its results, without
    imports."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from samurai.version import __version__

        others = [f"{name} {version_of(name) or 'not installed'}" for name in VERSIONED]
        print(f"samurai {__version__}\nPython {platform.python_version()}, {', '.join(others)}")
        sys.stdout.flush()
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
