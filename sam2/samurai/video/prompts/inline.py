"""Prompts of the command line: `OBJECT@FRAME:REGION`, or a region alone."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from samurai.errors import RegionError
from samurai.regions import Box, Mask, ObjectId, Points
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.checks import (
    PromptFault,
    checked_frame,
    checked_id,
    checked_region,
    number,
)
from samurai.video.prompts.pictures import read_object

_HEAD = re.compile(r"(?P<object>[^@:]*)@(?P<frame>[^@:]*):(?P<region>.*)", re.DOTALL)
_WHOLE = re.compile(r"[+-]?\d+")
_HEAD_REMEDY = "write OBJECT@FRAME:REGION, as in 1@0:292,171,276,177 or dog@12:292,171,276,177"


@dataclass(frozen=True)
class Defaults:
    """What a prompt is about that says only where.

    Attributes:
        taken: ids of objects so far; the object gets the smallest number from 1 that isn't there.
        frame_index: of its frame.
        frame_size: height and width, if known: the region must lie there.
    """

    taken: Collection[ObjectId] = ()
    frame_index: int = 0
    frame_size: tuple[int, int] | None = None


def parse_box(text: str, defaults: Defaults | None = None) -> ObjectPrompt:
    """`1@0:292,171,276,177`: x, y, width and height of object 1 in frame 0.

    Args:
        text: also `dog@12:...`, where the name is the label too, and the four numbers alone.
        defaults: see `Defaults`.

    Raises:
        PromptError: it isn't that.
    """
    defaults = defaults or Defaults()
    object_id, frame, region = _head(text, defaults)
    values = [number(each, _place(text)) for each in region.split(",")]
    if len(values) != 4:
        remedy = "give x, y, width and height, separated by commas"
        raise PromptFault(_place(text), f"a box has four numbers, not {len(values)}", remedy)
    box = checked_region(Box(*values), defaults.frame_size, _place(text))
    return ObjectPrompt(object_id, frame, box, _label(object_id))


def parse_points(text: str, defaults: Defaults | None = None) -> ObjectPrompt:
    """`1@0:+120,80,-30,40`: a click on object 1 at (120, 80) and one beside it at (30, 40).

    Args:
        text: as of `parse_box`; a click without a sign is on the object.
        defaults: see `Defaults`.

    Raises:
        PromptError: it isn't that.
    """
    defaults = defaults or Defaults()
    object_id, frame, region = _head(text, defaults)
    values = [each.strip() for each in region.split(",")]
    if len(values) % 2:
        remedy = "give x and y of each point, as in +120,80,-30,40"
        raise PromptFault(_place(text), f"{len(values)} numbers aren't pairs of x and y", remedy)
    labels = [int(not each.startswith("-")) for each in values[::2]]
    plain = [
        each[1:] if each[:1] in ("+", "-") and not place % 2 else each
        for place, each in enumerate(values)
    ]
    if any(each[:1] in ("+", "-") for each in plain):
        remedy = "write one sign before x, + on the object and - beside it, and none before y"
        raise PromptFault(_place(text), "a point has a sign too many", remedy)
    numbers = [number(each, _place(text)) for each in plain]
    points = Points(list(zip(numbers[::2], numbers[1::2], strict=True)), labels)
    checked_region(points, defaults.frame_size, _place(text))
    return ObjectPrompt(object_id, frame, points, _label(object_id))


def parse_mask(text: str, defaults: Defaults | None = None) -> ObjectPrompt:
    """`1@0:mask.png`: the object is where the image isn't black.

    Args:
        text: as of `parse_box`.
        defaults: see `Defaults`.

    Raises:
        PromptError: it isn't that, or the image can't be read or holds several objects.
    """
    defaults = defaults or Defaults()
    object_id, frame, region = _head(text, defaults)
    if not region:
        raise PromptFault(
            _place(text), "the mask's file is missing", "name an image, as 1@0:mask.png"
        )
    try:
        mask = Mask(read_object(Path(region)))
        mask.check(defaults.frame_size or mask.array.shape)
    except RegionError as error:
        remedy = "give a black image of the frame's size with one object in white"
        raise PromptFault(region, str(error), remedy) from error
    return ObjectPrompt(object_id, frame, mask, _label(object_id))


def _head(text: str, defaults: Defaults) -> tuple[ObjectId, int, str]:
    """Object, frame and the rest."""
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        free = next(each for each in count(1) if each not in defaults.taken)
        return free, defaults.frame_index, text.strip()
    name, frame = found["object"].strip(), found["frame"].strip()
    if not name:
        raise PromptFault(_place(text), "the object has no name", _HEAD_REMEDY)
    if not frame.isdecimal():
        raise PromptFault(_place(text), f"{frame!r:.40} is no frame number", _HEAD_REMEDY)
    object_id = checked_id(_whole(name), _place(text))
    return object_id, checked_frame(_whole(frame), _place(text)), found["region"].strip()


def _whole(text: str) -> int | str:
    """A whole number, if the text is one that can be in range."""
    if not _WHOLE.fullmatch(text):
        return text
    return int(text) if len(text) < 20 else 2**63


def _label(object_id: ObjectId) -> str | None:
    return object_id if isinstance(object_id, str) else None


def _place(text: str) -> str:
    return f"{text!r:.80}"
