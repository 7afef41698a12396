"""The newest frames, for policies that look at pictures: as many as they asked for, no more."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from samurai.core.preprocess import Frame


@dataclass(frozen=True)
class _Seen:
    """One frame; what is made of it is made when it is first asked for."""

    frame: Frame
    side: int | None

    @cached_property
    def rgb(self) -> Frame:
        if self.side is None:
            return self.frame
        squeezed: Frame = cv2.resize(self.frame, (self.side,) * 2, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        return squeezed

    @cached_property
    def gray(self) -> Frame:
        gray: Frame = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY)  # type: ignore[assignment]
        return gray


class FrameHistory:
    """`policies.observations.RecentFrames` of a session.

    Args:
        before: how many frames before the newest are kept.
        side: of the network's square input, whose pixels the policies' coordinates are; None
            where they are the frame's own.
    """

    def __init__(self, before: int, side: int | None) -> None:
        self._side = side
        self._seen: deque[_Seen] = deque(maxlen=before + 1)

    def copied(self) -> FrameHistory:
        """A history with the same frames, which are shared."""
        other = FrameHistory(0, self._side)
        other._seen = self._seen.copy()
        return other

    def push(self, frame: Frame) -> None:
        """Keep a copy: the caller may read the next frame into the same buffer, or draw into it."""
        self._seen.appendleft(_Seen(np.array(frame, order="C"), self._side))

    @property
    def ago(self) -> int:
        """How many frames before the newest there are."""
        return len(self._seen) - 1

    def rgb(self, ago: int = 0) -> Frame:
        """The frame `ago` frames before the newest, uint8 (h, w, 3), not to be changed."""
        return self._seen[ago].rgb

    def gray(self, ago: int = 0) -> Frame:
        """The same, uint8 (h, w)."""
        return self._seen[ago].gray
