"""`samurai download`: fetch the official weights of models."""

from __future__ import annotations

import argparse
import functools
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("models", nargs="+", metavar="NAME", help="tiny, small, base_plus, large")


def run(parsed: argparse.Namespace) -> int:
    """Fetch and verify each model's weights.

    Raises:
        CheckpointError, ConfigurationError: see `models.checkpoints.download`.
    """
    from samurai.models.manifest import model_card

    # Before the slow imports, so that a wrong name is reported at once.
    cards = {name: model_card(name) for name in parsed.models}

    from tqdm import tqdm

    from samurai.models.checkpoints import download

    for name, card in cards.items():
        options = {"unit": "B", "unit_scale": True, "disable": card.url is None}
        with tqdm(desc=card.name, total=card.bytes, **options) as bar:
            path = download(name, progress=functools.partial(_show, bar))
        print(f"{card.name}: {path}")
    return 0


def _show(bar: Any, there: int, total: int) -> None:
    """Set a progress bar to an absolute position."""
    bar.total = total
    bar.update(there - bar.n)
