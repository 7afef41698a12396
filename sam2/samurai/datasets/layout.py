"""What readers share: finding a data set's folder, and making a `Reading` of what it holds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from samurai.datasets.base import AnySequence, Boxes, BoxSequence, Reading, Rows
from samurai.datasets.images import listing
from samurai.errors import DatasetError
from samurai.spelling import listed

Place = TypeVar("Place")
Numbered = TypeVar("Numbered", Boxes, tuple[str, ...])

ANNOTATIONS = ("anno", "annos", "annotations")
"""Folders whose texts are the truth, and not results that lie beside it."""


@dataclass(frozen=True)
class Layout(Generic[Place]):
    """What a folder holds of a data set, before any file is opened.

    Attributes:
        names: of the sequences that count, in order.
        places: where their files are, as far as they are there.
        lacking: what is missing of a name without a place, where "it isn't there" says too little.
        notes: as `Reading.notes`.
        pictures: whether it can hold images, and not only annotations.
    """

    names: Sequence[str]
    places: Mapping[str, Place]
    lacking: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: bool = True

    def found(self, annotations_only: bool) -> tuple[int, int]:
        """How many sequences it has, those that can be used first."""
        count = len(self.places)
        return (count if self.pictures or annotations_only else 0), count


def find_root(
    given: Path, look: Callable[[Path], Layout[Place]], expected: str, annotations_only: bool
) -> tuple[Path, Layout[Place]]:
    """The folder that holds most of a data set: the given one, one inside it, or that around it.

    Args:
        look: what a folder holds.
        expected: what a message says should be there: data set and layout.
        annotations_only: whether images may be missing.

    Raises:
        DatasetError: none of these folders holds a sequence, or several hold as many.
    """
    if not given.is_dir():
        what = "is no folder" if given.exists() else "doesn't exist"
        raise DatasetError(f"{given} {what}. Remedy: name the folder that holds {expected}")
    layout = look(given)
    found = layout.found(annotations_only)
    if found[0] == len(layout.names) > 0:
        return given, layout
    others = _readable(_around(given), look)
    most = max([found, *(other.found(annotations_only) for _, other in others)])
    if not most[1]:
        names = listing(given)
        held = listed(names) if names else "nothing"
        raise DatasetError(
            f"{given} holds {held}, and no sequence of {expected}. Remedy: name the folder that "
            "holds them, or the one above it"
        )
    if found == most:
        return given, layout
    best = [each for each in others if each[1].found(annotations_only) == most]
    best = list({each[0].resolve(): each for each in best}.values())  # links to the same folder
    best = [each for each in best if each[1].pictures] or best
    best = [each for each in best if each[0].name in ANNOTATIONS] or best
    if len(best) > 1:
        raise DatasetError(
            f"{given} holds several folders with sequences of {expected}: "
            f"{listed(folder.name for folder, _ in best)}. Remedy: name the one that counts"
        )
    return best[0]


def _readable(
    folders: Iterable[Path], look: Callable[[Path], Layout[Place]]
) -> list[tuple[Path, Layout[Place]]]:
    """What folders hold; without those that can't be read, which nobody named."""
    found = []
    for folder in folders:
        with contextlib.suppress(DatasetError):
            found.append((folder, look(folder)))
    return found


def _around(given: Path) -> Iterator[Path]:
    """Folders one level below and above."""
    for name in listing(given):
        if (given / name).is_dir():
            yield given / name
    whole = Path(os.path.abspath(given))  # without following links, as a user sees it
    if whole.parent != whole:
        yield whole.parent


def read_layout(
    root: Path,
    look: Callable[[Path], Layout[Place]],
    sequence: Callable[[bool, str, Place], AnySequence | str],
    expected: str,
    annotations_only: bool,
) -> Reading:
    """Find a data set's folder and read all of its sequences.

    Args:
        root, look, expected: as for `find_root`.
        sequence: makes a sequence, or says what of it is missing; from `annotations_only`, its name
            and its place.
        annotations_only: whether images may be missing.

    Raises:
        DatasetError: as `find_root`.
    """
    folder, layout = find_root(root, look, expected, annotations_only)
    return collect(folder, layout, partial(sequence, annotations_only), annotations_only)


def collect(
    root: Path,
    layout: Layout[Place],
    read: Callable[[str, Place], AnySequence | str],
    annotations_only: bool,
) -> Reading:
    """Read all sequences.

    Args:
        root: of the data set.
        layout: what it holds.
        read: makes a sequence; or says what of it is missing.
        annotations_only: whether images may be missing.
    """
    sequences: list[AnySequence] = []
    missing: dict[str, str] = {}
    for name in layout.names:
        if name not in layout.places:
            missing[name] = layout.lacking.get(name, "it isn't there")
            continue
        try:
            found = read(name, layout.places[name])
        except DatasetError as error:
            found = str(error).partition(" Remedy: ")[0].rstrip(".")
        if isinstance(found, str):
            missing[name] = found
        elif not annotations_only and not found.images:
            missing[name] = "it has no images"
        else:
            sequences.append(checked(found) if isinstance(found, BoxSequence) else found)
    return Reading(root, sequences, missing, layout.notes)


def checked(sequence: BoxSequence) -> BoxSequence:
    """The sequence with notes about numbers of images and rows, and about its prompt."""
    notes = list(sequence.notes)
    rows, images = len(sequence.truth), len(sequence.images)
    if 1 < rows < images:
        notes.append(f"{images} images and {rows} rows of the truth: the last images are left out")
    elif rows > images > 0:
        notes.append(f"{images} images and {rows} rows of the truth: the last rows have no image")
    if not _usable(sequence):
        row = ", ".join(f"{value:g}" for value in sequence.truth[0])
        notes.append(f"the first row of the truth ({row}) is no box in the image to start from")
    return replace(sequence, notes=tuple(notes))


def _usable(sequence: BoxSequence) -> bool:
    """Whether the first box has an area and touches the frame, as far as that is known."""
    x, y, width, height = sequence.truth[0] - (sequence.first_pixel, sequence.first_pixel, 0, 0)
    if not (np.isfinite((x, y, width, height)).all() and width > 0 and height > 0):
        return False
    columns, rows = sequence.size or (np.inf, np.inf)
    return bool(x + width > 0 and y + height > 0 and x < columns and y < rows)


def of_range(truth: Numbered, first: int, last: int) -> tuple[Numbered, tuple[str, ...]]:
    """The rows of the images from one number to another, and notes.

    A file has the rows of these images alone, or of all images from number 1 on.
    """
    count = last - first + 1
    rows = truth[first - 1 :] if len(truth) == last else truth
    if len(rows) == count:
        return rows, ()
    return rows, (f"{len(truth)} rows of the truth, where the official list has {count} frames",)


def fitted(flags: Rows, count: int) -> tuple[Rows, tuple[str, ...]]:
    """Flags for `count` frames: more are cut off, missing ones are true; and notes."""
    if len(flags) == count:
        return flags, ()
    kept = flags[:count]
    padded = np.concatenate([kept, np.ones(count - len(kept), np.bool_)])
    return padded, (f"{len(flags)} flags of visibility for {count} rows of the truth",)


def other_list(file: str, names: Iterable[str], official: Sequence[str]) -> tuple[str, ...]:
    """A note about a list of one's own; none where it has the official names."""
    own = set(names)
    if own == set(official):
        return ()
    return (f"{file} names {len(own)} sequences, not the official {len(official)}",)


def set_by(flags: Iterable[int], names: Sequence[str]) -> tuple[str, ...]:
    """The names whose flag is set."""
    return tuple(name for flag, name in zip(flags, names, strict=False) if flag)


def ignored(names: Iterable[str], what: str) -> tuple[str, ...]:
    """A note about further sequences; none where there are none."""
    found = list(names)
    if not found:
        return ()
    return (f"{len(found)} further sequences are ignored, {what}: {listed(found)}",)
