"""The first box of a sequence as a prompt in pixels of its first frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from samurai.datasets.base import BoxSequence
from samurai.errors import RegionError
from samurai.regions import Box

PromptRule = Literal["pixels", "samurai"]
"""How a data set's first box becomes a prompt.

"pixels": shifted so that the top-left pixel is 0, and cut at the frame's borders. "samurai": as
SAMURAI's scripts hand it over, unshifted and cut to whole numbers.
"""

PROMPT_RULES: tuple[PromptRule, ...] = ("pixels", "samurai")


@dataclass(frozen=True)
class Prompt:
    """A prompt, or the reason why there is none.

    Attributes:
        box: in the frame's pixels; None where the first box says nothing.
        note: how it departs from the data set's box, or why there is none; "" where all is well.
    """

    box: Box | None
    note: str = ""


def first_prompt(sequence: BoxSequence, rule: PromptRule, frame_size: tuple[int, int]) -> Prompt:
    """The prompt of a sequence.

    A box without area or outside the frame is moved to the nearest pixels of the frame.

    Args:
        frame_size: height and width of the first frame.
    """
    row = sequence.truth[0]
    if not np.isfinite(row).all():
        return Prompt(None, "the first box isn't known, so there is no prompt: all answers are 0")
    given = Box(*row.tolist())
    if rule == "samurai":
        box = Box(*(float(int(value)) for value in row))
    else:
        shift = sequence.first_pixel
        box = Box(given.x - shift, given.y - shift, given.width, given.height)
    try:
        box.check(frame_size)
    except RegionError:
        moved = _moved_inside(box, frame_size)
        return Prompt(
            moved, f"the first box {_text(given)} is moved into the frame: {_text(moved)}"
        )
    return Prompt(box if rule == "samurai" else _cut(box, frame_size))


def _cut(box: Box, frame_size: tuple[int, int]) -> Box:
    """The part of a box inside the frame."""
    rows, columns = frame_size
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.width, columns), min(box.y + box.height, rows)
    if (left, top, right, bottom) == (box.x, box.y, box.x + box.width, box.y + box.height):
        return box
    return Box(left, top, right - left, bottom - top)


def _moved_inside(box: Box, frame_size: tuple[int, int]) -> Box:
    """The pixels of the frame nearest to a box, at least one."""
    rows, columns = frame_size
    left = min(max(box.x, 0.0), columns - 1.0)
    top = min(max(box.y, 0.0), rows - 1.0)
    right = min(max(box.x + box.width, left + 1), float(columns))
    bottom = min(max(box.y + box.height, top + 1), float(rows))
    return Box(left, top, right - left, bottom - top)


def _text(box: Box) -> str:
    return ",".join(f"{value:g}" for value in (box.x, box.y, box.width, box.height))
