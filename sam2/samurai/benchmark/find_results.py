"""Finds anybody's results on a data set below folders, by the names of its sequences."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from samurai.benchmark.results import RECORD, TrackerResults
from samurai.datasets.base import Dataset
from samurai.datasets.lists import known_names
from samurai.errors import DatasetError
from samurai.spelling import listed, natural, plain_name

TEXTS = (".txt", ".csv")
FEW = 5  # a tracker with less than a fifth of the sequences may be on another data set
DEEPEST = 3  # folders below the given one: results/lasot/tracker
PREFIXES = ("nfs",)  # pytracking's, before the names of sequences
_REPETITION = re.compile(r"^(?P<name>.+)_(?P<number>\d{3})$")  # GOT-10k: <sequence>_001.txt
_TARGET = re.compile(r"^(?P<folder>.+?)[-_.](?P<target>\d+)$")


def find_results(
    dataset: Dataset, sequences: Sequence[str], paths: Iterable[Path]
) -> list[TrackerResults]:
    """The results below each of the paths, a tracker per folder that holds some.

    Args:
        sequences: names in the data set.
        paths: folders of one tracker or of several.

    Raises:
        DatasetError: there is no folder, nothing in it has the name of a sequence, or only a few
            of many results have; or there are two results of a sequence.
    """
    wanted = _spellings(sequences)
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
        for each in below:
            _refuse_others(dataset, sequences, each, wanted)
        found += below
    return _distinct(found)


def _spellings(sequences: Sequence[str]) -> dict[str, str]:
    """The sequences by their names, and by `plain_name` where that is no other's: UAV123 has car1_1
    and car11."""
    alike = Counter(plain_name(name) for name in sequences)
    exact = {name.lower(): name for name in sequences}
    return {plain_name(name): name for name in sequences if alike[plain_name(name)] == 1} | exact


def _without_target(sequences: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Targets of folders of which a data set uses one alone (OTB's Human4), by their folder."""
    matched = [(_TARGET.match(name), name) for name in sequences]
    folders: dict[str, list[str]] = {}
    for match, name in matched:
        if match:
            folders.setdefault(plain_name(match["folder"]), []).append(name)
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
    """Files of boxes: <sequence>.txt, <sequence>/<sequence>.txt, or GOT-10k's
    <sequence>/<sequence>_001.txt and further.

    Raises:
        DatasetError: there are two of a sequence.
    """
    found: dict[str, list[tuple[Path, ...]]] = {}
    for entry in entries:
        name = _known(_stem(entry), wanted)
        files = () if name is None else (entry,) if _is_text(entry) else _inside(entry, name)
        if name is not None and files:
            found.setdefault(name, []).append(files)
    return {name: _the_only(name, files) for name, files in found.items()}


def _is_text(entry: Path) -> bool:
    return entry.suffix.lower() in TEXTS and not entry.name.startswith(".")


def _stem(entry: Path) -> str:
    """The name of a sequence, if it is one: of a file of boxes, or of a folder."""
    return entry.stem if _is_text(entry) else entry.name


def _inside(entry: Path, name: str) -> tuple[Path, ...]:
    """A sequence's files of boxes in its own folder."""
    files = sorted(entry.glob("*.txt")) if entry.is_dir() else []
    repetitions = tuple(each for each in files if _repeats(each, name))
    return repetitions or tuple(each for each in files if plain_name(each.stem) == plain_name(name))


def _the_only(name: str, found: Sequence[tuple[Path, ...]]) -> tuple[Path, ...]:
    """A sequence's files: those whose name is most like its own (LaSOT has bird-2, OTB100 Bird2).

    Raises:
        DatasetError: several are equally alike.
    """

    def unlike(files: tuple[Path, ...]) -> int:
        stem = _stem(files[0])
        return (stem.lower() != name.lower()) + (plain_name(stem) != plain_name(name))

    least = min(unlike(files) for files in found)
    best = [files for files in found if unlike(files) == least]
    if len(best) > 1:
        names = ", ".join(files[0].name for files in best)
        raise DatasetError(
            f"{best[0][0].parent} has two results of {name}: {names}. Remedy: keep one of them"
        )
    return best[0]


def _repeats(file: Path, name: str) -> bool:
    match = _REPETITION.match(file.stem)
    return match is not None and plain_name(match["name"]) == plain_name(name)


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
    if stem.lower() in wanted:
        return wanted[stem.lower()]
    key = plain_name(stem)
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
    for longer in (lambda each: f"{each.folder.resolve().parent.name}/{each.tracker}", _whole):
        counts = Counter(each.tracker for each in found)
        found = [
            replace(each, tracker=longer(each)) if counts[each.tracker] > 1 else each
            for each in found
        ]
    return found


def _whole(results: TrackerResults) -> str:
    return str(results.folder)


def _refuse_others(
    dataset: Dataset, sequences: Sequence[str], results: TrackerResults, wanted: Mapping[str, str]
) -> None:
    """Refuse results on another data set, a few of whose names are this one's too.

    Raises:
        DatasetError: they are.
    """
    if len(results.files) * FEW > len(sequences):
        return
    others = _others(results.folder, wanted, dataset.kind == "mask")
    if len(others) > len(results.files):
        raise DatasetError(
            f"{results.folder} has results of {len(results.files)} of {len(sequences)} sequences "
            f"of {dataset.title}, and {len(others)} others: {listed(others)}"
            f"{_likely(others)}. Remedy: name the folder of results on {dataset.title}"
        )


def _others(folder: Path, wanted: Mapping[str, str], masks: bool) -> list[str]:
    """Names of results that aren't sequences of the data set."""
    entries = [each for each in folder.iterdir() if (each.is_dir() if masks else _is_text(each))]
    stems = {_stem(each) for each in entries}
    beside = {stem for stem in stems if stem.rpartition("_")[0] in stems}  # <sequence>_time.txt
    return sorted(stem for stem in stems - beside if _known(stem, wanted) is None)


def _nothing(dataset: Dataset, sequences: Sequence[str], path: Path) -> str:
    """Why a folder holds no results of a data set."""
    example = sequences[0] if sequences else "sequence"
    form = f"{example}.txt" if dataset.kind == "box" else f"{example}/00000.png"
    there = [entry.stem for entry in sorted(path.rglob("*")) if not entry.name.startswith(".")]
    return (
        f"{path} holds no results on {dataset.title}{_likely(there[:500])}. Remedy: name a folder "
        f"with files such as {form}"
    )


def _likely(names: Sequence[str]) -> str:
    """A hint at the data set that names of results belong to; empty if none is known."""
    likely = {
        title: sum(plain_name(name) in known for name in names)
        for title, known in known_names().items()
    }
    best = max(likely, key=lambda each: likely[each], default="")
    return f"; its names are those of {best}" if best and likely[best] else ""
