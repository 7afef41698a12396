"""Need for Speed at 30 frames per second, in three layouts; the folder's own listing counts.

official      <seq>/30/<seq>/%05d.jpg, <seq>/30/<seq>.txt: corners, at 240 frames per second
pytracking's  sequences/<seq>/%05d.jpg, anno/nfs_<seq>.txt
SAMURAI's     <seq>/30/groundtruth.txt
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samurai.datasets.base import Boxes, BoxSequence, Dataset, Reading
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, read_layout
from samurai.datasets.published import published
from samurai.datasets.text import read_boxes, read_lines
from samurai.errors import DatasetError
from samurai.spelling import natural

COUNT = 100
STEP = 8
"""Rows of the official truth per image."""

SPELLINGS = {"dog_2": ("dog",)}
"""Other names of sequences inside their own folders."""

NAME_PREFIX = "nfs_"
EXPECTED = "NFS (<seq>/30/<seq>.txt, <seq>/30/groundtruth.txt, or anno/nfs_<seq>.txt)"


@dataclass(frozen=True)
class _Place:
    truth: Path
    images: tuple[Path, ...]
    """Folders, of which the first with images counts."""


def read(root: Path, annotations_only: bool) -> Reading:
    """NFS at 30 frames per second."""
    return read_layout(root, _look, _sequence, EXPECTED, annotations_only)


def _look(folder: Path) -> Layout[_Place]:
    places, lacking = _by_sequence(folder)
    if not places:
        places, lacking = _repackaged(folder)
    names = sorted({*places, *lacking}, key=natural)
    notes: tuple[str, ...] = ()
    if len(names) != COUNT:
        notes = (f"{len(names)} sequences are here, and {COUNT} in the data set",)
    return Layout(names, places, lacking, notes)


def _by_sequence(folder: Path) -> tuple[dict[str, _Place], dict[str, str]]:
    """The official layout and SAMURAI's."""
    places: dict[str, _Place] = {}
    lacking: dict[str, str] = {}
    for name in listing(folder):
        inner = folder / name / "30"
        below = listing(inner)
        spellings = (name, *SPELLINGS.get(name, ()))
        truths = ("groundtruth.txt", *(f"{each}.txt" for each in spellings))
        truth = next((each for each in truths if each in below), None)
        if truth is not None:
            images = (*(inner / each for each in (*spellings, "img")), inner)
            places[name] = _Place(inner / truth, images)
        elif below:
            lacking[name] = f"{inner / name}.txt is missing"
    return places, lacking


def _repackaged(folder: Path) -> tuple[dict[str, _Place], dict[str, str]]:
    """The layout of pytracking, or a folder of its annotations."""
    inner = folder / "anno" if (folder / "anno").is_dir() else folder
    texts = [
        each for each in listing(inner) if each.startswith(NAME_PREFIX) and each.endswith(".txt")
    ]
    places = {}
    for text in texts:
        name = text[len(NAME_PREFIX) : -len(".txt")]
        places[name] = _Place(inner / text, (folder / "sequences" / name,))
    videos = listing(folder / "sequences") if places else []
    lacking = {
        each: f"{inner / NAME_PREFIX}{each}.txt is missing" for each in videos if each not in places
    }
    return places, lacking


def _sequence(annotations_only: bool, name: str, place: _Place) -> BoxSequence | str:
    images: Sequence[Path] = ()
    if not annotations_only:
        found = (images_in(folder) for folder in place.images)
        images = next((each for each in found if each), ())
        if not images:
            return f"{place.images[0]} holds no images"
    lines = read_lines(place.truth)
    if not lines or len(lines[0].split()) < 10:
        return BoxSequence(name, images, read_boxes(place.truth), first_pixel=0)
    truth = _corners(place.truth, lines)
    if not images or len(truth) > len(images) * STEP // 2:
        truth = truth[::STEP]
    return BoxSequence(name, images, truth, first_pixel=0)


def _corners(file: Path, lines: list[str]) -> Boxes:
    """Boxes of the official files, whose lines are: 0, left, top, right, bottom, frame, lost,
    occluded, generated, class."""
    try:
        corners = np.array([line.split()[1:5] for line in lines], dtype=np.float64)
    except ValueError:
        corners = np.zeros((0, 0))
    if corners.shape != (len(lines), 4):
        bad = next(n for n, line in enumerate(lines, 1) if len(line.split()) < 10 or not _ok(line))
        raise DatasetError(
            f"{file}, line {bad}: not a line of NFS. Remedy: restore the file from the data set"
        )
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)


def _ok(line: str) -> bool:
    try:
        return len([float(word) for word in line.split()[1:5]]) == 4
    except ValueError:
        return False


NFS30 = Dataset(
    name="nfs30",
    title="NFS30",
    kind="box",
    read=read,
    protocols=("otb", "pytracking"),
    home="http://ci2cv.net/nfs/index.html",
    license="for research; not stated clearly",
    size="5.1 GB (30 frames per second)",
    published=published("nfs30"),
)
