"""What a source of frames is to the rest: a video file, a folder of images, a camera, a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Warn = Callable[[str], None]


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a source before its frames are read.

    Attributes:
        name: what the user called it: a path, an address, the number of a camera.
        width: of its frames in pixels, as they are shown (rotated).
        height: likewise.
        frame_count: exact; None where only reading to the end would tell, and for live sources.
        rate: frames per second on average; None if unknown.
        live: frames come at their own time and can't be had again.
        seekable: `Source.frame` and reversed `Source.frames` work.
        has_audio: there is sound that a video written from it may copy.
    """

    name: str
    width: int
    height: int
    frame_count: int | None
    rate: float | None
    live: bool = False
    seekable: bool = True
    has_audio: bool = False


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """A frame and its place.

    Attributes:
        index: its number in the source, from 0, whatever part of the source is read.
        pixels: uint8 (H, W, 3) RGB, writable, as it is shown: rotated, square samples not enforced.
        seconds: when it is shown, counted from the first frame; None if unknown.
        name: of its file, without folder; None where frames have none.
    """

    index: int
    pixels: Pixels
    seconds: float | None = None
    name: str | None = None


class Source(Protocol):
    """Frames of one video. `samurai.video.open_source` makes one.

    A thread reads at most one pass at a time; memory doesn't grow with the video's length.
    """

    @property
    def info(self) -> VideoInfo:
        """What is known of it."""
        ...

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """The frames of `range(start, stop, stride)`; to the end where `stop` is None.

        A negative stride reads backward, down to frame 0 where `stop` is None; that needs a
        seekable source. Frames that a truncated file lost are missing at the end, after a warning.

        Raises:
            SourceError: the source can't be read further; frames so far were right.
        """
        ...

    def frame(self, index: int) -> VideoFrame:
        """One frame by its number, exact.

        Raises:
            SourceError: the source isn't seekable, or has no such frame.
        """
        ...

    def close(self) -> None:
        """Free what it holds; twice is allowed."""
        ...

    def __enter__(self) -> Source: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
