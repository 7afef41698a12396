"""Reads text files in any encoding, so that a wrong encoding doesn't hide other faults."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

from samurai.cli.finding import Finding

_WIDE = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UNMARKED = ("utf-16-le", "utf-16-be")
_REMEDY = "save the file as plain text in UTF-8 without a byte order mark (BOM)"


def read_text(path: Path, where: str) -> tuple[list[str], Finding | None]:
    """The lines of a text file, and the finding why the toolkit can't read them, if any.

    Args:
        where: how messages name the file.

    Returns:
        The lines with their ends, as the toolkit splits them; none of a file that is binary or
        can't be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"the file can't be read ({error.strerror or error})"
        return [], Finding(
            "FAIL", where, what, "allow reading it, or restore it", kind="unreadable"
        )
    text, finding = _decode(data, where)
    return io.StringIO(text, newline=None).readlines(), finding


def _decode(data: bytes, where: str) -> tuple[str, Finding | None]:
    wide = next((name for mark, name in _WIDE.items() if data.startswith(mark)), None)
    if wide or b"\0" in data:
        text = data.decode(wide, "replace") if wide else _without_mark(data)
        what = f"the file is {wide.upper() if wide else 'UTF-16 or binary'}, not plain text"
        return text, Finding("FAIL", where, what, _REMEDY, kind="encoding")
    if data.startswith(codecs.BOM_UTF8):
        what = "the file begins with a byte order mark (BOM), an invisible character"
        return data.decode("utf-8-sig", "replace"), Finding(
            "FAIL", f"{where}:1", what, _REMEDY, kind="bom"
        )
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "the line isn't UTF-8"
        return data.decode("latin-1"), Finding(
            "FAIL", f"{where}:{line}", what, _REMEDY, kind="encoding"
        )


def _without_mark(data: bytes) -> str:
    """The text of UTF-16 without a byte order mark; "" for binary data."""
    for name in _UNMARKED:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if text.isascii() and "\0" not in text:
            return text
    return ""
