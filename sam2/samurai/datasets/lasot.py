"""LaSOT's test set: `<class>/<class>-<n>/`, also without the folders of classes.

The annotations of its toolkit (HengLan/LaSOT_Evaluation_Toolkit, `annos/`) suffice for scores, and
count where they lie beside the sequences: they are what published scores are computed with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from samurai.datasets.base import BoxSequence, Dataset, Reading, Rows
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import (
    Layout,
    fitted,
    ignored,
    other_list,
    read_layout,
    set_by,
)
from samurai.datasets.lists import rows
from samurai.datasets.published import published
from samurai.datasets.text import read_boxes, read_flags, read_names

OWN_LIST = "testing_set.txt"
"""Beside the sequences: their names, instead of the official ones."""

LISTS = ("lasot", "lasot-ext")
"""Official lists of data sets in this layout."""

ABSENCES = ("full_occlusion.txt", "out_of_view.txt")
ATTRIBUTES = (
    *("IV", "POC", "DEF", "MB", "CM", "ROT", "BC"),
    *("VC", "SV", "FOC", "FM", "OV", "LR", "ARC"),
)
"""In the order of the toolkit's flags in `annos/att`."""

_SEQUENCE = re.compile(r".+-\d+")


@dataclass(frozen=True)
class _Place:
    """Where a sequence's files are: its folder, the folder of the toolkit's annotations."""

    folder: Path | None
    annotations: Path | None
    notes: tuple[str, ...] = ()


def read(root: Path, annotations_only: bool, official: str, title: str) -> Reading:
    """A data set in LaSOT's layout.

    Args:
        root: see `find_root`.
        annotations_only: whether images may be missing.
        official: the list of its sequences.
        title: for messages.
    """
    expected = f"{title} (<class>/<class>-<n>/groundtruth.txt and img/, or its toolkit's annos/)"
    reading = read_layout(root, partial(_look, official), _sequence, expected, annotations_only)
    unflagged = [
        each.name
        for each in reading.sequences
        if isinstance(each, BoxSequence) and each.visible is None
    ]
    if not unflagged:
        return reading
    note = (
        f"{len(unflagged)} sequences have no flags of absence, so that the object counts as "
        "visible in all of their frames"
    )
    return replace(reading, notes=(*reading.notes, note))


def _look(official: str, folder: Path) -> Layout[_Place]:
    entries = set(listing(folder))
    listed = tuple(name for (name,) in rows(official))
    names = (_own_names(folder / OWN_LIST, official) if OWN_LIST in entries else ()) or listed
    inner = folder / "annos" if "annos" in entries else folder
    texts = {Path(name).stem for name in listing(inner) if name.endswith(".txt")}
    classes = {name.rpartition("-")[0] for name in names}
    inside = {each: set(listing(folder / each)) for each in classes & entries}
    places: dict[str, _Place] = {}
    lacking: dict[str, str] = {}
    for name in names:
        kind = name.rpartition("-")[0]
        found = [folder / kind / name] if name in inside.get(kind, ()) else []
        found += [folder / name] if name in entries else []
        annotations = inner if name in texts else None
        if found or annotations:
            twice = f"{found[0]} counts, and not its copy {found[1]}" if len(found) > 1 else ""
            first = found[0] if found else None
            places[name] = _Place(first, annotations, (twice,) if twice else ())
        elif kind not in entries:
            lacking[name] = f"neither its class's folder {kind} nor {name} is there"
    all_found = {*texts, *entries, *(name for each in inside.values() for name in each)}
    others = sorted(name for name in all_found - set(names) if _SEQUENCE.fullmatch(name))
    further = ignored(others, "which aren't in the list of the test set")
    notes = (*other_list(OWN_LIST, names, listed), *further)
    pictures = any(place.folder for place in places.values())
    return Layout(names, places, lacking, notes, pictures)


def _own_names(file: Path, official: str) -> tuple[str, ...]:
    """The names in a list of the user's; none if it is that of LaSOT's other set."""
    names = read_names(file)
    others = {name for other in LISTS if other != official for (name,) in rows(other)}
    return () if others & set(names) else names


def _sequence(annotations_only: bool, name: str, place: _Place) -> BoxSequence | str:
    file = place.folder / "groundtruth.txt" if place.folder else Path()
    if place.annotations:
        file = place.annotations / f"{name}.txt"
    if not file.is_file():
        return f"{file} is missing"
    truth = read_boxes(file)
    visible, notes = _visible(name, place, len(truth))
    attributes: tuple[str, ...] = ()
    if place.annotations and (place.annotations / "att" / f"{name}.txt").is_file():
        attributes = set_by(read_flags(place.annotations / "att" / f"{name}.txt"), ATTRIBUTES)
    images: Sequence[Path] = ()
    if place.folder and not annotations_only:
        images = images_in(place.folder / "img")
        if not images:
            return f"{place.folder / 'img'} holds no images"
    return BoxSequence(
        name,
        images,
        truth,
        first_pixel=1,
        visible=visible,
        attributes=attributes,
        notes=(*place.notes, *notes),
    )


def _visible(name: str, place: _Place, count: int) -> tuple[Rows | None, tuple[str, ...]]:
    """Where the object is in view, and notes; None where nothing says it."""
    files = [place.folder / each for each in ABSENCES] if place.folder else []
    if place.annotations and (place.annotations / "absent" / f"{name}.txt").is_file():
        files = [place.annotations / "absent" / f"{name}.txt"]
    visible = np.ones(count, np.bool_)
    notes: tuple[str, ...] = ()
    there = [file for file in files if file.is_file()]
    for file in there:
        flags, more = fitted(read_flags(file) == 0, count)
        visible &= flags
        notes = (*notes, *more)
    return (visible if there else None), tuple(dict.fromkeys(notes))


LASOT = Dataset(
    name="lasot",
    title="LaSOT",
    kind="box",
    read=partial(read, official="lasot", title="LaSOT"),
    protocols=("lasot", "pytracking", "otb"),
    home="http://vision.cs.stonybrook.edu/~lasot/",
    license="images for research; annotations of the toolkit: Apache-2.0",
    size="about 48 GB (test set), 237 GB (all)",
    published=published("lasot"),
)
