"""Ground truth and value files, row by row, as vot-toolkit 0.9 reads them.

For an unreadable row the toolkit raises an exception that names neither file nor line, or returns
no region. Masks aren't drawn here: their runs are only counted.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from samurai.cli.finding import Finding
from vot_wrapper.preflight.text import read_text

VISIBLE, EMPTY, SPECIAL, BROKEN, BLANK = "v", "e", "s", "x", "b"
"""States of a row: a region, one without pixels, a code (not annotated, absent), unreadable, and an
empty line, which may stand for a frame or for nothing."""

_ROW_REMEDY = (
    "write x,y,width,height, a polygon, or a mask m<x>,<y>,<width>,<height>,<runs>; 0 where "
    "nothing is annotated"
)
_BLANK_REMEDY = "delete the line, or write 0 if it stands for a frame without annotation"


@dataclass
class Truth:
    """The content of a ground truth file.

    Attributes:
        states: a letter per row.
        kinds: of the regions: rectangle, polygon, point, mask.
        far: rows (from 1) of masks that reach beyond `size`.
        findings: unreadable rows.
        complete: whether there is a state for every row that the file holds.
    """

    states: str = ""
    kinds: set[str] = field(default_factory=set)
    far: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True


@dataclass(frozen=True)
class Row:
    """A region without its pixels; `right` and `bottom` are a mask's ends, else 0."""

    state: str
    kind: str = ""
    right: int = 0
    bottom: int = 0


class Unreadable(ValueError):
    """A row that isn't a region; the message is a phrase that says why."""


def read_truth(path: Path, where: str, size: tuple[int, int] | None) -> Truth:
    """Reads a ground truth file.

    Args:
        where: how messages name the file.
        size: width and height of the images, if they are known.
    """
    if _is_binary(path):
        return _read_binary(path, where, size)
    lines, finding = read_text(path, where)
    truth = Truth(findings=[finding] if finding else [], complete=bool(lines) or finding is None)
    for number, line in enumerate(lines, start=1):
        try:
            _add(truth, parse(line.strip()), number, size)
        except (ValueError, OverflowError) as error:
            blank = not line.strip()
            truth.states += BLANK if blank else BROKEN
            reason = str(error) if isinstance(error, Unreadable) else _reason(line)
            kind, remedy = ("truth blank", _BLANK_REMEDY) if blank else ("truth row", _ROW_REMEDY)
            truth.findings.append(Finding("FAIL", f"{where}:{number}", reason, remedy, kind=kind))
    return truth


def _is_binary(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"\x01\x00"
    except OSError:  # `read_text` reports it
        return False


def parse(text: str) -> Row:
    """A stripped row of a text file.

    Raises:
        ValueError, OverflowError: it is not a region.
    """
    if not text:
        raise Unreadable("the line is empty")
    if text[0] == "m":
        return _mask([int(token) for token in text[1:].split(",")])
    numbers = [float(token) for token in text.split(",")]
    if len(numbers) == 1:
        int(numbers[0])  # a code; NaN isn't one
        return Row(SPECIAL)
    if len(numbers) % 2:
        raise Unreadable(f"{len(numbers)} numbers are not a region, which has 1, 2, 4, 6 or more")
    if any(math.isnan(number) for number in numbers):
        return Row(SPECIAL)
    if not all(math.isfinite(number) for number in numbers):
        raise Unreadable("a number isn't finite")
    kind = {2: "point", 4: "rectangle"}.get(len(numbers), "polygon")
    empty = kind == "rectangle" and min(numbers[2:]) <= 0
    return Row(EMPTY if empty else VISIBLE, kind)


def _mask(numbers: list[int]) -> Row:
    if len(numbers) < 4:
        raise Unreadable("a mask begins with x, y, width and height")
    x, y, width, height, *runs = numbers
    if min(width, height, *runs, 0) < 0:
        raise Unreadable("a mask has a negative size or run")
    if sum(runs) > width * height:
        raise Unreadable(f"the mask's runs are longer than its {width} x {height} pixels")
    visible = any(runs[1::2])
    return Row(VISIBLE if visible else EMPTY, "mask", x + width, y + height)


def _add(truth: Truth, row: Row, number: int, size: tuple[int, int] | None) -> None:
    truth.states += row.state
    if row.state == VISIBLE:
        truth.kinds.add(row.kind)
        if size and (row.right > size[0] or row.bottom > size[1]):
            truth.far.append(number)


def _reason(line: str) -> str:
    """Why a line isn't a list of numbers separated by commas."""
    text = line.strip()
    if "\t" in text:
        return "the numbers are separated by tabs, not commas"
    if ";" in text:
        return "the numbers are separated by semicolons, not commas"
    if "," not in text and len(text.split()) > 1:
        return "the numbers are separated by spaces, not commas"
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    return f"{shown!r} is not a region"


def _read_binary(path: Path, where: str, size: tuple[int, int] | None) -> Truth:
    truth = Truth(complete=False)
    if not os.access(
        path, os.W_OK
    ):  # the toolkit opens it for writing, fails, and then reads it as text
        what = "the binary ground truth is read-only, and the toolkit can't read it then"
        truth.findings.append(
            Finding("FAIL", where, what, f"chmod u+w {path}", kind="truth read-only")
        )
        return truth
    data = path.read_bytes()
    try:
        _, count = struct.unpack_from("<hI", data)
        offset = 6
        for number in range(1, count + 1):
            row, offset = _binary_row(data, offset)
            _add(truth, row, number, size)
        truth.complete = True
    except (struct.error, IndexError, Unreadable) as error:
        what = f"the binary ground truth is damaged ({error})"
        remedy = "restore the file"
        truth.findings.append(Finding("FAIL", where, what, remedy, kind="truth binary"))
    return truth


def _binary_row(data: bytes, offset: int) -> tuple[Row, int]:
    """The region at `offset`, and where the next one begins."""
    kind = data[offset]
    offset += 1
    if kind == 0:
        struct.unpack_from("<I", data, offset)
        return Row(SPECIAL), offset + 4
    if kind == 1:
        box = struct.unpack_from("<4f", data, offset)
        return Row(VISIBLE if min(box[2:]) > 0 else EMPTY, "rectangle"), offset + 16
    if kind == 2:
        (count,) = struct.unpack_from("<H", data, offset)
        struct.unpack_from(f"<{2 * count}f", data, offset + 2)
        return Row(VISIBLE, "polygon"), offset + 2 + 8 * count
    if kind == 3:
        *place, count = struct.unpack_from("<hhHHH", data, offset)
        runs = struct.unpack_from(f"<{count}H", data, offset + 10)
        return _mask([*place, *runs]), offset + 10 + 2 * count
    if kind == 4:
        struct.unpack_from("<2f", data, offset)
        return Row(VISIBLE, "point"), offset + 8
    raise Unreadable(f"a region of type {kind}")


def read_values(path: Path, where: str) -> tuple[list[float], list[Finding]]:
    """A number per line; every file *.value of a sequence is read."""
    lines, finding = read_text(path, where)
    values: list[float] = []
    findings = [finding] if finding else []
    for number, line in enumerate(lines, start=1):
        shown = line.strip()[:40]
        try:
            values.append(float(line.strip()))
        except ValueError:
            what = f"{shown!r} is not a number" if shown else "the line is empty"
            remedy = "write a number per frame, each on a line, without empty lines"
            findings.append(Finding("FAIL", f"{where}:{number}", what, remedy, kind="value row"))
            values += [0.0] if shown else []  # the lines after it keep their frames
    return values, findings
