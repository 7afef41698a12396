"""Rows of numbers (stand-in until the readers' branch arrives)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samurai.datasets.base import Boxes


def read_boxes(path: Path) -> Boxes:
    """Boxes."""
    text = path.read_text(encoding="utf-8-sig").replace(",", " ")
    return np.array(text.split(), float).reshape(-1, 4)


def parse_boxes(text: str, where: str) -> Boxes:
    """Boxes."""
    return np.array(text.replace(",", " ").split(), float).reshape(-1, 4)
