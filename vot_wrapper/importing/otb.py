"""Sequences in OTB's layout: frames that count, and folders with two targets."""

from __future__ import annotations

from pathlib import Path

from samurai.datasets.layout import of_range
from samurai.datasets.otb100 import Target
from samurai.datasets.otb100 import targets as official
from samurai.spelling import plain_name


def targets(folder: Path) -> dict[str, Path]:
    """Ground truth files by the name of the sequence: two for a folder with two targets."""
    known = [folder / each.truth for each in _known(folder)]
    files = [file for file in known if file.is_file()]
    if not files:
        files = sorted(folder.glob("groundtruth_rect*.txt"))
    if len(files) == 1:
        return {folder.name: files[0]}
    return {f"{folder.name}-{file.name.split('.')[1]}": file for file in files}


def counted(
    folder: Path, file: Path, images: tuple[Path, ...], rows: tuple[str, ...]
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The images and rows of the official range of frames, where `file` is of one of OTB100's
    targets and not of a sequence that happens to have its name."""
    target = next((each for each in _known(folder) if each.truth == file.name), None)
    if target is None:
        return images, rows
    first, last = target.first, target.last
    if first == 1 and len(rows) != last:
        return images, rows
    numbered = (file for file in images if file.stem.isdecimal())
    chosen = tuple(file for file in numbered if first <= int(file.stem) <= last)
    return chosen, of_range(rows, first, last)[0]


def _known(folder: Path) -> list[Target]:
    """The targets of OTB100 in a folder of this name."""
    return [each for each in official() if plain_name(each.folder) == plain_name(folder.name)]
