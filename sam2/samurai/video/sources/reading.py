"""Reading ahead: a thread decodes the next frames while the present one is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from samurai.video.sources.base import Source, VideoFrame
from samurai.video.sources.closing import Closing

Item = TypeVar("Item")

JOIN_SECONDS = 1.0
"""How long `close` waits for the thread, which may be waiting for a network; it ends by itself."""


class ReadAhead(Generic[Item]):
    """An iterator whose next items are made in a background thread.

    The thread starts with the first item asked for, keeps at most `depth` items waiting, and ends
    with the iterator, at an error, or after `close`. An error of the iterator is raised where its
    item would be. The iterator is used and closed by the thread alone.

    Args:
        iterator: what is read.
        depth: items that may wait, 1 or more.
    """

    def __init__(self, iterator: Iterator[Item], depth: int) -> None:
        if depth < 1:
            raise ValueError(f"a depth of {depth} reads nothing ahead; it is 1 or more")
        self._iterator = iterator
        self._ready: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._done = False

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        if self._done:
            raise StopIteration
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="samurai-frames", daemon=True)
            self._thread.start()
        item, error = self._ready.get()
        if error is not None:
            self._done = True
            raise error
        return item  # type: ignore[return-value]  # None only beside an error

    def close(self) -> None:
        """End the thread; items that wait are dropped. Twice is allowed."""
        self._done = True
        self._stop.set()
        if self._thread is not None:
            self._drain()
            self._thread.join(JOIN_SECONDS)
            self._drain()

    def _read(self) -> None:
        end: BaseException = StopIteration()
        try:
            for item in self._iterator:
                if not self._put((item, None)):
                    break
        except BaseException as error:  # raised again where the item is asked for
            end = error
        finally:
            close: Any = getattr(self._iterator, "close", None)
            if close is not None:
                close()
        self._put((None, end))

    def _put(self, entry: tuple[Item | None, BaseException | None]) -> bool:
        """Wait for room; whether it is there, or False after `close`."""
        while not self._stop.is_set():
            try:
                self._ready.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def _drain(self) -> None:
        while True:
            try:
                self._ready.get_nowait()
            except queue.Empty:
                return


class ReadAheadSource(Closing):
    """A source whose passes are read ahead, one at a time. See `Source`.

    Args:
        source: is closed with this one.
        depth: frames that may wait.
    """

    def __init__(self, source: Source, depth: int) -> None:
        self._source, self._depth, self._info = source, depth, source.info
        self._pass: ReadAhead[VideoFrame] | None = None

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """See `Source.frames`. The pass before ends."""
        self._end()
        self._pass = ReadAhead(self._source.frames(start, stop, stride), self._depth)
        return self._pass

    def frame(self, index: int) -> VideoFrame:
        """See `Source.frame`. The pass before ends."""
        self._end()
        return self._source.frame(index)

    def close(self) -> None:
        """See `Source.close`."""
        super().close()
        self._end()
        self._source.close()

    def _end(self) -> None:
        if self._pass is not None:
            self._pass.close()
            self._pass = None
