"""Frames as a video file, with the sound of another one if wanted."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from samurai.painting.shapes import Pixels
from samurai.runtime.cpu import usable_cores
from samurai.video.sources.base import Warn
from samurai.video.writing.audio import Sound
from samurai.video.writing.fitting import even
from samurai.video.writing.formats import CONTAINERS, Quality, video_codec
from samurai.video.writing.output import OutputFile

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_SEEK_SECONDS = 2  # between frames to which a player can jump at once
_MOST_THREADS = 4


class VideoWriter(OutputFile):
    """Encodes H.264 or VP9 in YUV 4:2:0, which browsers play; one pixel is added to odd sizes.

    Args:
        target: the file; its suffix is of `CONTAINERS`.
        size: width and height of the frames.
        rate: frames per second on average.
        quality: see `QUALITIES`.
        audio_from: a file whose sound is added.
        audio_start: where the sound starts there; None: at the first frame's time.
        warn: called with a sentence if there is no sound to add.
    """

    def __init__(
        self,
        target: Path,
        size: tuple[int, int],
        rate: Fraction,
        quality: Quality,
        audio_from: str | os.PathLike[str] | None = None,
        audio_start: float | None = None,
        warn: Warn | None = None,
    ) -> None:
        suffix = target.suffix.lower()
        format = CONTAINERS[suffix]
        codec = video_codec(format, suffix)
        super().__init__(target, format.name, format.options, even(size), rate, format.tick)
        from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

        self._reformatter = VideoReformatter()
        self._audio_start = audio_start
        self._sound: Sound | None = None
        with self.writing():
            stream = cast("VideoStream", self.container.add_stream(codec.name, rate=rate))
            stream.width, stream.height = self.size
            stream.pix_fmt = "yuv420p"
            context = stream.codec_context
            context.time_base = format.tick
            context.thread_count = max(1, min(_MOST_THREADS, usable_cores() // 4))
            context.gop_size = max(1, round(_SEEK_SECONDS * rate))
            context.colorspace = Colorspace.ITU601
            context.color_range = ColorRange.MPEG
            context.options = {**codec.options, "crf": str(codec.quality[quality])}
            self._stream = stream
            if audio_from is not None:
                self._sound = Sound.add_to(self.container, format, audio_from, warn)
            self.container.start_encoding()

    def encode(self, frame: Pixels, seconds: float) -> None:
        """As `OutputFile.encode`."""
        import av
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        picture = self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(frame, "rgb24"),
            format="yuv420p",
            interpolation=Interpolation.FAST_BILINEAR,
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.MPEG,
        )
        picture.pts = self.clock.ticks(seconds)
        picture.time_base = self.clock.tick
        self.container.mux(self._stream.encode(picture))
        self._add_sound(seconds)

    def flush(self) -> None:
        """As `OutputFile.flush`."""
        self.container.mux(self._stream.encode(None))
        self._add_sound(self.clock.end)
        if self._sound is not None:
            self._sound.flush()

    def release(self) -> None:
        """As `OutputFile.release`."""
        if self._sound is not None:
            self._sound.close()

    def _add_sound(self, until: float) -> None:
        """Sound goes between the frames, so that a player finds both in one place."""
        if self._sound is not None:
            start = self.clock.start if self._audio_start is None else self._audio_start
            self._sound.add(start, until)
