"""Numbers in text files: of data sets, of their tools, and of anybody's results.

Separated by commas, tabs, semicolons or spaces, also mixed; with or without a byte order mark, with
the line ends of any system, with empty lines at the end.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.datasets.base import Boxes
from samurai.datasets.decimals import decimals
from samurai.errors import DatasetError
from samurai.spelling import counted

_SEPARATORS = b" ,;\t\v\f\n"
_SPACES = bytes.maketrans(_SEPARATORS, b" " * len(_SEPARATORS))
_SEPARATES = np.zeros(256, np.bool_)
_SEPARATES[list(_SEPARATORS)] = True
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BOXES_REMEDY = (
    "a row is x, y, width and height of a frame's box, NaN or zeros where there is none; repair "
    "the line, or restore the file"
)
_SHOWN = 40


def read_boxes(path: Path) -> Boxes:
    """The rows of a file, (n, 4) with n > 0; NaN stays.

    Raises:
        DatasetError: the file can't be read or is empty, or a row isn't four numbers.
    """
    return _boxes(_content(path), str(path))


def parse_boxes(text: str, where: str) -> Boxes:
    """The rows of a text, as `read_boxes`; `where` is how messages name it.

    Raises:
        DatasetError: it is empty, or a row isn't four numbers.
    """
    return _boxes(_cleaned(text.encode()), where)


def read_names(path: Path) -> tuple[str, ...]:
    """The lines of a list, each once, without empty ones.

    Raises:
        DatasetError: the file can't be read.
    """
    lines = (line.strip() for line in read_lines(path))
    return tuple(dict.fromkeys(line for line in lines if line))


def read_flags(path: Path) -> NDArray[np.int64]:
    """Whole numbers (n,), however they are spread over lines: one per frame.

    Raises:
        DatasetError: the file can't be read, or holds something else.
    """
    data = _content(path)
    values, _ = _numbers(data)
    if values is None:
        tokens = data.translate(_SPACES).split()
        found = next(token for token in tokens if not _is_number(token))
        raise DatasetError(
            f"{path}: {_short(found)} is not a number. Remedy: restore it from the data set, or "
            "delete it if no frame is without the object"
        )
    return values.astype(np.int64)


def read_columns(path: Path) -> NDArray[np.float64]:
    """The rows of a file of numbers, such as seconds, (n, columns); as many columns in each row.

    Raises:
        DatasetError: the file can't be read, or isn't that.
    """
    values, per_line = _numbers(_content(path))
    if values is None or not len(values) or (per_line != per_line[0]).any():
        raise DatasetError(
            f"{path} has something else than rows of numbers. Remedy: restore it, or delete it"
        )
    return values.reshape(len(per_line), -1)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, without empty ones at its end.

    Raises:
        DatasetError: the file can't be read.
    """
    return _content(path).decode("utf-8", "replace").splitlines()


def _content(path: Path) -> bytes:
    """The bytes of a file, `_cleaned`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"{path} can't be read ({error.strerror or error}). Remedy: allow reading it, or "
            "restore it"
        ) from error
    return _cleaned(data)


def _cleaned(data: bytes) -> bytes:
    """Without a byte order mark and what is blank at the end; lines end with a newline."""
    if data.startswith(_WIDE):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(_SEPARATORS)


def _boxes(data: bytes, where: str) -> Boxes:
    """The rows of `_cleaned` bytes."""
    values, per_line = _numbers(data)
    if values is None or not len(values) or (per_line != 4).any() or np.isinf(values).any():
        raise _faulty(where, data)
    return values.reshape(-1, 4)


def _numbers(data: bytes) -> tuple[NDArray[np.float64] | None, NDArray[np.int64]]:
    """All numbers, or None where something else is among them; and how many each line has."""
    letters = np.frombuffer(data, np.uint8)
    apart = np.concatenate([[True], _SEPARATES[letters], [True]])
    starts = np.flatnonzero(apart[:-1] & ~apart[1:])
    ends = np.flatnonzero(~apart[:-1] & apart[1:])
    at_ends = np.searchsorted(starts, np.flatnonzero(letters == ord("\n")))
    per_line = np.diff(at_ends, prepend=0, append=len(starts))
    values = decimals(letters, starts, ends) if len(starts) else np.zeros(0)
    if values is None:
        try:
            values = np.array(data.translate(_SPACES).split(), dtype=np.float64)
        except ValueError:
            return None, per_line
    return values, per_line


def _faulty(where: str, data: bytes) -> DatasetError:
    """The error for the first row that isn't four numbers."""
    if not data:
        return DatasetError(f"{where} is empty. Remedy: {_BOXES_REMEDY}")
    for number, line in enumerate(data.split(b"\n"), start=1):
        reason = _reason(line)
        if reason:
            return DatasetError(f"{where}, line {number}: {reason}. Remedy: {_BOXES_REMEDY}")
    return DatasetError(f"{where} has a row that isn't four numbers. Remedy: {_BOXES_REMEDY}")


def _reason(line: bytes) -> str:
    """Why a row isn't four numbers; empty if it is."""
    tokens = line.translate(_SPACES).split()
    if not tokens:
        return "the line is empty"
    strange = next((token for token in tokens if not _is_number(token)), None)
    if strange is not None:
        return f"{_short(strange)} is not a number"
    if len(tokens) != 4:
        return f"{counted(len(tokens), 'number')} instead of four"
    infinite = next((token for token in tokens if np.isinf(float(token))), None)
    return f"{_short(infinite)} is not finite" if infinite is not None else ""


def _is_number(token: bytes) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


def _short(token: bytes) -> str:
    text = token.decode("utf-8", "replace")
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
