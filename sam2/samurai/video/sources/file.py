"""Video files: every frame by its number, in both directions, with bounded memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from samurai.errors import SourceError
from samurai.video.sources.base import VideoFrame, Warn
from samurai.video.sources.beginning import look_at
from samurai.video.sources.closing import Closing, check_range, up_to
from samurai.video.sources.container import Address, Reader
from samurai.video.sources.endings import Endings
from samurai.video.sources.index import FrameIndex
from samurai.video.sources.passes import Pass
from samurai.video.sources.pixels import Converter
from samurai.video.sources.singles import Singles, pictures_kept

if TYPE_CHECKING:
    from av.video import VideoFrame as Picture

FIRST_PIECE = 32
"""Frames that backward reading decodes before it gives the first; later pieces are larger."""

SHORT = 5000
"""Frames up to which those of a short file are counted when it is opened."""

HAIR = 1e-6
"""Of a tick or a frame, by which times that were written as decimals may be off."""


class VideoFile(Closing):
    """A video in a file, or at an address whose server sends any part. See `Source`."""

    def __init__(self, address: Address, warn: Warn) -> None:
        """Open it and decode its first frame.

        Raises:
            SourceError: it isn't a video that can be read.
        """
        reader = Reader(address)
        try:
            self._beginning, _ = look_at(reader)
        finally:
            reader.close()
        self._endings = Endings(self._beginning, warn)
        self._index: FrameIndex | None = None
        self._may_decode = False  # not while it is opened
        self._singles: Singles | None = None
        self._converter = Converter()
        self._lock = threading.RLock()
        count = self._beginning.frame_count
        if count is None and self._beginning.is_short and not self._beginning.is_cut:
            self._frame_index().reach(SHORT)
            count = self._frame_index().known_count
        self._may_decode = True
        self._info = self._beginning.info(seekable=True, frame_count=count)

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """See `Source.frames`."""
        check_range(start, stop, stride)
        self._check_open()
        if stride > 0:
            return self._forward(start, stop, stride)
        return self._backward(start, stop, stride)

    def frame(self, index: int) -> VideoFrame:
        """See `Source.frame`."""
        self._check_open()
        with self._lock:
            if self._singles is None:
                self._singles = Singles(self._beginning, self._frame_index)
            picture = self._singles.get(index) if index >= 0 else None
            if picture is None:
                raise SourceError(
                    f"{self._info.name} has no frame {index} that can be decoded; frames are "
                    f"numbered from 0{self._to_last()}"
                )
            return self._shown(index, picture, self._converter)

    @property
    def is_cut(self) -> bool:
        """Whether the file ends before its container does."""
        return self._beginning.is_cut

    def count(self) -> int:
        """The number of frames; where times don't tell it, the whole file is decoded."""
        self._check_open()
        return self._last_number() + 1

    def number_at(self, seconds: float) -> int:
        """The first frame that is shown at or after a time, counted from the first frame; the
        number of frames where there is none."""
        self._check_open()
        index, beginning = self._frame_index(), self._beginning
        count = index.count()
        if count is None or beginning.first_time is None:
            return min(math.ceil(seconds * (beginning.rate or 0.0) - HAIR), self.count())
        return index.number(math.ceil(beginning.first_time + seconds / beginning.tick - HAIR))

    def close(self) -> None:
        """See `Source.close`."""
        with self._lock:
            super().close()
            if self._singles is not None:
                self._singles.close()
            if self._index is not None:
                self._index.close()
            self._singles = self._index = None

    def _to_last(self) -> str:
        count = self._info.frame_count
        return f" to {count - 1}" if count else ""

    def _frame_index(self) -> FrameIndex:
        """The index of the file, made when it is needed first."""
        with self._lock:
            if self._index is None:
                first, by_time = self._beginning.first_time, self._beginning.by_time
                self._index = FrameIndex(self._beginning.address, first, by_time)
            self._index.may_decode = self._may_decode
            return self._index

    def _forward(self, start: int, stop: int | None, stride: int) -> Iterator[VideoFrame]:
        converter, reading = Converter(), Pass(self._beginning, self._frame_index)
        last = None
        try:
            for number, picture in reading.pictures(start):
                if stop is not None and number >= stop:
                    return
                last = number
                if (number - start) % stride == 0:
                    yield self._shown(number, picture, converter)
            self._endings.check(reading.faults, last)
        finally:
            reading.close()

    def _backward(self, start: int, stop: int | None, stride: int) -> Iterator[VideoFrame]:
        """Pieces are decoded forward and given out in reverse: a group may be of any length."""
        wanted = up_to(self._last_number(), start, stop, stride)
        most = pictures_kept(self._beginning)
        piece = min(most, FIRST_PIECE)
        converter, reading = Converter(), Pass(self._beginning, self._frame_index)
        try:
            while wanted:
                numbers, wanted = wanted[:piece], wanted[piece:]
                piece = min(most, 2 * piece)
                kept = reading.collect(numbers[-1], numbers[0], set(numbers))
                for number in numbers:
                    if number in kept:
                        yield self._shown(number, kept.pop(number), converter)
            self._endings.check(reading.faults, None)
        finally:
            reading.close()

    def _last_number(self) -> int:
        """Of the file; where times don't tell it, all is decoded."""
        count = self._info.frame_count or self._frame_index().count()
        if count is None:
            with_all = Pass(self._beginning, self._frame_index)
            try:
                count = 1 + max((each.number for each in with_all.pictures(0)), default=-1)
            finally:
                with_all.close()
        return count - 1

    def _shown(self, number: int, picture: Picture, converter: Converter) -> VideoFrame:
        seconds = self._beginning.seconds(number, picture.pts)
        return VideoFrame(number, converter.pixels(picture), seconds)
