"""Data sets of a few sequences, with answers to go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samurai.datasets.base import (
    Boxes,
    BoxSequence,
    Dataset,
    FirstPixel,
    MaskObject,
    MaskSequence,
    Reading,
    Submission,
)

PALETTE = [value for color in range(256) for value in (color, 255 - color, color // 2)]


def box_dataset(
    sequences: Sequence[BoxSequence],
    protocols: Sequence[str] = ("lasot", "pytracking"),
    submission: Submission | None = None,
    missing: Mapping[str, str] | None = None,
) -> Dataset:
    """A data set of given sequences, whatever the root."""
    return dataset("box", sequences, protocols, submission, missing)


def dataset(
    kind: Literal["box", "mask"],
    sequences: Sequence[BoxSequence] | Sequence[MaskSequence],
    protocols: Sequence[str],
    submission: Submission | None = None,
    missing: Mapping[str, str] | None = None,
) -> Dataset:
    """The same with masks or boxes."""

    def read(root: Path, annotations_only: bool) -> Reading:
        return Reading(root, sequences, missing or {})

    return Dataset(
        "small",
        "Small",
        kind,
        read,
        tuple(protocols),
        "https://small.example",
        "none",
        "nothing",
        submission,
    )


def moving_boxes(frames: int, seed: int) -> Boxes:
    """Boxes of whole pixels that wander, (n, 4)."""
    random = np.random.default_rng(seed)
    steps = random.integers(-4, 5, (frames, 2)).cumsum(axis=0)
    sizes = random.integers(20, 60, (frames, 2))
    return np.asarray(np.concatenate([100 + steps, sizes], axis=1), float)


def box_sequence(
    name: str, frames: int = 12, seed: int = 0, first_pixel: FirstPixel = 1
) -> BoxSequence:
    """A sequence without images."""
    return BoxSequence(name, (), moving_boxes(frames, seed), first_pixel)


def near(truth: Boxes, seed: int, spread: int = 6) -> Boxes:
    """Answers that are off by some pixels."""
    random = np.random.default_rng(seed)
    answers = truth + random.integers(-spread, spread + 1, truth.shape)
    answers[0] = truth[0]
    return np.asarray(answers)


def write_boxes(file: Path, boxes: Boxes, separator: str = ",") -> None:
    """A file of results."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (separator.join(f"{value:g}" for value in row) for row in boxes)
    file.write_text("".join(f"{line}\n" for line in lines))


def write_labels(file: Path, labels: NDArray[np.uint8]) -> None:
    """An image of labels with a palette."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(labels, "P")
    image.putpalette(PALETTE)
    image.save(file)


def squares(frames: int, numbers: Sequence[int], shift: int = 0) -> list[NDArray[np.uint8]]:
    """Labels (40, 60) of squares that move, one per number."""
    found = []
    for frame in range(frames):
        labels = np.zeros((40, 60), np.uint8)
        for place, number in enumerate(numbers):
            x, y = 3 + frame + 20 * place + shift, 5 + 3 * place
            labels[y : y + 14, x : x + 12] = number
        found.append(labels)
    return found


def mask_sequence(
    root: Path, name: str, labels: Sequence[NDArray[np.uint8]], per_object: bool = False
) -> MaskSequence:
    """A sequence whose truth is written below a root, all objects in a file or each in its own."""
    numbers = sorted({int(n) for each in labels for n in np.unique(each) if n})
    stems = tuple(f"{frame:05d}" for frame in range(len(labels)))
    objects = []
    for number in numbers:
        masks = {}
        for frame, each in enumerate(labels):
            if per_object:
                file = root / name / f"{number:03d}" / f"{stems[frame]}.png"
                write_labels(file, (each == number).astype(np.uint8))
            else:
                file = root / name / f"{stems[frame]}.png"
                write_labels(file, each)
            if not per_object or (each == number).any():
                masks[frame] = file
        objects.append(MaskObject(number, masks, None if per_object else number))
    return MaskSequence(name, (), tuple(objects), stems)
