"""Bundled sequences at another size than they were recorded in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import ROOT

SEQUENCES = ROOT / "vot_workspace" / "sequences"


def pictures(name: str) -> list[Path]:
    """The frames of a bundled sequence."""
    return sorted((SEQUENCES / name / "color").glob("*.jpg"))


def resized(picture: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A frame, BGR (height, width, 3), at a size given as width and height."""
    frame = cv2.imread(str(picture))
    assert frame is not None, f"{picture} can't be read"
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC), np.uint8)
