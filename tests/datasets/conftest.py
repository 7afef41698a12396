"""Small data sets: truth as text, images as empty files, which no reader opens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samurai.datasets import dataset
from samurai.datasets.base import BoxSequence, MaskSequence, Reading


def write(file: Path, *rows: object) -> Path:
    """A text file with these lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{row}\n" for row in rows))
    return file


def boxes(count: int, start: int = 10) -> list[str]:
    """Rows of a box that moves right."""
    return [f"{start + number},20,30,40" for number in range(count)]


def images(folder: Path, names: Iterable[str]) -> Path:
    """Empty files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def numbered(count: int, digits: int = 8, first: int = 1) -> list[str]:
    return [f"{number:0{digits}d}.jpg" for number in range(first, first + count)]


def mask(file: Path, values: NDArray[np.uint8]) -> Path:
    """A palette PNG."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(values, mode="L")
    picture.putpalette(bytes(range(256)) * 3)
    picture.save(file)
    return file


def read(name: str, root: Path, annotations_only: bool = False) -> Reading:
    return dataset(name).read(root, annotations_only)


def box_sequences(reading: Reading) -> dict[str, BoxSequence]:
    """By name."""
    return {each.name: each for each in reading.sequences if isinstance(each, BoxSequence)}


def mask_sequences(reading: Reading) -> dict[str, MaskSequence]:
    """By name."""
    return {each.name: each for each in reading.sequences if isinstance(each, MaskSequence)}
