"""Drawing and writing in a thread beside the tracker."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from samurai.video.writing.base import Writer

_LOOK = 0.1  # seconds after which a waiting caller looks whether the thread has failed


class BackgroundWriter:
    """Does calls one after the other in a thread, so that the next frame is tracked meanwhile.

    Encoders, OpenCV and FFmpeg let other threads of Python run while they work. At most `depth`
    calls wait, so memory stays bounded; the caller waits when they are too slow.

    Args:
        target: a writer, whose `add` is called, and which is finished or discarded with this; or a
            function that draws and writes one frame, whose writer the caller finishes.
        depth: calls that may wait.
    """

    def __init__(self, target: Writer | Callable[..., object], depth: int = 4) -> None:
        self._writer = target if isinstance(target, Writer) else None
        self._call: Callable[..., object] = target.add if isinstance(target, Writer) else target
        self._waiting: queue.Queue[tuple[Any, ...] | None] = queue.Queue(max(1, depth))
        self._error: BaseException | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="samurai-writer", daemon=True)
        self._thread.start()

    def add(self, *arguments: Any) -> None:
        """Hand a call's arguments over; they must not be changed afterwards.

        Raises:
            Exception: what an earlier call raised; later calls aren't made then.
        """
        self._put(arguments)

    def finish(self) -> None:
        """Wait until all is done, and finish the writer.

        Raises:
            Exception: what a call raised; the writer is then discarded.
        """
        try:
            self._put(None)
            self._thread.join()
            self._raise()
        except BaseException:
            self.discard()
            raise
        if self._writer is not None:
            self._writer.finish()

    def discard(self) -> None:
        """Leave out what waits, and discard the writer, after the call that is being made."""
        self._stopped = True
        while self._thread.is_alive():
            with suppress(queue.Empty):
                self._waiting.get_nowait()
            with suppress(queue.Full):
                self._waiting.put_nowait(None)
            self._thread.join(_LOOK)
        if self._writer is not None:
            self._writer.discard()

    def __enter__(self) -> BackgroundWriter:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.finish()
        else:
            self.discard()

    def _put(self, item: tuple[Any, ...] | None) -> None:
        while True:
            self._raise()
            if not self._thread.is_alive():
                return
            try:
                return self._waiting.put(item, timeout=_LOOK)
            except queue.Full:
                continue

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while not self._stopped and (arguments := self._waiting.get()) is not None:
            try:
                self._call(*arguments)
            except BaseException as error:
                self._error = error
                return
