"""Ground truth of other benchmarks as rows of VOT's text format.

VOT's rows are x,y,width,height, a polygon, a mask (m...), or a code: 0 is a frame that isn't
annotated. An empty rectangle is a frame without the object.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vot_wrapper.importing.footage import SourceError, states
from vot_wrapper.preflight.text import read_text
from vot_wrapper.preflight.truth import VISIBLE, Unreadable, parse

ABSENT = "0,0,0,0"
UNKNOWN = "0"
_SEPARATOR = re.compile(r"[\s,;]+")
_REMEDY = (
    "write x,y,width,height per frame and line (commas, tabs or spaces), a polygon, or a mask in "
    "VOT's format; nan,nan,nan,nan or an empty box where the object is absent, 0 where nothing is "
    "annotated"
)


def read_rows(file: Path, first_pixel: int = 0) -> tuple[str, ...]:
    """A ground truth file, row by row; empty lines at its end are dropped.

    Args:
        file: text, with numbers separated by commas, tabs, semicolons or spaces.
        first_pixel: the coordinate of the image's first pixel: 1 for LaSOT, OTB and GOT-10k.

    Raises:
        SourceError: the file or a line can't be read.
    """
    lines, finding = read_text(file, str(file))
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        why = "it is empty" if finding is None else finding.what
        raise SourceError(f"{file}: {why}. Remedy: {_REMEDY}")
    return tuple(
        read_row(line.strip(), f"{file}:{number}", first_pixel)
        for number, line in enumerate(lines, start=1)
    )


def read_row(text: str, where: str, first_pixel: int = 0) -> str:
    """A row in VOT's text format; `where` is how a message names it.

    Raises:
        SourceError: it isn't a region.
    """
    if not text:
        return UNKNOWN
    try:
        row = text if text[0] == "m" else _numbers(text, first_pixel)
        parse(row)
    except (ValueError, OverflowError) as error:
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        why = str(error) if isinstance(error, Unreadable) else f"{shown!r} is not a region"
        raise SourceError(f"{where}: {why}. Remedy: {_REMEDY}") from error
    return row


def _numbers(text: str, first_pixel: int) -> str:
    """A row of numbers; NaN or a size of zero means that the object is absent."""
    numbers = [float(token) for token in _SEPARATOR.split(text.strip(" ,;\t"))]
    if any(math.isnan(number) for number in numbers):
        return ABSENT
    if len(numbers) == 1:
        return str(int(numbers[0]))
    if len(numbers) == 4:
        x, y, width, height = numbers
        if min(width, height) <= 0:
            return ABSENT
        numbers = [x - first_pixel, y - first_pixel, width, height]
    else:
        numbers = [number - first_pixel for number in numbers]
    return ",".join(_short(number) for number in numbers)


def _short(number: float) -> str:
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def mark_absent(rows: Sequence[str], absent: Sequence[bool]) -> tuple[str, ...]:
    """The rows, with an empty box in the frames without the object."""
    padded = [*absent, *[False] * (len(rows) - len(absent))]
    return tuple(ABSENT if gone else row for row, gone in zip(rows, padded, strict=False))


def first_frame(truths: Mapping[str, Sequence[str]], where: Path) -> int:
    """The first frame in which an object is visible, 0-based.

    Raises:
        SourceError: an object is visible in no frame.
    """
    starts = []
    for name, rows in truths.items():
        start = states(rows).find(VISIBLE)
        if start < 0:
            raise SourceError(
                f"{where}: object {name!r} has no region in any frame. Remedy: annotate the frame "
                "in which it appears, or delete its ground truth"
            )
        starts.append(start)
    return min(starts)


def without_early(rows: Sequence[str]) -> tuple[str, ...]:
    """The rows, as not annotated until the object appears: it starts in its first region."""
    start = states(rows).find(VISIBLE)
    return (*[UNKNOWN] * start, *rows[start:])
