"""Frames at a video's size and times in a video's ticks."""

from __future__ import annotations

import math
from fractions import Fraction

import cv2
import numpy as np

from samurai.errors import FrameError
from samurai.painting.shapes import Pixels

USUAL_RATE = Fraction(30)
"""Frames per second where nothing is known."""


def even(size: tuple[int, int]) -> tuple[int, int]:
    """A size (width, height) made even: videos store colors for blocks of 2 x 2 pixels."""
    width, height = size
    return width + width % 2, height + height % 2


def fitted(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """A frame at a size (width, height), contiguous.

    One pixel that is missing at the right or bottom repeats its neighbor; a frame of another size
    is scaled, and centered between black bars where its shape differs.

    Raises:
        FrameError: not a frame.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise FrameError(f"a frame is uint8 (height, width, 3), not {pixels.dtype} {pixels.shape}")
    width, height = size
    high, wide = pixels.shape[:2]
    if (wide, high) == size:
        return np.ascontiguousarray(pixels)
    if even((wide, high)) == size:
        return np.pad(pixels, ((0, height - high), (0, width - wide), (0, 0)), mode="edge")
    scale = min(width / wide, height / high)
    inner = (
        min(width, max(1, round(wide * scale))),
        min(height, max(1, round(high * scale))),
    )
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(pixels), inner, interpolation=how)
    canvas: Pixels = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = scaled
    return canvas


def rate_of(rate: float | None) -> Fraction:
    """Frames per second as a fraction, from 1 to 240; what can't be is `USUAL_RATE`."""
    if rate is None or not math.isfinite(rate) or rate <= 0:
        return USUAL_RATE
    return min(max(Fraction(rate).limit_denominator(1001), Fraction(1)), Fraction(240))


class Clock:
    """Times of frames, from 0, in ticks that always grow.

    Args:
        rate: frames per second, where frames don't say their time.
        tick: length of a tick in seconds.
    """

    def __init__(self, rate: Fraction, tick: Fraction) -> None:
        self._step, self.tick = 1 / rate, tick
        self._start: float | None = None
        self._last: float | None = None
        self._ticks = -1

    @property
    def start(self) -> float:
        """The first frame's time by its own clock; 0 before it came, and where it has none."""
        return self._start or 0.0

    @property
    def end(self) -> float:
        """Seconds until the last frame's end."""
        return 0.0 if self._ticks < 0 else float(self._ticks * self.tick + self._step)

    def seconds(self, given: float | None) -> float:
        """When a frame is shown, after the first one."""
        if given is None or not math.isfinite(given):
            given = self.start if self._last is None else self._last + float(self._step)
        if self._last is None:
            self._start = given
        self._last = given
        return given - self.start

    def ticks(self, seconds: float) -> int:
        """A time in ticks; one that isn't after the last frame's becomes the next tick."""
        self._ticks = max(round(Fraction(seconds) / self.tick), self._ticks + 1)
        return self._ticks
