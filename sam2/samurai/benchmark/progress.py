"""Progress of a run: one line on a terminal, one line a minute in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from samurai.runtime.live_line import LiveLine
from samurai.spelling import duration

Clock = Callable[[], float]


class Progress:
    """Counts sequences and frames, and says how fast they are and when they end.

    Args:
        title: names the run.
        sequences, frames: that are to be run.
        kept: sequences that are done already.
        stream: where it is printed; a terminal gets a live line.
        clock: seconds.
    """

    def __init__(
        self,
        title: str,
        sequences: int,
        frames: int,
        kept: int,
        stream: TextIO,
        clock: Clock = time.monotonic,
    ) -> None:
        self._title, self._sequences, self._frames = title, sequences, frames
        self._kept, self._clock = kept, clock
        self._done, self._finished = 0, 0  # sequences; frames of these
        self._running: dict[int, float] = {}  # frames of a worker's sequence
        self._score = ""
        self._first: tuple[float, int] | None = None  # time and frames; before, trackers are loaded
        self._out = LiveLine(title, frames, stream, clock())
        self._show()

    def part(self, worker: int, frames: float) -> None:
        """A worker has done so many frames of its sequence."""
        self._running[worker] = frames
        self._move()

    def finished(self, worker: int, frames: int, score: str = "") -> None:
        """A worker's sequence is over.

        Args:
            frames: of the sequence.
            score: of all sequences so far, in words.
        """
        self._running.pop(worker, None)
        self._done += 1
        self._finished += frames
        self.score(score)
        self._move()

    def score(self, text: str) -> None:
        """The score of all sequences so far; "" leaves the one before."""
        self._score = text or self._score
        self._show()

    def lost(self, worker: int) -> None:
        """A worker crashed; its sequence begins again."""
        self._running.pop(worker, None)
        self._move()

    def say(self, text: str) -> None:
        """Print a line."""
        self._out.say(text)

    def close(self) -> None:
        """Take the live line away."""
        self._out.close()

    def _now(self) -> int:
        return min(self._frames, int(self._finished + sum(self._running.values())))

    def _move(self) -> None:
        frames, now = self._now(), self._clock()
        begins = self._first is None and frames > 0
        if begins:
            self._first = now, frames
        if self._out.bar is not None:
            if begins:
                self._out.bar.unpause()
            self._out.bar.update(max(0, frames - self._out.bar.n))
        elif self._out.is_due(now):
            self.say(self._line(now))

    def _show(self) -> None:
        if self._out.bar is not None:
            self._out.bar.set_postfix_str(", ".join(self._counts()), refresh=True)

    def _counts(self) -> list[str]:
        total = self._sequences + self._kept
        return [
            f"{self._done + self._kept}/{total} sequences",
            *([self._score] if self._score else []),
        ]

    def _line(self, now: float) -> str:
        """The state in words."""
        frames = self._now()
        began, before = self._first or (now, frames)
        words = [*self._counts(), f"{frames}/{self._frames} frames"]
        if frames > before and now > began:
            rate = (frames - before) / (now - began)
            words.append(f"{rate:.1f} frames/s")
            words.append(f"ETA {duration((self._frames - frames) / rate)}")
        return f"{self._title}: {', '.join(words)}"
