"""Anchors of multi-start experiments by VOT's rule."""

from __future__ import annotations

from vot_wrapper.preflight.rules import EVERY_FRAMES
from vot_wrapper.preflight.truth import VISIBLE

FARTHEST = EVERY_FRAMES // 2
"""Frames that an anchor may move by, if the object isn't visible in its own."""


def place_anchors(visible: str) -> list[int]:
    """A value per frame for anchor.value: 1 tracks forward, -1 backward, 0 is no anchor.

    Anchors are on the first and the last frame and on every 50th between them; each run takes the
    longer way: forward in the first half, backward in the second. An anchor on a frame without a
    region moves to the nearest frame that has one; if there is none within 25 frames, it is
    dropped.

    Args:
        visible: a letter per frame (vot_wrapper.preflight.truth).
    """
    count = len(visible)
    values = [0] * count
    for wanted in dict.fromkeys((*range(0, count, EVERY_FRAMES), count - 1)):
        near = range(max(0, wanted - FARTHEST), min(count, wanted + FARTHEST + 1))
        candidates = [frame for frame in near if visible[frame] == VISIBLE]
        if candidates:
            nearest = min(candidates, key=lambda frame: (abs(frame - wanted), frame))
            values[nearest] = 1 if nearest < count / 2 else -1
    return values
