"""Sequences that report how far an experiment has read them; the toolkit's own report no frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from vot.dataset import Channel, Frame, Sequence
from vot.dataset.proxy import FrameMapChannel, FrameMapSequence

Progress = Callable[[float], None]  # called with the part of a sequence that is done, 0..1


class WatchedFrames(FrameMapSequence):  # type: ignore[misc]
    """Frames of a sequence in a chosen order that report how far they were read.

    Args:
        source: the sequence.
        frames: 0-based, in the order in which they are read.
        progress: called with the part that is done, 0..1, when the next frame is asked for.
        passes: how often they are read.
    """

    def __init__(
        self, source: Sequence, frames: list[int], progress: Progress, passes: int = 1
    ) -> None:
        super().__init__(source, frames)
        self._progress = progress
        self._passes = passes
        self._done = 0  # passes
        self._last = 0

    def __iter__(self) -> Iterator[Frame]:
        for index in range(len(self)):
            yield self.frame(index)

    def frame(self, index: int) -> Frame:
        """A frame of the source."""
        self._report(index)
        return super().frame(index)

    def channel(self, channel: str | None = None) -> Channel | None:
        """A channel; it is read where the toolkit puts another sequence before this one."""
        found = super().channel(channel)
        return None if found is None else _WatchedChannel(found, self._report)

    def _report(self, index: int) -> None:
        """Everything before a frame is done once it is asked for."""
        if index != self._last:
            self._done += index < self._last
            self._last = index
            self._progress(min(1.0, (self._done + index / len(self)) / self._passes))


class _WatchedChannel(FrameMapChannel):  # type: ignore[misc]
    """A channel that reports which frame is read."""

    def __init__(self, source: Channel, report: Callable[[int], None]) -> None:
        super().__init__(source, list(range(len(source))))
        self._report = report

    def frame(self, index: int) -> Any:
        self._report(index)
        return super().frame(index)

    def filename(self, index: int) -> str:
        self._report(index)
        return str(super().filename(index))
