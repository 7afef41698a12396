"""SA-V's validation and test set: images at 24 frames per second, masks at 6.

`JPEGImages_24fps/<video>/%05d.jpg` and `Annotations_6fps/<video>/<object>/%05d.png`, a file per
object, which may overlap. `sav_val.txt` and `sav_test.txt` name the videos.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from samurai.datasets.base import Dataset, MaskObject, MaskSequence, Reading
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, read_layout
from samurai.datasets.mask_files import is_empty
from samurai.datasets.published import published
from samurai.datasets.text import read_names
from samurai.errors import DatasetError
from samurai.spelling import natural

IMAGES, MASKS = "JPEGImages_24fps", "Annotations_6fps"
COUNTS = {"val": 155, "test": 150}
HOME = "https://ai.meta.com/datasets/segment-anything-video/"


@dataclass(frozen=True)
class _Place:
    masks: Path
    images: Path


def read(root: Path, annotations_only: bool, split: str) -> Reading:
    """A set of SA-V, `val` or `test`."""
    expected = f"SA-V's {split} set ({IMAGES}/<video>/, {MASKS}/<video>/<object>/*.png)"
    return read_layout(root, partial(_look, split), _sequence, expected, annotations_only)


def _look(split: str, folder: Path) -> Layout[_Place]:
    file = folder / f"sav_{split}.txt"
    others = [each for each in COUNTS if each != split]
    if not file.is_file() and any((folder / f"sav_{each}.txt").is_file() for each in others):
        return Layout((), {})
    there = set(listing(folder / MASKS))
    names = sorted(there, key=natural)
    if file.is_file():
        names = list(read_names(file))
    notes: tuple[str, ...] = ()
    if len(names) != COUNTS[split]:
        notes = (f"{len(names)} videos are named here, and the official set has {COUNTS[split]}",)
    places = {
        each: _Place(folder / MASKS / each, folder / IMAGES / each)
        for each in names
        if each in there
    }
    lacking = {each: f"{folder / MASKS / each} is missing" for each in names}
    return Layout(names, places, lacking, notes)


def _sequence(annotations_only: bool, name: str, place: _Place) -> MaskSequence | str:
    images = () if annotations_only else images_in(place.images)
    if not images and not annotations_only:
        return f"{place.images} holds no images"
    files = {
        each: images_in(place.masks / each, suffixes=(".png",))
        for each in sorted(listing(place.masks), key=natural)
        if each.isdecimal()
    }
    annotated = sorted({file.stem for each in files.values() for file in each}, key=natural)
    if not annotated:
        return f"{place.masks} holds no masks"
    stems = tuple(file.stem for file in images) or _all_stems(annotated)
    index = {stem: number for number, stem in enumerate(stems)}
    objects = []
    for number, masks in files.items():
        by_frame = {index[file.stem]: file for file in masks if file.stem in index}
        prompt = None if annotations_only else _prompt(by_frame)
        if by_frame:
            objects.append(MaskObject(int(number), by_frame, prompt=prompt))
    if not objects:
        return f"no mask in {place.masks} has the name of an image in {place.images}"
    asked = tuple(index[stem] for stem in annotated if stem in index)
    return MaskSequence(name, images, tuple(objects), stems, asked)


def _all_stems(annotated: list[str]) -> tuple[str, ...]:
    """The frames' names up to the last annotated one, without images to read them from."""
    width = len(annotated[-1])
    if not annotated[-1].isdecimal():
        return tuple(annotated)
    return tuple(f"{number:0{width}d}" for number in range(int(annotated[-1]) + 1))


def _prompt(masks: dict[int, Path]) -> int | None:
    """The first frame whose mask isn't empty; None where that is the first one."""
    for place, (frame, file) in enumerate(masks.items()):
        if not is_empty(file):
            return frame if place else None
    if not masks:
        return None
    first = next(iter(masks.values()))
    raise DatasetError(
        f"all masks in {first.parent} are empty. Remedy: restore them from the data set"
    )


SAV_VAL = Dataset(
    name="sav-val",
    title="SA-V val",
    kind="mask",
    read=partial(read, split="val"),
    protocols=("sav",),
    home=HOME,
    license="CC BY 4.0",
    size="155 videos",
    overlapping=True,
)
SAV_TEST = Dataset(
    name="sav-test",
    title="SA-V test",
    kind="mask",
    read=partial(read, split="test"),
    protocols=("sav",),
    home=HOME,
    license="CC BY 4.0",
    size="150 videos",
    published=published("sav-test"),
    overlapping=True,
)
