"""A tracker's results on a data set, ours or anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from samurai.benchmark.scores import BoxConvention
from samurai.datasets.base import Boxes, FirstPixel
from samurai.datasets.text import read_boxes

RECORD = "run.json"
"""Written beside results by `samurai benchmark`: with what they were made."""


@dataclass(frozen=True)
class TrackerResults:
    """A tracker's results on a data set.

    Attributes:
        tracker: the name of their folder.
        folder: where they lie.
        files: text files with boxes, one per repetition, or a folder with masks, by sequence.
        record: what `samurai benchmark` noted about the run; empty for others' results.
        kept: boxes that were read, for those who read them again; None: they aren't kept.
    """

    tracker: str
    folder: Path
    files: Mapping[str, tuple[Path, ...]]
    record: Mapping[str, object] = field(default_factory=dict)
    kept: dict[str, tuple[Boxes, ...]] | None = None

    @property
    def conventions(self) -> tuple[BoxConvention, ...]:
        """How its boxes may be counted."""
        return ("pixels", "samurai") if self.record.get("box") == "pixels" else ("as given",)

    def boxes(
        self, sequence: str, box: BoxConvention, first_pixel: FirstPixel
    ) -> tuple[Boxes, ...]:
        """The boxes (n, 4) of each repetition of a sequence.

        Raises:
            DatasetError: a file can't be read as boxes.
        """
        found = None if self.kept is None else self.kept.get(sequence)
        if found is None:
            found = tuple(read_boxes(file) for file in self.files[sequence])
        if self.kept is not None:
            self.kept[sequence] = found
        return tuple(as_samurai(each, first_pixel) for each in found) if box == "samurai" else found


def as_samurai(boxes: Boxes, first_pixel: FirstPixel) -> Boxes:
    """Boxes that cover pixels (n, 4), as SAMURAI's scripts would have written the same masks.

    They write max - min without the one, whole numbers, count from 0 in every data set, and write
    four zeros where there is no mask.
    """
    moved = boxes - np.array([first_pixel, first_pixel, 1.0, 1.0])
    there = (boxes[:, 2:] > 0).all(axis=1)
    moved[~there] = 0
    truncated: Boxes = moved.astype(int).astype(float)
    return truncated
