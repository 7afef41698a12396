"""`python -m benchmarks.hard --output DIR` makes the hard sequences from their seeds."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.bundled.writer import write_lines

from .making import make_sequence
from .scenes import RECIPES


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hard", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for the sequences")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(arguments)
    chosen = options.only or sorted(RECIPES)
    if not RECIPES.keys() >= set(chosen):
        parser.error(f"--only takes names out of {', '.join(sorted(RECIPES))}")
    # Spawned: a fork of a process in which OpenCV has threads may hang.
    with ProcessPoolExecutor(min(options.jobs, len(chosen)), get_context("spawn")) as pool:
        made = pool.map(make_sequence, chosen, [options.output] * len(chosen))
        for name, _ in zip(chosen, made, strict=True):
            print(f"{name}: {RECIPES[name].frames} frames", flush=True)
    # Last: whoever finds the list may rely on everything that it names.
    there = [name for name in sorted(RECIPES) if (options.output / name / "sequence").is_file()]
    write_lines(options.output / "list.txt", there)


if __name__ == "__main__":
    main()
