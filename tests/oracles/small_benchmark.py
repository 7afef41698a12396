"""Data sets of a few tiny frames, for tests of what runs trackers on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samurai.datasets.base import (
    AnySequence,
    BoxSequence,
    Dataset,
    FirstPixel,
    MaskObject,
    MaskSequence,
    Reading,
)

COLOR = 200
SIZE = (24, 40)  # height and width

Spans = tuple[int, int, int, int]
"""x, y, width, height in pixels from 0."""


def picture(
    objects: Mapping[int, Spans], size: tuple[int, int] = SIZE, corner: int = 0
) -> NDArray[np.uint8]:
    """A dark frame with a rectangle of each color."""
    frame = np.full((*size, 3), 10, np.uint8)
    for color, (x, y, width, height) in objects.items():
        frame[y : y + height, x : x + width] = color
    if corner:
        frame[0, 0] = corner
    return frame


def save(file: Path, pixels: NDArray[np.uint8]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file, format="PNG")
    return file


def moving(index: int) -> Spans:
    """Where the object of `box_sequence` is."""
    return 3 + index, 2 + index // 2, 8, 6


def box_sequence(
    folder: Path, name: str, frames: int = 6, first_pixel: FirstPixel = 0, corner: int = 0
) -> BoxSequence:
    """A rectangle that moves to the right."""
    files = [
        save(folder / name / f"{index:04d}.png", picture({COLOR: moving(index)}, corner=corner))
        for index in range(frames)
    ]
    truth = np.array([moving(index) for index in range(frames)], float)
    truth[:, :2] += first_pixel
    return BoxSequence(name, tuple(files), truth, first_pixel)


def label_file(file: Path, labels: NDArray[np.uint8]) -> Path:
    """A palette image, as data sets have them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(labels)
    image.putpalette([value for label in range(256) for value in (label, 0, 255 - label)])
    image.save(file, format="PNG")
    return file


def mask_sequence(
    folder: Path, name: str, starts: Mapping[int, int], frames: int = 5
) -> MaskSequence:
    """Objects of color 100 + 10 * number, side by side, that move down from their first frame.

    Each object's first mask lies in a file with the labels of all objects that are there.
    """
    files, labels = [], {}
    for index in range(frames):
        there = {
            number: (2 + 10 * place, 2 + index, 6, 5)
            for place, (number, start) in enumerate(starts.items())
            if index >= start
        }
        pixels = picture({100 + 10 * number: where for number, where in there.items()})
        files.append(save(folder / name / f"{index:05d}.png", pixels))
        values = np.zeros(SIZE, np.uint8)
        for number, (x, y, width, height) in there.items():
            values[y : y + height, x : x + width] = number
        labels[index] = label_file(folder / f"{name}-labels" / f"{index:05d}.png", values)
    objects = tuple(
        MaskObject(number, {start: labels[start]}, number) for number, start in starts.items()
    )
    return MaskSequence(name, tuple(files), objects, tuple(f"{i:05d}" for i in range(frames)))


def dataset(
    name: str, sequences: Sequence[AnySequence], missing: Mapping[str, str] | None = None
) -> Dataset:
    """A data set of these sequences, whatever the root."""
    kind = "mask" if isinstance(sequences[0], MaskSequence) else "box"
    return Dataset(
        name,
        name.upper(),
        kind,  # type: ignore[arg-type]
        lambda root, _: Reading(root, list(sequences), missing or {}),
        ("lasot",),
        "https://example.org",
        "none",
        "tiny",
    )
