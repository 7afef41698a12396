"""Images of a folder, in the order of their numbers, without opening any."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from samurai.errors import DatasetError
from samurai.spelling import natural

IMAGES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Files(Sequence[Path]):
    """Files of one folder; a path is made when it is asked for, as LaSOT has 685,360.

    Attributes:
        folder: of all.
        names: in order.
    """

    folder: Path
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, place: int) -> Path: ...

    @overload
    def __getitem__(self, place: slice) -> Files: ...

    def __getitem__(self, place: int | slice) -> Path | Files:
        if isinstance(place, slice):
            return Files(self.folder, self.names[place])
        return self.folder / self.names[place]


def listing(folder: Path) -> list[str]:
    """Names of a folder's entries but hidden ones (macOS adds files that begin with `._`), sorted;
    none where there is no folder.

    Raises:
        DatasetError: it can't be read.
    """
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DatasetError(
            f"{folder} can't be read ({error.strerror or error}). Remedy: allow reading it"
        ) from error


def images_in(
    folder: Path, first: int = 0, last: int | None = None, suffixes: tuple[str, ...] = IMAGES
) -> Files:
    """The images of a folder, by the numbers in their names; none where there is no folder.

    Args:
        first, last: numbers of the images to take, or all; names that aren't numbers are taken
            always.
        suffixes: of images, in lower case.
    """
    names = [name for name in listing(folder) if _suffix(name) in suffixes]
    if all(name.rpartition(".")[0].isdecimal() for name in names):
        if len({name.rindex(".") for name in names}) > 1:  # others are sorted already
            names.sort(key=_number)
        if last is not None:
            names = [name for name in names if first <= _number(name) <= last]
    else:
        names.sort(key=natural)
    return Files(folder, tuple(names))


def _number(name: str) -> int:
    return int(name.rpartition(".")[0])


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{dot}{suffix}".lower() if stem else ""
