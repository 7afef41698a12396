"""A line on a terminal that is drawn again and again, or lines in a log now and then."""

from __future__ import annotations

from typing import Any, TextIO

from tqdm import tqdm

LINE_SECONDS = 60.0
"""Between two lines where the output isn't a terminal."""


class LiveLine:
    """Where progress is shown.

    Attributes:
        bar: the live line, of tqdm; None in a log, and after `close`.

    Args:
        title: names what is counted.
        total: frames to come; None where nobody knows. Of no frames there is no live line.
        stream: where it is printed; a terminal gets the live line. None prints nothing.
        now: seconds, by the caller's clock.
    """

    def __init__(self, title: str, total: int | None, stream: TextIO | None, now: float) -> None:
        self._stream, self._said = stream, now
        self.bar: Any = None
        if stream is not None and stream.isatty() and total != 0:
            self.bar = tqdm(
                total=total,
                desc=title,
                unit=" frames",
                file=stream,
                dynamic_ncols=True,
                leave=False,
                smoothing=0.05,
            )

    def is_due(self, now: float) -> bool:
        """Whether a log gets its next line now; asking counts as writing it."""
        if self.bar is not None or now - self._said < LINE_SECONDS:
            return False
        self._said = now
        return True

    def say(self, text: str) -> None:
        """Print a line above the live one."""
        if self._stream is None:
            return
        if self.bar is not None:
            self.bar.clear()
        print(text, file=self._stream, flush=True)
        if self.bar is not None:
            self.bar.refresh()

    def close(self) -> None:
        """Take the live line away; twice is allowed."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None  # it would be drawn again with the next line
