"""`samurai download`: fetch the official weights of models."""

from __future__ import annotations

import argparse
import functools
import sys
from typing import Any

from samurai.cli.ending import DONE, FAILED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "models", nargs="+", metavar="NAME", help="models: tiny, small, base_plus, large"
    )


def run(parsed: argparse.Namespace) -> int:
    """Fetch and verify each model's weights, also after one that failed.

    Returns:
        The exit status: 1 where one failed.

    Raises:
        ConfigurationError: no model of that name.
    """
    from samurai.errors import CheckpointError
    from samurai.models.manifest import model_card

    # Before the slow imports, so that a wrong name is reported at once.
    cards = {name: model_card(name) for name in parsed.models}

    from tqdm import tqdm

    from samurai.models.checkpoints import download

    status = DONE
    for name, card in cards.items():
        hidden = True if card.url is None else None  # None: where there is no terminal
        options = {"unit": "B", "unit_scale": True, "leave": False, "disable": hidden}
        try:
            with tqdm(desc=card.name, total=card.bytes, **options) as bar:
                path = download(name, progress=functools.partial(_show, bar))
        except CheckpointError as error:
            print(f"samurai: {error}", file=sys.stderr)
            status = FAILED
        else:
            print(f"{card.name}: {path}")
    return status


def _show(bar: Any, there: int, total: int) -> None:
    """Set a progress bar to an absolute position."""
    bar.total = total
    bar.update(there - bar.n)
