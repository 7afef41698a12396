"""Files that are there in whole or not at all, and one sentence where there is no room for them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from samurai.errors import StorageError

PART = ".part"
"""Added to the name of a file that isn't complete yet."""


def is_full(error: OSError) -> bool:
    """Whether there is no room: on the disk, or in the user's quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def part_of(file: Path) -> Path:
    """Where a file is written until it is complete."""
    return file.with_name(file.name + PART)


@dataclass(frozen=True)
class Advice:
    """What a message about a place that can't be written says.

    Attributes:
        kept: a sentence on what isn't lost.
        elsewhere: the remedy where it isn't for want of room.
        then: what to do after the remedy.
    """

    kept: str = ""
    elsewhere: str = "name a place where you may write"
    then: str = ""


PLAIN = Advice()


@contextmanager
def whole_file(file: Path, advice: Advice = PLAIN) -> Iterator[Path]:
    """A path to write to; it gets the name of `file` when the block ends without an error, and is
    deleted otherwise.

    Raises:
        StorageError: it can't be written.
    """
    part = part_of(file)
    with storing(file, advice):
        try:
            yield part
            os.replace(part, file)
        finally:
            delete_file(part)


def write_whole(file: Path, content: str | bytes, advice: Advice = PLAIN) -> None:
    """Write a file at once, text in UTF-8 without changes of its line ends.

    Raises:
        StorageError: it can't be written.
    """
    with whole_file(file, advice) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def storing(place: Path, advice: Advice = PLAIN) -> Iterator[None]:
    """Turn what the file system says into one sentence.

    Raises:
        StorageError: in place of OSError.
    """
    try:
        yield
    except OSError as error:
        remedy = "make room" if is_full(error) else advice.elsewhere
        kept = f" {advice.kept}" if advice.kept else ""
        then = f", then {advice.then}" if advice.then else ""
        raise StorageError(
            f"can't write {place}: {error.strerror or error}.{kept} Remedy: {remedy}{then}"
        ) from error


def delete_file(file: Path) -> None:
    """Delete a file if that is possible: what went wrong before it is what is reported."""
    with suppress(OSError):
        file.unlink()
