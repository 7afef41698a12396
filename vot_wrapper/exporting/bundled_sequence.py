"""A bundled sequence: its images, and the true mask of each object in each frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.datasets.images import images_in
from vot_wrapper.preflight.listing import LIST
from vot_wrapper.preflight.sequence import METADATA

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class BundledSequence:
    """A sequence of a bundled workspace, whose truth consists of masks.

    Attributes:
        name: of its folder.
        images: in order.
        masks: (H, W) per frame, without pixels where the object is absent; by object, those that
            start earlier first.
        size: width and height of the images.
        fps: frames per second.
    """

    name: str
    images: Sequence[Path]
    masks: Mapping[str, list[Mask]]
    size: tuple[int, int]
    fps: int

    @classmethod
    def of(cls, folder: Path) -> BundledSequence:
        """Read a sequence's folder."""
        lines = (folder / METADATA).read_text(encoding="utf-8").splitlines()
        facts = dict(line.split("=", 1) for line in lines)
        size = int(facts["width"]), int(facts["height"])
        masks = {
            file.stem.partition("_")[2]: [
                _mask(row, size) for row in file.read_text(encoding="utf-8").split()
            ]
            for file in sorted(folder.glob("groundtruth*.txt"))
        }
        starts = {name: [bool(m.any()) for m in each].index(True) for name, each in masks.items()}
        ordered = {name: masks[name] for name in sorted(masks, key=starts.__getitem__)}
        return cls(folder.name, images_in(folder / "color"), ordered, size, int(facts["fps"]))


def bundled_sequences(workspace: Path) -> list[BundledSequence]:
    """The sequences of a bundled workspace, in the order of its list."""
    data = workspace / "sequences"
    names = (data / LIST).read_text(encoding="utf-8").split()
    return [BundledSequence.of(data / name) for name in names]


def _mask(row: str, size: tuple[int, int]) -> Mask:
    """A row of VOT's text format, m<x>,<y>,<width>,<height>,<runs>; any other is no region."""
    mask = np.zeros((size[1], size[0]), np.bool_)
    if not row.startswith("m"):
        return mask
    x, y, width, height, *runs = (int(number) for number in row[1:].split(","))
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    inner = np.zeros(width * height, np.bool_)
    inner[: len(values)] = values
    mask[y : y + height, x : x + width] = inner.reshape(height, width)
    return mask


def box_of(mask: Mask) -> tuple[int, int, int, int]:
    """Left, top, width and height of the pixels of a mask, the first pixel being 1; zeros of one
    without pixels."""
    if not mask.any():
        return 0, 0, 0, 0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return int(columns[0]) + 1, int(rows[0]) + 1, int(width), int(height)
