"""One run over a session's frames, and the reader of its answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from samurai.errors import SamuraiError
from samurai.video.tracked import TrackedFrame


@dataclass(frozen=True)
class Outcome:
    """How a propagation ended for its reader.

    Attributes:
        kind: done, cancelled or error.
        frames: that were read.
        error: of kind error.
    """

    kind: Literal["done", "cancelled", "error"]
    frames: int
    error: SamuraiError | None = None


class Propagation:
    """A run in a thread, and a cursor over the frames that were asked for.

    Made by `WebSession.propagate`. Frames come in order: forward from the start, then backward
    from the frame before it; each once, when every object is done there that the asked directions
    reach. They are read from the session's results on disk: a slow reader holds nothing up.
    Leaving the block, or closing the iterator, cancels what is still running.
    """

    def __enter__(self) -> Propagation:
        raise NotImplementedError

    def __exit__(self, *_: object) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[TrackedFrame]:
        """All frames, to the end; closing the iterator early is `close`."""
        raise NotImplementedError

    def read(self, timeout: float | None = None) -> TrackedFrame | None:
        """The next frame; None where none came in time, or where there is none any more: `outcome`
        tells.

        Args:
            timeout: seconds to wait; None waits to the end.

        Raises:
            NotFound: the session was closed and its results are gone.
            JobError: stored answers are damaged.
        """
        raise NotImplementedError

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while frames may still come."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        """Whether frames are being tracked."""
        raise NotImplementedError

    def cancel(self) -> bool:
        """Stop after the frame at work, and wait for that; answers so far stay, and are read.

        Returns:
            Whether it was running; a second call says False.
        """
        raise NotImplementedError

    def close(self) -> None:
        """The reader goes away: cancel."""
        raise NotImplementedError
