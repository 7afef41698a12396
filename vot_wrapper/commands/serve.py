"""`samurai serve`: the TraX process that the VOT toolkit starts."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no arguments; the help lists the environment variables that are read."""
    from vot_wrapper.settings import describe

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = describe()


def run(parsed: argparse.Namespace) -> int:
    """Serve one TraX client; returns the process's exit code, see `trax.process.run`."""
    from vot_wrapper.trax.process import run as serve

    return serve()
