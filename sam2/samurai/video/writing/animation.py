"""Frames as an animated GIF."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from samurai.painting.shapes import Pixels
from samurai.video.writing.formats import GIF_RATE, GIF_WIDTH
from samurai.video.writing.output import OutputFile

_TICK = Fraction(1, 100)  # the format's unit of time


def reduced(size: tuple[int, int]) -> tuple[int, int]:
    """A size (width, height), not wider than a GIF is sensibly."""
    width, height = size
    if width <= GIF_WIDTH:
        return size
    return GIF_WIDTH, max(1, round(height * GIF_WIDTH / width))


class AnimationWriter(OutputFile):
    """Writes a GIF, smaller and with fewer frames than the video: a palette for every frame, which
    needs no second pass.

    Args:
        target: the file.
        size: width and height of the frames.
        rate: frames per second on average.
    """

    def __init__(self, target: Path, size: tuple[int, int], rate: Fraction) -> None:
        super().__init__(target, "gif", {}, reduced(size), rate, _TICK)
        self._due = 0.0
        with self.writing():
            shown = min(rate, Fraction(GIF_RATE))
            stream = self.container.add_stream("gif", rate=shown)
            stream.width, stream.height = self.size
            stream.pix_fmt = "pal8"
            stream.codec_context.time_base = _TICK
            # It compares a frame with the last one by numbers of colors, which is wrong where a
            # palette is the first frame's again.
            stream.codec_context.options = {"gifflags": "-offsetting-transdiff"}
            self._stream = stream
            self.container.start_encoding()

    def encode(self, frame: Pixels, seconds: float) -> None:
        """As `OutputFile.encode`; a frame that comes too soon is left out."""
        import av

        if seconds < self._due - 1e-6:
            return
        # From the time that was due: frames of 30 a second come every second one, not third.
        self._due = max(self._due, seconds - 1 / GIF_RATE) + 1 / GIF_RATE
        picture = av.VideoFrame.from_ndarray(_with_palette(frame), "pal8")
        picture.pts, picture.time_base = self.clock.ticks(seconds), _TICK
        self.container.mux(self._stream.encode(picture))

    def flush(self) -> None:
        """As `OutputFile.flush`."""
        self.container.mux(self._stream.encode(None))


def _with_palette(frame: Pixels) -> Any:
    """A frame in its 256 most fitting colors: their numbers (H, W) and the colors (256, 4) ARGB,
    a pair, which PyAV takes though its types don't say so.

    By an octree, which is a hundred times as fast as cutting at medians, and nearly as good.
    """
    picture = Image.fromarray(frame).quantize(256, Image.Quantize.FASTOCTREE)
    colors = np.reshape(picture.getpalette() or [], (-1, 3))
    palette = np.zeros((256, 4), np.uint8)
    palette[:, 0] = 255
    palette[: len(colors), 1:] = colors
    return np.asarray(picture), palette
