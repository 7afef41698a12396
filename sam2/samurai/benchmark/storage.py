"""Files that are there in whole or not at all, and one sentence where there is no room for them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samurai.errors import StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def write_whole(file: Path, text: str, *, of_a_run: bool = True) -> None:
    """Write a file in UTF-8 under another name, which it gets when it is complete.

    Args:
        of_a_run: see `writing`.

    Raises:
        StorageError: it can't be written.
    """
    part = file.with_name(f"{file.name}.part")
    with writing(file, of_a_run=of_a_run):
        try:
            part.write_text(text, encoding="utf-8", newline="")
            os.replace(part, file)
        finally:
            _forget(part)


@contextmanager
def writing(place: Path, *, of_a_run: bool = True) -> Iterator[None]:
    """Turn what the file system says into one sentence.

    Args:
        of_a_run: whether it is a result of a run, and not a file that the user named.

    Raises:
        StorageError: in place of OSError.
    """
    try:
        yield
    except OSError as error:
        full, kept, then = error.errno in _FULL, "", ""
        remedy = "make room" if full else "name a file where you may write"
        if of_a_run:
            remedy = "make room" if full else "choose a folder where you may write with --results"
            kept, then = " Finished sequences are kept.", ", then run the same command to continue"
        raise StorageError(
            f"can't write {place}: {error.strerror or error}.{kept} Remedy: {remedy}{then}"
        ) from error


def _forget(file: Path) -> None:
    try:
        file.unlink()
    except OSError:
        return
