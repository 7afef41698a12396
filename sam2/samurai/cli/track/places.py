"""Where outputs may lie: nowhere that they would destroy what they are made from, or each other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A file or folder that a run reads or writes.

    Attributes:
        path: as it was given.
        what: it is, in words.
        whole: all that lies in it is replaced, or would be mistaken for it.
    """

    path: Path
    what: str
    whole: bool = False

    @property
    def real(self) -> Path:
        """Without links and detours."""
        return Path(os.path.realpath(self.path))

    def touches(self, other: Place) -> bool:
        """Whether one is the other, or lies in a folder that is replaced as a whole."""
        mine, theirs = self.real, other.real
        if mine == theirs or _same_file(mine, theirs):
            return True
        return (self.whole and mine in theirs.parents) or (other.whole and theirs in mine.parents)


def clash(read: Sequence[Place], written: Sequence[Place]) -> tuple[Place, Place] | None:
    """The first place that can't be written, and the one for which it can't; None if there is none.

    Args:
        read: what the run is made from; a folder among them may have outputs in it, but isn't one.
        written: outputs and jobs.
    """
    for number, place in enumerate(written):
        for other in (*read, *written[:number]):
            if place.touches(other):
                return place, other
    return None


def local_files(names: Sequence[str]) -> Iterator[Path]:
    """Those of the names that are paths of something."""
    for name in names:
        path = Path(name)
        try:
            if name and path.exists():
                yield path
        except (OSError, ValueError):  # no name of a file
            continue


def _same_file(one: Path, other: Path) -> bool:
    """Whether two names are of one file, as hard links are."""
    try:
        return one.is_file() and other.is_file() and os.path.samefile(one, other)
    except OSError:
        return False
