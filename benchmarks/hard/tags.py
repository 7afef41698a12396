"""Which frames of a sequence are hard, and for what: the content of its `.tag` file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.bundled.writer import Truth

from .stage import DOUBLE, TARGET, Stage

FAST = 1.0  # of the longer side of its box, that a target moves between frames
JERK = 40.0  # pixels that the view shifts between frames

Seen = Sequence[dict[str, Truth]]


def tags(attribute: str, stage: Stage, seen: Seen) -> list[bool]:
    """Whether each frame counts for an attribute.

    A double counts while it can be seen. What else happens to a target decides about the frames
    that follow, too: a tracker that lost it stays lost. These count from the first time on.
    """
    frames = range(len(seen))
    if attribute == "distractor":
        return [seen[frame][DOUBLE].area > 0 for frame in frames]
    happens: dict[str, Callable[[int], bool]] = {
        "out-of-view": lambda frame: seen[frame][TARGET].area == 0,
        "fast-motion": lambda frame: frame > 0 and _is_fast(seen[frame - 1], seen[frame]),
        "camera-jerk": lambda frame: frame > 0 and _is_jerked(stage, frame),
    }
    first = next((frame for frame in frames if happens[attribute](frame)), len(seen))
    return [frame >= first for frame in frames]


def _is_fast(before: dict[str, Truth], now: dict[str, Truth]) -> bool:
    if not before[TARGET].area or not now[TARGET].area:
        return False
    (old, old_side), (new, new_side) = _middle(before[TARGET].line), _middle(now[TARGET].line)
    return float(np.hypot(*(new - old))) > FAST * max(old_side, new_side)


def _middle(line: str) -> tuple[np.ndarray, float]:
    """The middle of a mask line's box, and its longer side."""
    x, y, width, height = (float(part) for part in line[1:].split(",")[:4])
    return np.array([x + width / 2, y + height / 2]), max(width, height)


def _is_jerked(stage: Stage, frame: int) -> bool:
    before, now = stage.camera(frame - 1), stage.camera(frame)
    return float(np.hypot(now.x - before.x, now.y - before.y)) > JERK
