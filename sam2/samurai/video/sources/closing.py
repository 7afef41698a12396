"""What sources share: what is known of them, how they are closed, ranges of frames."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from samurai.errors import SourceError
from samurai.video.sources.base import VideoInfo

Self = TypeVar("Self", bound="Closing")


class Closing:
    """A source that can be closed, by hand or at the end of a `with`."""

    _closed = False
    _info: VideoInfo

    @property
    def info(self) -> VideoInfo:
        """See `Source.info`."""
        return self._info

    def close(self) -> None:
        """Free what it holds; twice is allowed."""
        self._closed = True

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise SourceError("the source is closed; open it again to read frames")


def check_range(start: int, stop: int | None, stride: int) -> None:
    """Refuse what no range of frames is.

    Raises:
        ValueError: a negative number of a frame, or a stride of zero.
    """
    if start < 0 or stride == 0 or (stop is not None and stop < (0 if stride > 0 else -1)):
        raise ValueError(
            f"frames({start}, {stop}, {stride}) isn't a range of frames: numbers are 0 or more, "
            "and the stride isn't 0"
        )


def up_to(last: int, start: int, stop: int | None, stride: int) -> range:
    """The numbers of a backward range that aren't beyond the last frame."""
    beyond = max(0, start - last)
    begin = start - -(-beyond // -stride) * -stride
    return range(begin, -1 if stop is None else stop, stride)
