"""OTB100 (OTB-2015): 98 folders with `img/` and `groundtruth_rect.txt`, and 100 targets.

lists/otb100.txt has each target's folder, truth and images. A plain folder of annotations, a file
per target, suffices for scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samurai.datasets.base import BoxSequence, Dataset, Reading
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, ignored, of_range, read_layout
from samurai.datasets.lists import rows
from samurai.datasets.published import published
from samurai.datasets.text import read_boxes
from samurai.spelling import plain_name

EXPECTED = "OTB100 (<Sequence>/groundtruth_rect.txt and img/, or a folder of texts)"

SPELLINGS = {"Human4-2": ("Human4",)}
"""Further names of targets: some tools leave out the number of the only target that counts."""


@dataclass(frozen=True)
class Target:
    """A line of lists/otb100.txt: images are numbered `first` to `last`."""

    name: str
    folder: str
    truth: str
    first: int
    last: int

    @property
    def truths(self) -> tuple[str, ...]:
        """Names that its truth has in the data set and in copies of it."""
        return self.truth, self.truth.replace("groundtruth_rect", "groundtruth")


def targets() -> tuple[Target, ...]:
    """All targets in the official order."""
    return tuple(
        Target(name, folder, truth, int(first), int(last))
        for name, folder, truth, first, last in rows("otb100")
    )


@dataclass(frozen=True)
class _Place:
    target: Target
    truth: Path
    images: Path | None


def read(root: Path, annotations_only: bool) -> Reading:
    """OTB100."""
    return read_layout(root, _look, _sequence, EXPECTED, annotations_only)


def _look(folder: Path) -> Layout[_Place]:
    known = targets()
    names = tuple(each.name for each in known)
    entries = {plain_name(name): name for name in reversed(listing(folder))}
    texts = {plain_name(each[:-4]): each for each in entries.values() if each.endswith(".txt")}
    places: dict[str, _Place] = {}
    lacking: dict[str, str] = {}
    used: set[str] = set()
    for target in known:
        spellings = [plain_name(each) for each in (target.name, *SPELLINGS.get(target.name, ()))]
        inner = next((e for e in (plain_name(target.folder), *spellings) if e in entries), None)
        text = next((each for each in spellings if each in texts), None)
        if inner is not None:
            used.add(entries[inner])
            below = set(listing(folder / entries[inner]))
            truth = next((each for each in target.truths if each in below), None)
            if truth is None:
                lacking[target.name] = f"{folder / entries[inner] / target.truth} is missing"
                continue
            images = folder / entries[inner] / "img"
            places[target.name] = _Place(target, images.with_name(truth), images)
        elif text is not None:
            used.add(texts[text])
            places[target.name] = _Place(target, folder / texts[text], None)
    others = [name for name in entries.values() if name not in used and _a_sequence(folder / name)]
    if len(others) > len(places):
        return Layout(names, {})  # another data set with some of the names
    pictures = any(place.images for place in places.values())
    return Layout(names, places, lacking, ignored(others, "which aren't in OTB100"), pictures)


def _a_sequence(path: Path) -> bool:
    return path.suffix == ".txt" or any(path.glob("groundtruth*.txt"))


def _sequence(annotations_only: bool, name: str, place: _Place) -> BoxSequence | str:
    target = place.target
    truth, notes = of_range(read_boxes(place.truth), target.first, target.last)
    images: Sequence[Path] = ()
    if place.images and not annotations_only:
        images = images_in(place.images, target.first, target.last)
        if not images:
            return f"{place.images} holds no images {target.first} to {target.last}"
    return BoxSequence(name, images, truth, first_pixel=1, before=target.first - 1, notes=notes)


OTB100 = Dataset(
    name="otb100",
    title="OTB100",
    kind="box",
    read=read,
    protocols=("otb", "pytracking"),
    home="http://cvlab.hanyang.ac.kr/tracker_benchmark/datasets.html",
    license="none stated",
    size="2.7 GB",
    published=published("otb100"),
)
