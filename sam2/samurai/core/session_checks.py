"""Log lines for prompts that are probably a mistake; policies that keep more than they declare."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from operator import index
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from samurai.core.objects import TrackedObject
from samurai.core.preprocess import Frame, rgb_frame
from samurai.errors import FrameError, SessionError
from samurai.policies.base import Keep, Policy
from samurai.regions import Answer, Box, ObjectId, Region

log = logging.getLogger(__name__)

LEAST_SHARE = 0.5
"""Of a box inside the frame, and of a first mask inside its box; a line is logged below it."""


def checked_frame(
    frame: Frame, regions: Sequence[Region], video_size: tuple[int, int] | None, frame_index: int
) -> Frame:
    """A frame as RGB, if it fits the video and the regions fit it.

    Args:
        video_size: height and width of the frames before; None of the first one.

    Raises:
        FrameError, RegionError: it doesn't, or they don't.
    """
    frame = rgb_frame(frame)
    size = (frame.shape[0], frame.shape[1])
    expected = video_size or size
    if size != expected:
        raise FrameError(
            f"frame {frame_index} is {size[1]}x{size[0]} but the video is "
            f"{expected[1]}x{expected[0]}: start anew where the size changes"
        )
    for region in regions:
        region.check(size)
    return frame


def share_in_frame(box: Box, frame_size: tuple[int, int]) -> float:
    """The share of a box's area that lies in a (height, width) frame, 0 to 1."""
    rows, columns = frame_size
    width = min(box.x + box.width, columns) - max(box.x, 0.0)
    height = min(box.y + box.height, rows) - max(box.y, 0.0)
    return max(width, 0.0) * max(height, 0.0) / (box.width * box.height)


def share_in_box(mask: NDArray[np.bool_], box: Box) -> float:
    """The share of a mask's (H, W) pixels that lie in a box; 1 for an empty mask."""
    whole = np.count_nonzero(mask)
    inside = np.count_nonzero(mask & box.filled((mask.shape[0], mask.shape[1])).array)
    return float(inside / whole) if whole else 1.0


def warn_of_box(object_id: ObjectId, box: Box, frame_size: tuple[int, int]) -> None:
    """Log when most of an object's box lies outside the frame: its corners were given, perhaps."""
    share = share_in_frame(box, frame_size)
    if share < LEAST_SHARE:
        log.warning(
            "object %s: only %.0f %% of %s lies inside the %dx%d frame. A box is x, y, width, "
            "height, not its two corners",
            *(object_id, 100 * share, box, frame_size[1], frame_size[0]),
        )


def warn_of_first_mask(object_id: ObjectId, box: Box, mask: NDArray[np.bool_]) -> None:
    """Log when the mask that a box gave lies mostly outside it: the background, perhaps."""
    share = share_in_box(mask, box)
    if share < LEAST_SHARE:
        log.warning(
            "object %s: only %.0f %% of its first mask lies inside %s. The model may have taken "
            "the background for the object: give a mask, or a tighter box",
            *(object_id, 100 * share, box),
        )


def warn_of_prompts(
    regions: Sequence[Region], answers: Sequence[Answer], frame_size: tuple[int, int]
) -> None:
    """Log what is odd about the newest objects.

    Args:
        regions: their prompts.
        answers: of all objects, the newest ones last; none in an offline session.
    """
    for region, answer in zip(reversed(regions), reversed(answers), strict=False):
        if isinstance(region, Box):
            warn_of_box(answer.object_id, region, frame_size)
            warn_of_first_mask(answer.object_id, region, answer.mask)


def check_requirements(tracked: TrackedObject, keeps: Sequence[Keep], frame_index: int) -> None:
    """Raise SessionError where a policy keeps more than its `requirements` declare.

    Args:
        tracked: the object, whose memories hold what is kept of earlier frames.
        keeps: what its hypotheses keep, frame `frame_index` perhaps included.
    """
    policy, further = tracked.policy, tracked.conditioning
    requirements = policy.requirements
    maps = len({row for memory in tracked.memories for row in memory.held_maps()})
    pointers = len({row for memory in tracked.memories for row in memory.held_pointers()})
    if frame_index not in further:
        maps += sum(frame_index in keep.maps for keep in keeps)
        pointers += sum(frame_index in keep.pointers for keep in keeps)
    for what, name, count, declared in (
        ("memory maps", "maps", maps, requirements.maps),
        ("object pointers", "pointers", pointers, requirements.pointers),
    ):
        if count > declared + len(further):
            raise SessionError(
                f"policy {policy.name} keeps {count - len(further)} {what} but declares "
                f"{declared}: raise {name} in its PolicyRequirements, or keep fewer in remember()"
            )


def as_frame_index(value: SupportsIndex) -> int:
    """A frame's index in a video as an integer; SessionError for what isn't one."""
    try:
        return index(value)
    except TypeError:
        raise SessionError(f"a frame's index is an integer, not {value!r}") from None


def check_correction(policy: Policy) -> None:
    """Raise SessionError where a policy can't be corrected."""
    if not policy.correctable:
        raise SessionError(
            f"policy {policy.name} can't be corrected: it has no method correct. Choose another "
            "one, or add the method (docs/policies.md)"
        )
