"""What holds for prompts of every form: identities, frames, and what prompts say together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from samurai.errors import PromptError, RegionError
from samurai.masks import from_coco_rle
from samurai.regions import Mask, ObjectId, Region
from samurai.video.prompts.base import ObjectPrompt

LARGEST = 2**31 - 1
"""Of object ids and frame numbers."""


class PromptFault(PromptError):
    """What is wrong at a place in a text or file.

    Args:
        place: what the user finds it by.
        cause: as in every message.
        remedy: the same; empty where the cause is a message that has one.
    """

    def __init__(self, place: str, cause: str, remedy: str = "") -> None:
        message = f"{place}: {cause}" + (f". Remedy: {remedy}" if remedy else "")
        super().__init__(" ".join(message.splitlines()))  # names of files may have breaks

    def __reduce__(self) -> tuple[type[PromptError], tuple[str]]:
        return PromptError, (str(self),)  # other processes make it of the message


def checked_id(value: Any, place: str) -> ObjectId:
    """An object's id: a whole number from 0, or a name.

    Raises:
        PromptError: it is something else.
    """
    remedy = f"call an object by a whole number from 0 to {LARGEST}, or by a name"
    if isinstance(value, str) and value.strip():
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise PromptFault(place, f"{value!r:.40} is no object id", remedy)
    if not 0 <= value <= LARGEST:
        raise PromptFault(place, f"the object id {value!r:.40} is out of range", remedy)
    return value


def checked_frame(value: Any, place: str) -> int:
    """The number of a frame.

    Raises:
        PromptError: it isn't a whole number from 0.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise PromptFault(place, f"{value!r:.40} is no frame number", "count frames from 0")
    return value


def number(text: str, place: str) -> float:
    """A finite number.

    Raises:
        PromptError: it isn't one.
    """
    try:
        value = float(text)
    except ValueError as error:
        raise PromptFault(
            place, f"{text!r:.40} is not a number", "give coordinates in pixels"
        ) from error
    if not is_coordinate(value):
        cause = f"{text!r:.40} is not finite, or out of range"
        raise PromptFault(place, cause, "give coordinates in pixels")
    return value


def is_coordinate(value: float) -> bool:
    """Whether a number can be a coordinate: finite, and not beyond what a picture can have."""
    return math.isfinite(value) and abs(value) <= LARGEST


def checked_region(region: Region, frame_size: tuple[int, int] | None, place: str) -> Region:
    """A region that lies in the frame, as far as its size is known.

    Raises:
        PromptError: it doesn't, has no area, or isn't finite.
    """
    try:
        region.check_places(frame_size or _largest_frame(region))
    except RegionError as error:
        raise PromptFault(place, str(error)) from error
    return region


def checked_mask(rle: Mapping[str, Any], frame_size: tuple[int, int], place: str) -> Mask:
    """The mask of a run-length code of the frame's size.

    Raises:
        PromptError: it can't be read, is empty, or is of another size.
    """
    height, width = frame_size
    if rle.get("size") != [height, width]:
        cause = f"the mask's size is {rle.get('size')!r:.40} but the frame's is [{height}, {width}]"
        raise PromptFault(place, cause, "give a mask of the frame's size, height first")
    try:
        mask = Mask(from_coco_rle(rle))
        mask.check(frame_size)
    except RegionError as error:
        raise PromptFault(place, str(error)) from error
    return mask


def check_prompts(
    prompts: Sequence[ObjectPrompt],
    *,
    frame_size: tuple[int, int] | None = None,
    frame_count: int | None = None,
) -> None:
    """Check prompts, of whatever origin, as those of one video.

    Args:
        prompts: in any order.
        frame_size: height and width of the frames, if known.
        frame_count: of the video, if known.

    Raises:
        PromptError: a frame that the video doesn't have, a region outside the frame, two prompts of
            an object in one frame, two labels of an object, or an object whose first prompt has no
            click on it.
    """
    seen: set[tuple[ObjectId, int]] = set()
    labels: dict[ObjectId, str] = {}
    for prompt in sorted(prompts, key=lambda each: each.frame_index):
        place = f"object {prompt.object_id!r} in frame {prompt.frame_index}"
        if frame_count is not None and prompt.frame_index >= frame_count:
            raise PromptFault(
                place,
                f"the video has {frame_count} frames, counted from 0",
                f"give a frame up to {frame_count - 1}",
            )
        checked_region(prompt.region, frame_size, place)
        if prompt.object_id not in {each for each, _ in seen}:
            _check_first(prompt, frame_size, place)
        if (prompt.object_id, prompt.frame_index) in seen:
            raise PromptFault(place, "there are two prompts", "keep one, or join their points")
        seen.add((prompt.object_id, prompt.frame_index))
        if prompt.label is not None:
            label = labels.setdefault(prompt.object_id, prompt.label)
            if label != prompt.label:
                cause = f"its label is {prompt.label!r:.40}, and was {label!r:.40} before"
                raise PromptFault(place, cause, "give an object one label")


def _check_first(prompt: ObjectPrompt, frame_size: tuple[int, int] | None, place: str) -> None:
    """An object can't start with clicks beside it only."""
    try:
        prompt.region.check(frame_size or _largest_frame(prompt.region))
    except RegionError as error:
        raise PromptFault(place, str(error)) from error


def _largest_frame(region: Region) -> tuple[int, int]:
    """Height and width of a frame that isn't known, as far as the region tells."""
    if isinstance(region, Mask):
        return region.array.shape[0], region.array.shape[1]
    return LARGEST, LARGEST
