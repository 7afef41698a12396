"""Prompts in text files of numbers: SAMURAI's, VOT's and MOTChallenge's."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from samurai.errors import RegionError
from samurai.masks import PackedMask, placed, polygon_mask
from samurai.regions import Box, Mask, Region
from samurai.spelling import counted
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.checks import LARGEST, PromptFault, checked_region, number

_SEPARATORS = re.compile(r"[\s,;]+")
_MOT = (7, 9, 10)
"""Columns of results, of ground truth, and of results with a place in the world."""
_CODES = ("0", "1", "2")
"""VOT's codes of frames without a region."""
_REMEDY = (
    "a row is x,y,width,height, a polygon of three corners or more, a mask (mX,Y,WIDTH,HEIGHT,"
    "RUNS), or a row of MOT (frame,id,x,y,width,height,confidence,...)"
)


@dataclass(frozen=True)
class Row:
    """A line of a file.

    Attributes:
        place: file and line, for messages.
        index: of the line, from 0.
        fields: what stands between separators.
    """

    place: str
    index: int
    fields: tuple[str, ...]


def read_rows(text: str, frame_size: tuple[int, int], path: str) -> list[ObjectPrompt]:
    """The prompts of a text.

    Raises:
        PromptError: a line is something else, or none has a region.
    """
    rows = []
    for index, line in enumerate(text.splitlines()):
        fields = tuple(each for each in _SEPARATORS.split(line.strip()) if each)
        if fields:
            rows.append(Row(f"{path}, line {index + 1}", index, fields))
    if not rows:
        raise PromptFault(path, "the file is empty", _REMEDY)
    if _is_mot(rows):
        return _tracks(rows, frame_size)
    if all(len(row.fields) == 6 and all(map(_is_whole, row.fields[:2])) for row in rows):
        cause = "six numbers are a triangle of VOT, or MOT's row without its last columns"
        remedy = "write a triangle's last corner twice, or add a confidence to MOT's rows"
        raise PromptFault(rows[0].place, cause, remedy)
    return [_first_region(rows, frame_size, path)]


def _is_mot(rows: list[Row]) -> bool:
    """Whether they are MOT's; ten numbers may be a polygon's too, whose corners aren't whole."""
    fields = rows[0].fields
    if fields[0].startswith("m") or len(fields) not in _MOT:
        return False
    return len(fields) != 10 or all(_is_whole(each) for row in rows for each in row.fields[:2])


def _is_whole(text: str) -> bool:
    try:
        return float(text).is_integer()
    except (ValueError, OverflowError):
        return False


def _first_region(rows: list[Row], frame_size: tuple[int, int], path: str) -> ObjectPrompt:
    """VOT's file of one object, and SAMURAI's, which is its first line."""
    for row in rows:
        region = _region(row, frame_size)
        if region is not None:
            return ObjectPrompt(1, row.index, checked_region(region, frame_size, row.place))
    raise PromptFault(path, "no line has a region", _REMEDY)


def _region(row: Row, frame_size: tuple[int, int]) -> Region | None:
    """None where the object is absent: a code, or a box of zeros or NaN."""
    fields = row.fields
    if fields[0].startswith("m"):
        return _mask(row, frame_size)
    if len(fields) == 1 and fields[0] in _CODES:
        return None
    if len(fields) != 4 and (len(fields) < 6 or len(fields) % 2):
        raise PromptFault(row.place, f"a region of {counted(len(fields), 'number')}", _REMEDY)
    if all(each.lower() == "nan" for each in fields):
        return None
    values = [number(each, row.place) for each in fields]
    if len(values) == 4:
        return Box(*values) if any(values) else None
    try:
        return Mask(polygon_mask(np.array(values).reshape(-1, 2), frame_size))
    except RegionError as error:
        raise PromptFault(row.place, str(error)) from error


def _mask(row: Row, frame_size: tuple[int, int]) -> Mask:
    """`mX,Y,WIDTH,HEIGHT,RUNS`; missing runs at the end are background."""
    fields = (row.fields[0][1:], *row.fields[1:])
    try:
        x, y, width, height, *runs = (int(each) for each in fields)
    except ValueError as error:
        cause = "a mask has whole numbers: x, y, width, height and run lengths"
        raise PromptFault(row.place, cause, _REMEDY) from error
    rows, columns = frame_size
    if not (0 < width <= 4 * columns and 0 < height <= 4 * rows):
        cause = f"the mask is {width}x{height} but the frame is {columns}x{rows}"
        raise PromptFault(row.place, cause, "give a mask of the frame's size")
    rest = width * height - sum(runs)
    if rest < 0 or any(run < 0 for run in runs):
        cause = f"the runs of the mask don't fit in its {width}x{height} pixels"
        raise PromptFault(row.place, cause, "restore the line")
    runs = [*runs, rest] if len(runs) % 2 == 0 else [*runs, 0, rest]
    packed = PackedMask(np.array(runs, np.uint32), (height, width))
    try:
        return Mask(placed(packed.mask, (x, y), frame_size)[0])
    except RegionError as error:
        raise PromptFault(row.place, str(error)) from error


def _tracks(rows: list[Row], frame_size: tuple[int, int]) -> list[ObjectPrompt]:
    """MOT's objects, each with its earliest box."""
    first: dict[int, tuple[int, Row]] = {}
    for row in rows:
        if len(row.fields) != len(rows[0].fields):
            cause = f"{counted(len(row.fields), 'number')} instead of {len(rows[0].fields)}"
            raise PromptFault(row.place, cause, _REMEDY)
        frame = _whole(row, 0, "frame number")
        object_id = _whole(row, 1, "object id")
        known = first.get(object_id)
        if known is not None and known[0] == frame:
            cause = f"object {object_id} has a second box in frame {frame}"
            raise PromptFault(row.place, cause, "keep one of them")
        if known is None or frame < known[0]:
            first[object_id] = frame, row
    prompts = []
    for object_id, (frame, row) in first.items():
        box = Box(*(number(each, row.place) for each in row.fields[2:6]))
        checked_region(box, frame_size, row.place)
        prompts.append(ObjectPrompt(object_id, frame - 1, box))
    return prompts


def _whole(row: Row, column: int, what: str) -> int:
    text = row.fields[column]
    if not _is_whole(text) or not 1 <= float(text) <= LARGEST:
        remedy = "MOT counts frames and objects from 1; detections without ids are no prompts"
        raise PromptFault(row.place, f"{text!r:.40} is no {what}", remedy)
    return int(float(text))
