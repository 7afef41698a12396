"""Archives for the servers of GOT-10k, TrackingNet and DAVIS, and the check of one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from samurai.benchmark.results import TrackerResults
from samurai.benchmark.run_files import time_file
from samurai.benchmark.scores import BoxConvention
from samurai.datasets.base import Boxes, BoxSequence, Dataset, MaskSequence
from samurai.datasets.text import parse_boxes, read_columns
from samurai.errors import DatasetError
from samurai.runtime.whole_files import storing, whole_file
from samurai.spelling import listed

Entries = Iterator[tuple[str, bytes]]
"""Names in an archive, and contents."""

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the same results give the same bytes
NEAREST = 1.0
"""Pixels by which a first row may differ from the given box, before it isn't that box."""


def pack(
    dataset: Dataset,
    sequences: Sequence[BoxSequence | MaskSequence],
    results: TrackerResults,
    archive: Path,
    box: BoxConvention,
) -> int:
    """Write the archive that a data set's server takes; returns the number of its files.

    Everything is checked before the archive gets its name.

    Raises:
        DatasetError: results are missing, have other rows or frames than the data set, or numbers
            that a server refuses.
        StorageError: the archive can't be written.
    """
    absent = [each.name for each in sequences if each.name not in results.files]
    if absent:
        raise DatasetError(
            f"{results.folder} has no results of {listed(absent)}. Remedy: run them; a server "
            "refuses an archive that isn't complete"
        )
    count = 0
    with storing(archive):
        archive.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(archive) as part:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as written:
            for sequence in sequences:
                for name, content in _entries(dataset, sequence, results, box):
                    written.writestr(_info(name), content)
                    count += 1
        problems = check(dataset, sequences, part)
        if problems:
            raise DatasetError(f"{problems[0]}. Remedy: run the sequence again")
    return count


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _FIXED_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _entries(
    dataset: Dataset,
    sequence: BoxSequence | MaskSequence,
    results: TrackerResults,
    box: BoxConvention,
) -> Entries:
    """The files of a sequence."""
    if isinstance(sequence, MaskSequence):
        yield from _mask_entries(sequence, results.files[sequence.name][0])
        return
    runs = results.boxes(sequence.name, box, sequence.first_pixel)
    if dataset.submission == "trackingnet":
        yield f"{sequence.name}.txt", _rows(sequence, runs[0], 2, bool(results.record))
        return
    for number, run in enumerate(runs, start=1):
        folder = f"{sequence.name}/{sequence.name}"
        yield f"{folder}_{number:03d}.txt", _rows(sequence, run, 3, bool(results.record))
    yield f"{folder}_time.txt", _times(sequence, results, len(runs))


def _rows(sequence: BoxSequence, boxes: Boxes, decimals: int, own: bool) -> bytes:
    """Boxes as text. The first one is the given one, and not the box of the mask that it became;
    others' results must have it already."""
    written = boxes.copy()
    if len(written) and (own or np.abs(written[0] - sequence.truth[0]).max() <= NEAREST):
        written[0] = sequence.truth[0]
    lines = (",".join(f"{value:.{decimals}f}" for value in row) for row in written)
    return "".join(f"{line}\n" for line in lines).encode()


def _times(sequence: BoxSequence, results: TrackerResults, runs: int) -> bytes:
    """Seconds per frame, a column per run; zeros where nobody noted them."""
    files = [time_file(file.parent, sequence.name) for file in results.files[sequence.name]]
    columns = [_seconds(file, sequence.frames) for file in files if file.is_file()]
    columns = (columns or [np.zeros(sequence.frames)]) * (1 if columns else runs)
    rows = zip(*columns, strict=True)
    return "".join(",".join(f"{value:.8f}" for value in row) + "\n" for row in rows).encode()


def _seconds(file: Path, frames: int) -> Boxes:
    """The first column of a file of times."""
    found = read_columns(file)[:, 0]
    return found if len(found) == frames else np.zeros(frames)


def _mask_entries(sequence: MaskSequence, folder: Path) -> Entries:
    for stem in sequence.stems:
        file = folder / f"{stem}.png"
        if not file.is_file():
            raise DatasetError(f"{file} is missing. Remedy: run the sequence again")
        yield f"{sequence.name}/{stem}.png", file.read_bytes()


def check(
    dataset: Dataset, sequences: Sequence[BoxSequence | MaskSequence], archive: Path
) -> list[str]:
    """What a server would refuse in an archive, a sentence each; none if it is complete."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = {name for name in opened.namelist() if not name.endswith("/")}
            files = {name: opened.read(name) for name in names if not name.endswith(".png")}
            damaged = opened.testzip()
            pictures = _pictures(opened, names) if dataset.submission == "davis" else {}
    except (OSError, zipfile.BadZipFile) as error:
        return [f"{archive} can't be read as an archive ({error})"]
    if damaged is not None:
        return [f"{archive}: {damaged} is damaged"]
    wanted_of = {each.name: _names(dataset, each) for each in sequences}
    expected = {name for wanted in wanted_of.values() for name in wanted}
    folder = _folder_around(names, expected)
    if folder:
        return [f"{archive} has everything in a folder {folder}: zip what is in it instead"]
    lacking = sorted(expected - names)
    found = [f"{archive} lacks {listed(lacking)}"] if lacking else []
    for sequence in sequences:
        wanted = wanted_of[sequence.name]
        if not names.issuperset(wanted):
            continue
        if isinstance(sequence, BoxSequence):
            found += [
                f"{archive}: {wanted[0]} {fault}" for fault in _faults(sequence, files[wanted[0]])
            ]
        else:
            found += [
                f"{archive}: {name} {pictures[name]}" for name in wanted if pictures.get(name)
            ]
    other = sorted(name for name in names - expected if not _repetition(name))
    if other:
        found.append(f"{archive} has files that the server doesn't know: {listed(other)}")
    return found


def _folder_around(names: set[str], expected: set[str]) -> str:
    """The folder that holds all files of an archive but shouldn't be there; empty if none does."""
    tops = {name.partition("/")[0] for name in names}
    inside = {name.partition("/")[2] for name in names}
    return tops.pop() if len(tops) == 1 and inside & expected and not names & expected else ""


def _names(dataset: Dataset, sequence: BoxSequence | MaskSequence) -> list[str]:
    """The files of a sequence in an archive."""
    name = sequence.name
    if isinstance(sequence, MaskSequence):
        return [f"{name}/{stem}.png" for stem in sequence.stems]
    if dataset.submission == "trackingnet":
        return [f"{name}.txt"]
    return [f"{name}/{name}_001.txt", f"{name}/{name}_time.txt"]


def _repetition(name: str) -> bool:
    """Whether it is a further run of GOT-10k's."""
    return name.endswith(("_002.txt", "_003.txt"))


def _faults(sequence: BoxSequence, content: bytes) -> list[str]:
    """What is wrong with a file of boxes, in words that follow its name."""
    try:
        boxes = parse_boxes(content.decode("utf-8"), "it")
    except (UnicodeDecodeError, DatasetError) as error:
        return [f"can't be read as boxes ({error})"]
    if len(boxes) != sequence.frames:
        return [f"has {len(boxes)} rows, and the sequence {sequence.frames} frames"]
    faults = []
    if not np.isfinite(boxes).all():
        faults.append(f"has no number in row {1 + _first(~np.isfinite(boxes).all(axis=1))}")
    elif (boxes[:, 2:] < 0).any():
        faults.append(f"has a negative size in row {1 + _first((boxes[:, 2:] < 0).any(axis=1))}")
    if np.abs(boxes[0] - sequence.truth[0]).max() > NEAREST:
        faults.append("doesn't begin with the given box")
    if b"," not in content:
        faults.append("has no commas between numbers, which servers ask for")
    return faults


def _first(rows: ArrayLike) -> int:
    return int(np.flatnonzero(rows)[0])


def _pictures(opened: zipfile.ZipFile, names: set[str]) -> Mapping[str, str]:
    """What is wrong with masks, by name."""
    faults = {}
    for name in names:
        if name.endswith(".png"):
            try:
                with Image.open(io.BytesIO(opened.read(name))) as image:
                    if image.mode not in ("P", "L"):
                        faults[name] = f"has pixels of the kind {image.mode}, not labels"
            except OSError as error:
                faults[name] = f"can't be read as an image ({error})"
    return faults
