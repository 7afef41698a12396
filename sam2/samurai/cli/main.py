"""The console script `samurai`: its commands, and `samurai --version`.

A command's own module is imported when it runs, so that `samurai --help` and `samurai doctor` work
in a broken installation, and at once.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Sequence

from samurai.cli.command import commands
from samurai.cli.installed import version_of

VERSIONED = ("torch", "sam2", "vot-toolkit")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code.

    0 is success, 1 a command's own failure, 2 wrong usage or an error that names its remedy
    (printed as one line, without a traceback), 130 an interruption, 141 an output that nobody
    reads.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        parser = _parser(given)
        if not given:
            parser.print_help()
            return 0
        parsed = parser.parse_args(given)
        code = int(parsed.command.implementation().run(parsed))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `| head` has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes at exit
        return 128 + signal.SIGPIPE
    except Exception as error:
        if not _explains_itself(error):
            raise
        print(f"samurai: {error}", file=sys.stderr)
        return 2


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The argument parser; a command's details are only looked up when it is the one given.

    Raises:
        DependencyError: that command needs what isn't installed. Said before its arguments are
            read, whose faults are not the first thing to repair; its help is printed all the same.
    """
    chosen = next((each for each in given if not each.startswith("-")), "")
    helping = not {"-h", "--help"}.isdisjoint(given)
    parser = argparse.ArgumentParser(
        prog="samurai",
        description="A streaming SAM 2.1 tracker for videos and for the VOT toolkit.",
        epilog="`samurai serve --help` lists the environment variables that the tracker reads.",
    )
    parser.add_argument("--version", action=_Version, help="print versions and exit")
    added = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands():
        own = added.add_parser(command.name, help=command.help, description=command.help)
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


def _explains_itself(error: Exception) -> bool:
    """Whether the message alone has cause and remedy, as that of every error of samurai."""
    if isinstance(error, ImportError):
        # `import samurai` itself raises its DependencyError where sam2 is missing.
        return type(error).__name__ == "DependencyError"
    from samurai.errors import SamuraiError

    return isinstance(error, SamuraiError)


if __name__ == "__main__":
    sys.exit(main())
