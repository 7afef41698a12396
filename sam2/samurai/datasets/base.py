"""What every data set is for the rest: sequences with boxes, or with masks of several objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""(n, 4): x, y, width, height."""

Rows = NDArray[np.bool_]

FirstPixel = Literal[0, 1]
"""The coordinate of the top-left pixel in a data set's files."""


@dataclass(frozen=True)
class BoxSequence:
    """A video with one object, annotated with boxes.

    Attributes:
        name: unique in its data set.
        images: the frames in order; empty where only annotations are there.
        truth: (n, 4) as the data set's files have it, NaN where there is no box. The first row is
            the prompt. One row alone: a server has the rest.
        first_pixel: of these coordinates; 1 in data sets made with MATLAB.
        visible: (n,) where the data set says that the object is in view; None where it doesn't say.
        attributes: the data set's abbreviations, such as "OV".
        fps: frames per second of the video.
        size: width and height of the frames, where a file says it.
        before: images of its folder that come before the first frame; some tools have rows of them.
        notes: departures from the rule that a reader of the scores should know, one sentence each.
    """

    name: str
    images: Sequence[Path]
    truth: Boxes
    first_pixel: FirstPixel
    visible: Rows | None = None
    attributes: tuple[str, ...] = ()
    fps: float = 30
    size: tuple[int, int] | None = None
    before: int = 0
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """How many frames are tracked: as many as there are images and rows of the truth."""
        if len(self.truth) == 1 or not self.images:
            return max(len(self.images), len(self.truth))
        return min(len(self.images), len(self.truth))


@dataclass(frozen=True)
class MaskObject:
    """An object of a `MaskSequence`.

    Attributes:
        number: the data set's identifier, from 1 on.
        masks: image files with the object's true mask, by frame index, ascending. The first is the
            prompt.
        value: the pixels of these files that belong to the object; None: all that aren't zero.
        prompt: frame index of the prompt where it isn't the first: the masks before it are empty.
    """

    number: int
    masks: Mapping[int, Path]
    value: int | None = None
    prompt: int | None = None

    @property
    def start(self) -> int:
        """Index of the frame in which the object appears."""
        return min(self.masks) if self.prompt is None else self.prompt

    def pixels(self, labels: NDArray[np.uint8]) -> Rows:
        """The object's pixels (H, W) in the values of one of its files."""
        return np.asarray(labels != 0 if self.value is None else labels == self.value)


@dataclass(frozen=True)
class MaskSequence:
    """A video with one or several objects, annotated with masks.

    Attributes:
        name: unique in its data set.
        images: the frames in order; empty where only annotations are there.
        objects: by `MaskObject.number`, ascending.
        stems: names of the frames' files without suffix, which results have as well; of all frames.
        asked: frame indices of which results are written; None: all.
        fps: frames per second of the images.
        notes: as `BoxSequence.notes`.
    """

    name: str
    images: Sequence[Path]
    objects: tuple[MaskObject, ...]
    stems: tuple[str, ...]
    asked: tuple[int, ...] | None = None
    fps: float = 24
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """How many frames are tracked."""
        return len(self.stems)


AnySequence: TypeAlias = "BoxSequence | MaskSequence"


@dataclass(frozen=True)
class Reading:
    """What was found below a root.

    Attributes:
        root: the data set's folder in fact: the given one, one above it or one below.
        sequences: complete ones, in the order of the official list.
        missing: names of the official list that aren't there, each with what is missing.
        notes: what a reader of the scores should know, one sentence each.
    """

    root: Path
    sequences: Sequence[AnySequence]
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Submission = Literal["got10k", "trackingnet", "davis"]
"""Formats of archives for the servers of benchmarks."""


@dataclass(frozen=True)
class Published:
    """A published score, in percent.

    Attributes:
        tracker: with the size of its model, as in its paper's table.
        values: by the JSON name of the measure: auc, normalized_precision, ao, jf, ...
        source: paper, and its table.
    """

    tracker: str
    values: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Dataset:
    """A data set and how it is scored.

    Attributes:
        name: on the command line.
        title: as papers write it.
        kind: whether its answers are boxes or masks.
        read: everything below a root; with the second argument, annotations suffice. Raises
            DatasetError where the root isn't one of this data set.
        protocols: names of the rules it is scored by; the first is what papers print.
        submission: the archive that its server takes.
        published: to compare with.
        home: where it is found.
        license: of its images, in a few words.
        size: to download, in a few words.
        overlapping: whether masks of objects may share pixels.
    """

    name: str
    title: str
    kind: Literal["box", "mask"]
    read: Callable[[Path, bool], Reading]
    protocols: tuple[str, ...]
    home: str
    license: str
    size: str
    submission: Submission | None = None
    published: tuple[Published, ...] = ()
    overlapping: bool = False
