"""Clicks on one frame, which add up over several corrections."""

from __future__ import annotations

import numpy as np

from samurai.core.objects import TrackedObject
from samurai.regions import Box, Points, Region


def clicks_of(frame_index: int, prompt: Region) -> tuple[int, Points] | None:
    """What later clicks on the same frame add to; None after a mask."""
    if isinstance(prompt, Points):
        return frame_index, prompt
    if isinstance(prompt, Box):
        return frame_index, Points(np.zeros((0, 2)), np.zeros(0), prompt)
    return None


def accumulated(tracked: TrackedObject, frame_index: int, prompt: Region, replace: bool) -> Region:
    """A prompt with the clicks on this frame before it, where it is clicks alone.

    Args:
        replace: forget those before.
    """
    if not isinstance(prompt, Points) or prompt.box is not None or tracked.clicks is None:
        return prompt
    at, before = tracked.clicks
    if replace or at != frame_index:
        return prompt
    return Points(
        np.concatenate([before.coordinates, prompt.coordinates]),
        np.concatenate([before.labels, prompt.labels]),
        before.box,
    )
