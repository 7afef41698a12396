"""DAVIS 2016 and 2017, the validation sets at 480p.

`JPEGImages/480p/<seq>/%05d.jpg` and `Annotations/480p/<seq>/%05d.png`, of one object or with an
object per palette index; `ImageSets/` names the sequences. A folder of `<seq>/%05d.png` suffices
for scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from samurai.datasets.base import Dataset, MaskObject, MaskSequence, Reading
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, other_list, read_layout
from samurai.datasets.lists import rows
from samurai.datasets.mask_files import object_numbers
from samurai.datasets.text import read_lines

LAYOUTS = (
    ("Annotations/480p", "JPEGImages/480p"),
    ("Annotations", "JPEGImages"),
    ("480p", ""),
    ("", ""),
)
"""Folders of masks and of images below the root; the last ones have masks alone."""

HOME = "https://davischallenge.org"
LICENSE = "see its README; code: BSD-3"


@dataclass(frozen=True)
class _Place:
    masks: Path
    images: Path | None


def read(root: Path, annotations_only: bool, year: str, lists: tuple[str, ...]) -> Reading:
    """A validation set of DAVIS.

    Args:
        root: see `find_root`.
        annotations_only: whether images may be missing.
        year: 2016: one object; 2017: several.
        lists: files with the names of its sequences, of which the first that is there counts.
    """
    expected = f"DAVIS {year} (Annotations/480p/<seq>/*.png, JPEGImages/480p/, {lists[0]})"
    look, sequence = partial(_look, year, lists), partial(_sequence, year == "2017")
    return read_layout(root, look, sequence, expected, annotations_only)


def _look(year: str, lists: tuple[str, ...], folder: Path) -> Layout[_Place]:
    official = tuple(name for (name,) in rows(f"davis{year}-val"))
    own = next((each for each in lists if (folder / each).is_file()), None)
    names: Sequence[str] = _named(folder / own) if own else official
    notes = other_list(own, names, official) if own else ()
    if year == "2016" and (folder / "ImageSets/2017").is_dir():
        notes = (*notes, "the masks are those of DAVIS 2017, with all of its objects as one")
    for masks, images in LAYOUTS:
        there = {
            name
            for name in names
            if any(file.endswith(".png") for file in listing(folder / masks / name))
        }
        if there:
            pictures = folder / images if images else None
            places = {
                name: _Place(folder / masks / name, pictures / name if pictures else None)
                for name in names
                if name in there
            }
            lacking = {name: f"{folder / masks / name} is missing" for name in names}
            return Layout(names, places, lacking, notes, pictures=bool(images))
    return Layout(names, {})


def _named(file: Path) -> tuple[str, ...]:
    """The sequences of a list of names, or of images and masks as DAVIS 2016 has them."""
    words = (line.split()[0] for line in read_lines(file) if line.strip())
    return tuple(dict.fromkeys(Path(w).parent.name if "/" in w else w for w in words))


def _sequence(
    several: bool, annotations_only: bool, name: str, place: _Place
) -> MaskSequence | str:
    files = images_in(place.masks, suffixes=(".png",))
    if not files:
        return f"{place.masks} holds no masks"
    images = images_in(place.images) if place.images and not annotations_only else ()
    if not images and not annotations_only:
        return f"{place.images or place.masks} holds no images"
    stems = tuple(file.stem for file in images or files)
    index = {stem: number for number, stem in enumerate(stems)}
    masks = {index[file.stem]: file for file in files if file.stem in index}
    if 0 not in masks:
        return f"{place.masks} holds no mask of the first frame"
    if several:
        numbers = object_numbers(masks[0])
        objects = tuple(MaskObject(number, masks, number) for number in numbers)
    else:
        objects = (MaskObject(1, masks),)
    if not objects:
        return f"{masks[0]} has no object"
    notes: tuple[str, ...] = ()
    if len(masks) != len(stems):
        notes = (f"{len(masks)} of {len(stems)} frames have masks",)
    return MaskSequence(name, images, objects, stems, notes=notes)


DAVIS2016_VAL = Dataset(
    name="davis2016-val",
    title="DAVIS 2016 val",
    kind="mask",
    read=partial(read, year="2016", lists=("ImageSets/480p/val.txt", "ImageSets/2016/val.txt")),
    protocols=("davis",),
    home=HOME,
    license=LICENSE,
    size="20 sequences at 480p",
)
DAVIS2017_VAL = Dataset(
    name="davis2017-val",
    title="DAVIS 2017 val",
    kind="mask",
    read=partial(read, year="2017", lists=("ImageSets/2017/val.txt",)),
    protocols=("davis",),
    home=HOME,
    license=LICENSE,
    size="30 sequences at 480p",
    submission="davis",
)
