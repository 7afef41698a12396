"""What a writer of frames is to the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType

from samurai.errors import ExportError
from samurai.painting.shapes import Pixels


class Writer(ABC):
    """Frames as a video, an animation or images, in the order in which they are shown.

    What is written so far lies in `NAME.part`; `finish` gives it its name. As a context manager it
    finishes where the block ends without an error, and is discarded otherwise.

    Attributes:
        target: the file or folder.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._count, self._open = 0, True  # frames so far; neither finished nor discarded

    @abstractmethod
    def add(self, pixels: Pixels, seconds: float | None = None) -> None:
        """Write a frame.

        Args:
            pixels: uint8 (H, W, 3) RGB; of another size than the video it is scaled, with black
                bars where its shape differs. It may be changed once the method has returned.
            seconds: when it is shown, by any clock; the video starts with the first frame. None:
                one frame's time after the one before.

        Raises:
            StorageError: it can't be written.
            ExportError: the format can't hold it.
        """

    @abstractmethod
    def finish(self) -> None:
        """Complete it, and give it its name.

        Raises:
            StorageError: it can't be written.
            ExportError: no frame came.
        """

    @abstractmethod
    def discard(self) -> None:
        """Delete what is written so far; a file of an earlier run with the name stays. Nothing
        happens after `finish`, or twice."""

    def _has_frames(self) -> bool:
        """Whether there is something to complete: not after `finish` or `discard`.

        Raises:
            ExportError: no frame came; what is written so far is deleted.
        """
        if self._open and not self._count:
            self.discard()
            raise ExportError(f"no frame came for {self.target}")
        return self._open

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.discard()
