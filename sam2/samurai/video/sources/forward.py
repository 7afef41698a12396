"""Videos that can be read once, forward: standard input, named pipes, servers without ranges."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from samurai.errors import SourceError
from samurai.video.sources.base import VideoFrame, Warn
from samurai.video.sources.beginning import look_at
from samurai.video.sources.closing import Closing, check_range
from samurai.video.sources.container import Address, Reader
from samurai.video.sources.endings import Endings
from samurai.video.sources.numbering import Numbering
from samurai.video.sources.passes import decoded
from samurai.video.sources.pixels import Converter


class ForwardVideo(Closing):
    """A video that comes once. `frames` goes on where an earlier pass stopped. See `Source`."""

    def __init__(self, address: Address, warn: Warn) -> None:
        """Read up to its first frame.

        Raises:
            SourceError: it isn't a video that can be read.
        """
        self._reader = Reader(address)
        try:
            self._beginning, first = look_at(self._reader)
        except SourceError as error:
            late = "mp4" in self._reader.container.format.name
            self._reader.close()
            raise (_index_last(address.name) if late else error) from error
        except BaseException:
            self._reader.close()
            raise
        self._info = self._beginning.info(seekable=False, frame_count=self._beginning.frame_count)
        self._endings = Endings(self._beginning, warn)
        self._lock = threading.Lock()
        rest = decoded(self._reader, Numbering(by_time=False))
        self._pictures = enumerate(each for part in (iter(first), rest) for each in part)
        self._next = 0

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """See `Source.frames`; frames that were read before can't be had again."""
        check_range(start, stop, stride)
        self._check_open()
        if stride < 0:
            raise SourceError(
                f"{self._info.name} can only be read forward; save it as a file first"
            )
        if start < self._next:
            raise SourceError(
                f"{self._info.name} has been read up to frame {self._next - 1} and can't go back; "
                "save it as a file first"
            )
        return self._forward(start, stop, stride)

    def frame(self, index: int) -> VideoFrame:
        """Not to be had. See `Source.frame`."""
        raise SourceError(
            f"{self._info.name} can only be read forward, so that frame {index} can't be sought; "
            "save it as a file first"
        )

    def close(self) -> None:
        """See `Source.close`; not while another thread reads."""
        with self._lock:
            super().close()
            self._reader.close()

    def _forward(self, start: int, stop: int | None, stride: int) -> Iterator[VideoFrame]:
        converter = Converter()
        last = None
        while stop is None or self._next < stop:
            with self._lock:
                self._check_open()
                number, picture = next(self._pictures, (None, None))
            if number is None or picture is None:
                self._endings.check(self._reader.faults, last)
                return
            self._next = number + 1
            last = number
            if number >= start and (number - start) % stride == 0:
                seconds = self._beginning.seconds(number, picture.pts)
                yield VideoFrame(number, converter.pixels(picture), seconds)


def _index_last(name: str) -> SourceError:
    """An MP4 opens, and then its frames lie before what has been read."""
    return SourceError(
        f"{name} is an MP4 that is damaged, or has its list of frames at the end, where it comes "
        "too late; save it as a file first, or write it with the list first (FFmpeg's -movflags "
        "+faststart)"
    )


class Pipe:
    """A file descriptor as PyAV reads it; unlike FFmpeg's own pipes, an interrupt ends a read.

    Args:
        descriptor: of a pipe or a file; it stays open.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end."""
        return os.read(self._descriptor, size)
