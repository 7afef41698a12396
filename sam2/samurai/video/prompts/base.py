"""What says where objects are: an object, a frame, a region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samurai.regions import ObjectId, Region


@dataclass(frozen=True, eq=False)
class ObjectPrompt:
    """A region of one object in one frame.

    The first prompt of an object introduces it; others are corrections.

    Attributes:
        object_id: of the object.
        frame_index: the frame's number in its source, from 0.
        region: in the frame's pixels.
        label: the object's name for people and exports, if it has one.
        reason: why it was found by discovery; None of an object that somebody prompted.
    """

    object_id: ObjectId
    frame_index: int
    region: Region
    label: str | None = None
    reason: str | None = None


FrameIndexOf = Callable[[str], int | None]
"""The number of the frame whose image file has a name (with or without suffix); None if there is
none. Formats that name images, as COCO does, need it."""
