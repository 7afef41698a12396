"""`samurai benchmark run`."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's arguments."""


def run(parsed: argparse.Namespace) -> int:
    """Run the action; returns the process's exit code."""
    raise NotImplementedError
