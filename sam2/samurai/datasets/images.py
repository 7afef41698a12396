"""Images of a folder, in the order of their numbers, without opening any."""

from __future__ import annotations

import os
from pathlib import Path

from samurai.errors import DatasetError
from samurai.spelling import natural

IMAGES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


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
) -> tuple[Path, ...]:
    """The images of a folder, by the numbers in their names; none where there is no folder.

    Args:
        first, last: numbers of the images to take; names that aren't numbers are taken always.
        suffixes: of images, in lower case.
    """
    names = [name for name in listing(folder) if _suffix(name) in suffixes]
    stems = {name: name.rpartition(".")[0] for name in names}
    if all(stem.isdecimal() for stem in stems.values()):
        numbers = {name: int(stem) for name, stem in stems.items()}
        end = float("inf") if last is None else last
        names = sorted(
            (name for name in names if first <= numbers[name] <= end), key=numbers.__getitem__
        )
    else:
        names.sort(key=natural)
    return tuple(folder / name for name in names)


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{dot}{suffix}".lower() if stem else ""
