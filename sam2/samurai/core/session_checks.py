"""Log lines for prompts that are probably a mistake; policies that keep more than they declare."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from samurai.core.memory_bank import ObjectMemory
from samurai.errors import SessionError
from samurai.policies.base import Keep, Policy
from samurai.regions import Answer, Box, Region

log = logging.getLogger(__name__)

LEAST_SHARE = 0.5
"""Of a box inside the frame, and of a first mask inside its box; a line is logged below it."""


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


def warn_of_box(number: int, box: Box, frame_size: tuple[int, int]) -> None:
    """Log when most of an object's box lies outside the frame: its corners were given, perhaps."""
    share = share_in_frame(box, frame_size)
    if share < LEAST_SHARE:
        log.warning(
            "object %d: only %.0f %% of %s lies inside the %dx%d frame. A box is x, y, width, "
            "height, not its two corners",
            *(number, 100 * share, box, frame_size[1], frame_size[0]),
        )


def warn_of_first_mask(number: int, box: Box, mask: NDArray[np.bool_]) -> None:
    """Log when the mask that a box gave lies mostly outside it: the background, perhaps."""
    share = share_in_box(mask, box)
    if share < LEAST_SHARE:
        log.warning(
            "object %d: only %.0f %% of its first mask lies inside %s. The model may have taken "
            "the background for the object: give a mask, or a tighter box",
            *(number, 100 * share, box),
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


def check_requirements(
    policy: Policy, memories: Sequence[ObjectMemory], keeps: Sequence[Keep], frame_index: int
) -> None:
    """Raise SessionError where a policy keeps more than its `requirements` declare.

    Args:
        memories: of its hypotheses, with what they keep of earlier frames.
        keeps: what they keep, frame `frame_index` perhaps included.
    """
    requirements = policy.requirements
    maps = len({row for memory in memories for row in memory.held_maps()})
    pointers = len({row for memory in memories for row in memory.held_pointers()})
    maps += sum(frame_index in keep.maps for keep in keeps)
    pointers += sum(frame_index in keep.pointers for keep in keeps)
    for what, field, count, declared in (
        ("memory maps", "maps", maps, requirements.maps),
        ("object pointers", "pointers", pointers, requirements.pointers),
    ):
        if count > declared:
            raise SessionError(
                f"policy {policy.name} keeps {count} {what} but declares {declared}: raise "
                f"{field} in its PolicyRequirements, or keep fewer in remember()"
            )
