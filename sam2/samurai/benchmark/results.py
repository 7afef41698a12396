"""Anybody's results on a data set: finds them below a folder, and reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from samurai.benchmark.scores import BoxConvention
from samurai.datasets.base import Boxes, Dataset, FirstPixel
from samurai.datasets.text import read_boxes
from samurai.errors import DatasetError
from samurai.spelling import natural

RECORD = "run.json"
"""Written beside results by `samurai benchmark`: with what they were made."""

DEEPEST = 3  # folders below the given one: results/lasot/tracker
PREFIXES = ("nfs",)  # pytracking's, before the names of sequences
_REPETITION = re.compile(r"^(?P<name>.+)_(?P<number>\d{3})$")  # GOT-10k: <sequence>_001.txt
_TARGET = re.compile(r"^(?P<folder>.+?)[-_.](?P<target>[12])$")


@dataclass(frozen=True)
class TrackerResults:
    """A tracker's results on a data set.

    Attributes:
        tracker: the name of their folder.
        folder: where they lie.
        files: text files with boxes, one per repetition, or a folder with masks, by sequence.
        record: what `samurai benchmark` noted about the run; empty for others' results.
    """

    tracker: str
    folder: Path
    files: Mapping[str, tuple[Path, ...]]
    record: Mapping[str, object] = field(default_factory=dict)

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
        found = tuple(read_boxes(file) for file in self.files[sequence])
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


def find_results(
    dataset: Dataset, sequences: Sequence[str], paths: Iterable[Path]
) -> list[TrackerResults]:
    """The results below each of the paths, a tracker per folder that holds some.

    Args:
        sequences: names in the data set.
        paths: folders of one tracker or of several.

    Raises:
        DatasetError: there is no folder, or nothing in it has the name of a sequence.
    """
    wanted = {plain(name): name for name in sequences}
    wanted |= _without_target(sequences, wanted)
    found: list[TrackerResults] = []
    for path in paths:
        if not path.is_dir():
            raise DatasetError(
                f"{path} is no folder. Remedy: name the folder of a tracker's results"
            )
        below = _search(path, wanted, dataset.kind == "mask", 0)
        if not below:
            raise DatasetError(_nothing(dataset, sequences, path))
        found += below
    return _distinct(found)


def plain(name: str) -> str:
    """A sequence's name without what tools write differently: capitals and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _without_target(sequences: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Targets of folders of which a data set uses one alone (OTB's Human4), by their folder."""
    matched = [(_TARGET.match(name), name) for name in sequences]
    folders: dict[str, list[str]] = {}
    for match, name in matched:
        if match:
            folders.setdefault(plain(match["folder"]), []).append(name)
    single = {folder: names[0] for folder, names in folders.items() if len(names) == 1}
    return {folder: name for folder, name in single.items() if folder not in wanted}


def _search(
    folder: Path, wanted: Mapping[str, str], masks: bool, depth: int
) -> list[TrackerResults]:
    """The results in a folder; where there are none, in the folders below."""
    entries = sorted(folder.iterdir(), key=lambda entry: natural(entry.name))
    files = _masks(entries, wanted) if masks else _texts(entries, wanted)
    if files:
        return [TrackerResults(folder.resolve().name, folder, files, _record(folder))]
    if depth == DEEPEST:
        return []
    inner = [each for each in entries if each.is_dir() and not each.name.startswith(".")]
    return [found for each in inner for found in _search(each, wanted, masks, depth + 1)]


def _texts(entries: Sequence[Path], wanted: Mapping[str, str]) -> dict[str, tuple[Path, ...]]:
    """Files of boxes: <sequence>.txt, or GOT-10k's <sequence>/<sequence>_001.txt and further."""
    files: dict[str, tuple[Path, ...]] = {}
    for entry in entries:
        if entry.suffix.lower() in (".txt", ".csv") and not entry.name.startswith("."):
            name = _known(entry.stem, wanted)
            if name is not None and name not in files:
                files[name] = (entry,)
        elif entry.is_dir() and (name := _known(entry.name, wanted)) is not None:
            repetitions = [each for each in sorted(entry.glob("*.txt")) if _repeats(each, name)]
            if repetitions:
                files[name] = tuple(repetitions)
    return files


def _repeats(file: Path, name: str) -> bool:
    match = _REPETITION.match(file.stem)
    return match is not None and plain(match["name"]) == plain(name)


def _masks(entries: Sequence[Path], wanted: Mapping[str, str]) -> dict[str, tuple[Path, ...]]:
    """Folders of masks, in files of their own or in a folder per object."""
    folders = [entry for entry in entries if entry.is_dir()]
    named = [(_known(entry.name, wanted), entry) for entry in folders]
    return {
        name: (entry,)
        for name, entry in named
        if name is not None and next(entry.rglob("*.png"), None) is not None
    }


def _known(stem: str, wanted: Mapping[str, str]) -> str | None:
    key = plain(stem)
    for prefix in PREFIXES:
        if key not in wanted and key.startswith(prefix):
            key = key[len(prefix) :]
    return wanted.get(key)


def _record(folder: Path) -> dict[str, object]:
    """What `samurai benchmark` noted.

    Raises:
        DatasetError: the file is there and damaged.
    """
    file = folder / RECORD
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{file} can't be read ({error}). Remedy: delete it, and the results count as others'"
        ) from error


def _distinct(found: list[TrackerResults]) -> list[TrackerResults]:
    """Results with names of their own: as much of the path as that takes."""
    names = [each.tracker for each in found]
    named = []
    for each in found:
        name = each.tracker
        if names.count(name) > 1:
            parent = each.folder.resolve().parent
            name = f"{parent.name}/{name}"
        named.append(TrackerResults(name, each.folder, each.files, each.record))
    twice = {each.tracker for each in named if [n.tracker for n in named].count(each.tracker) > 1}
    return [
        TrackerResults(str(each.folder), each.folder, each.files, each.record)
        if each.tracker in twice
        else each
        for each in named
    ]


def _nothing(dataset: Dataset, sequences: Sequence[str], path: Path) -> str:
    """Why a folder holds no results of a data set."""
    from samurai.datasets.lists import known_names

    example = sequences[0] if sequences else "sequence"
    form = f"{example}.txt" if dataset.kind == "box" else f"{example}/00000.png"
    there = [entry.stem for entry in sorted(path.rglob("*")) if not entry.name.startswith(".")][
        :500
    ]
    likely = {
        title: sum(plain(name) in names for name in there) for title, names in known_names().items()
    }
    best = max(likely, key=lambda each: likely[each], default="")
    hint = f"; its names are those of {best}" if best and likely[best] else ""
    return (
        f"{path} holds no results on {dataset.title}{hint}. Remedy: name a folder with files such "
        f"as {form}"
    )
