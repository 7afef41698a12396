"""A source of frames over arrays, seekable or not, live or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from samurai.errors import SourceError
from samurai.video.sources.base import Pixels, VideoFrame, VideoInfo
from samurai.video.sources.closing import Closing


class ArraySource(Closing):
    """Frames that are in memory; `before` is called with the number of each before it is given."""

    def __init__(
        self,
        frames: Sequence[Pixels],
        name: str = "arrays",
        *,
        live: bool = False,
        seekable: bool = True,
        count: int | None = -1,
        before: Callable[[int], None] | None = None,
    ) -> None:
        self._frames, self.before = frames, before
        height, width = frames[0].shape[:2]
        count = len(frames) if count == -1 else count
        count = None if live else count
        self._info = VideoInfo(name, width, height, count, 25.0, live, seekable and not live)
        self.given: list[int] = []

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        if stride < 0 and not self._info.seekable:
            raise SourceError("can't be read backward")
        end = len(self._frames) if stride > 0 else -1
        stop = end if stop is None else min(stop, end) if stride > 0 else stop
        for index in range(start, stop, stride):
            if self.before is not None:
                self.before(index)
            yield self._frame(index)

    def frame(self, index: int) -> VideoFrame:
        if not self._info.seekable or not 0 <= index < len(self._frames):
            raise SourceError(f"no frame {index}")
        return self._frame(index)

    def _frame(self, index: int) -> VideoFrame:
        self.given.append(index)
        return VideoFrame(index, self._frames[index].copy(), index / 25, f"{index:05d}.png")
