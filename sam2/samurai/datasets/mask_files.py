"""What a mask's file says before anything is tracked: its objects, and whether it is empty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.errors import DatasetError

VOID = 255
"""Pixels that belong to no object and aren't counted, in files of several objects."""


def object_numbers(file: Path) -> tuple[int, ...]:
    """The objects of a palette image, ascending: its values but 0 and VOID.

    Raises:
        DatasetError: it can't be read, or isn't a palette or gray image.
    """
    values = np.flatnonzero(np.bincount(_pixels(file).ravel(), minlength=VOID + 1))
    return tuple(int(value) for value in values if 0 < value < VOID)


def is_empty(file: Path) -> bool:
    """Whether no pixel belongs to an object.

    Raises:
        DatasetError: it can't be read.
    """
    return not _pixels(file).any()


def _pixels(file: Path) -> NDArray[np.uint8]:
    """Values (H, W): of a palette, indices."""
    from PIL import Image

    remedy = "restore it from the data set"
    try:
        with Image.open(file) as image:
            if image.mode not in ("1", "L", "P"):
                raise DatasetError(
                    f"{file} is no mask: its pixels are {image.mode}, not indices. Remedy: {remedy}"
                )
            return np.asarray(image).astype(np.uint8)
    except (OSError, SyntaxError) as error:
        raise DatasetError(f"{file} can't be read as an image. Remedy: {remedy}") from error
