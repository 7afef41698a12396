"""UAV123: `anno/UAV123/<target>.txt` and `data_seq/UAV123/<folder>/%06d.jpg`.

123 targets are ranges of 91 folders, see lists/uav123.txt. Rows of NaN: the object is absent. A
plain folder of annotations suffices for scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samurai.datasets.base import BoxSequence, Dataset, Reading
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, ignored, of_range, read_layout, set_by
from samurai.datasets.lists import rows
from samurai.datasets.text import read_boxes, read_flags

LAYOUTS = (
    ("anno/UAV123", "data_seq/UAV123"),
    ("UAV123/anno/UAV123", "UAV123/data_seq/UAV123"),
    ("", ""),
)
"""Folders of annotations and of images below the root; the last is a folder of annotations."""

ATTRIBUTES = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")
"""In the order of the flags in `att/`."""

EXPECTED = "UAV123 (anno/UAV123/<target>.txt and data_seq/UAV123/, or a folder of texts)"


@dataclass(frozen=True)
class _Place:
    annotations: Path
    images: Path | None
    first: int
    last: int


def read(root: Path, annotations_only: bool) -> Reading:
    """UAV123."""
    return read_layout(root, _look, _sequence, EXPECTED, annotations_only)


def _look(folder: Path) -> Layout[_Place]:
    known = rows("uav123")
    names = tuple(name for name, *_ in known)
    for inner, data in LAYOUTS:
        texts = {each[:-4] for each in listing(folder / inner) if each.endswith(".txt")}
        others = sorted(texts - set(names))
        if len(others) >= len(texts & set(names)):
            continue  # nothing, or another data set with some of the names
        places: dict[str, _Place] = {}
        lacking: dict[str, str] = {}
        for name, video, first, last in known:
            images = folder / data / video if data else None
            if name in texts:
                places[name] = _Place(folder / inner, images, int(first), int(last))
            else:
                lacking[name] = f"{folder / inner / name}.txt is missing"
        notes = ignored(others, "which aren't in UAV123")
        return Layout(names, places, lacking, notes, pictures=bool(data))
    return Layout(names, {})


def _sequence(annotations_only: bool, name: str, place: _Place) -> BoxSequence | str:
    truth = read_boxes(place.annotations / f"{name}.txt")
    truth, notes = of_range(truth, place.first, place.last)
    images: Sequence[Path] = ()
    if place.images and not annotations_only:
        images = images_in(place.images, place.first, place.last)
        if not images:
            return f"{place.images} holds no images {place.first} to {place.last}"
    file = place.annotations / "att" / f"{name}.txt"
    attributes = set_by(read_flags(file), ATTRIBUTES) if file.is_file() else ()
    return BoxSequence(name, images, truth, first_pixel=1, attributes=attributes, notes=notes)


UAV123 = Dataset(
    name="uav123",
    title="UAV123",
    kind="box",
    read=read,
    protocols=("uav", "otb", "pytracking-uav"),
    home="https://cemse.kaust.edu.sa/ivul/uav123",
    license="for research",
    size="13.5 GB",
)
