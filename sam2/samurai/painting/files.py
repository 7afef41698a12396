"""Atomic writing of pictures."""

from __future__ import annotations

import os
from pathlib import Path

import cv2

from samurai.painting.shapes import Pixels


def write_picture(picture: Pixels, path: Path) -> None:
    """Writes an RGB picture in the format of the path's ending.

    Raises:
        OSError: the file can't be written.
    """
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data.tobytes())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
