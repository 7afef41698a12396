"""Files that are there in whole or not at all, and one sentence where there is no room for them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samurai.errors import StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def write_whole(file: Path, text: str) -> None:
    """Write a file under another name, which it gets when it is complete.

    Raises:
        StorageError: it can't be written.
    """
    part = file.with_name(f"{file.name}.part")
    with writing(file):
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, file)
        except OSError:
            _forget(part)
            raise


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn what the file system says into one sentence.

    Raises:
        StorageError: in place of OSError.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        remedy = "make room" if full else "choose a folder where you may write with --results"
        raise StorageError(
            f"can't write {place}: {error.strerror or error}. Finished sequences are kept. Remedy: "
            f"{remedy}, then run the same command to continue"
        ) from error


def _forget(file: Path) -> None:
    try:
        file.unlink()
    except OSError:
        return
