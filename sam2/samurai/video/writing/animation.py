"""Frames as an animated GIF."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.painting.shapes import Pixels
from samurai.video.writing.formats import GIF_RATE, GIF_WIDTH
from samurai.video.writing.output import OutputFile

if TYPE_CHECKING:
    from av.filter import Graph

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
            self._stream = self.container.add_stream("gif", rate=min(rate, Fraction(GIF_RATE)))
            self._stream.width, self._stream.height = self.size
            self._stream.pix_fmt = "pal8"
            self._stream.codec_context.time_base = _TICK
            self._graph = self._quantizer()
            self.container.start_encoding()

    def encode(self, frame: Pixels, seconds: float) -> None:
        """As `OutputFile.encode`; a frame that comes too soon is left out."""
        import av

        if seconds < self._due - 1e-6:
            return
        # From the time that was due: frames of 30 a second come every second one, not third.
        self._due = max(self._due, seconds - 1 / GIF_RATE) + 1 / GIF_RATE
        picture = av.VideoFrame.from_ndarray(frame, "rgb24")
        picture.pts, picture.time_base = self.clock.ticks(seconds), _TICK
        self._graph.push(picture)
        self._drain()

    def flush(self) -> None:
        """As `OutputFile.flush`."""
        self._graph.push(None)
        self._drain()
        self.container.mux(self._stream.encode(None))

    def _drain(self) -> None:
        """Encode what the palettes are chosen for."""
        import av

        while True:
            try:
                picture = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            self.container.mux(self._stream.encode(picture))

    def _quantizer(self) -> Graph:
        """A palette of each frame, and the frame in it."""
        from av.filter import Graph
        from av.video.format import VideoFormat

        graph = Graph()
        width, height = self.size
        pixels = VideoFormat("rgb24", width, height)
        start = graph.add_buffer(width=width, height=height, format=pixels, time_base=_TICK)
        split = graph.add("split")
        palette = graph.add("palettegen", "stats_mode=single")
        use = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4:diff_mode=rectangle")
        end = graph.add("buffersink")
        start.link_to(split)
        split.link_to(palette, 1, 0)
        split.link_to(use, 0, 0)
        palette.link_to(use, 0, 1)
        use.link_to(end)
        graph.configure()
        return graph
