"""Progress of `samurai track`: a live line on a terminal, a line a minute in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from samurai.runtime.live_line import LiveLine
from samurai.spelling import counted, duration

Clock = Callable[[], float]
Status = Callable[[], str]


class TrackProgress:
    """Counts the frames of one video.

    Args:
        title: names the video.
        total: frames that will be tracked; None where nobody knows.
        stream: where it is printed; None prints nothing.
        status: further words on a live source: frames dropped, connections.
        clock: seconds.
    """

    def __init__(
        self,
        title: str,
        total: int | None,
        stream: TextIO | None,
        status: Status | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._title, self._total = title, total
        self._status, self._clock = status, clock
        self.frames = 0
        self._answered = 0  # those that are tracked again counted again
        self._known = bytearray()  # a byte per frame: whether it was answered
        self._began: float | None = None  # when the first frame was answered
        self._out = LiveLine(title, total, stream, clock())

    def frame(self, index: int) -> None:
        """A frame is answered; one that is tracked again counts once where the total is known."""
        now = self._clock()
        self._answered += 1
        if self._total is not None:
            self._known.extend(bytes(max(0, index + 1 - len(self._known))))
            if self._known[index]:
                return
            self._known[index] = 1
        self.frames += 1
        self._began = now if self._began is None else self._began
        if self._out.bar is not None:
            if self._status is not None:
                self._out.bar.set_postfix_str(self._status(), refresh=False)
            self._out.bar.update(1)
        elif self._out.is_due(now):
            self.say(self._line())

    @property
    def rate(self) -> float | None:
        """Frames per second, the first one left out, in which everything is set up."""
        if self._began is None or self._answered < 2:
            return None
        spent = self._clock() - self._began
        return (self._answered - 1) / spent if spent > 0 else None

    def say(self, text: str) -> None:
        """Print a line above the live one."""
        self._out.say(text)

    def close(self) -> None:
        """Take the live line away; twice is allowed."""
        self._out.close()

    def _line(self) -> str:
        words = []
        if self._total:
            words.append(f"{100 * self.frames // self._total} %")
            words.append(f"{self.frames}/{counted(self._total, 'frame')}")
        else:
            words.append(counted(self.frames, "frame"))
        rate = self.rate
        if rate:
            words.append(f"{rate:.1f} frames/s")
            if self._total:
                words.append(f"ETA {duration((self._total - self.frames) / rate)}")
        if self._status is not None:
            words.append(self._status())
        return f"{self._title}: {', '.join(words)}"
