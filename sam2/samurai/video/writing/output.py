"""A file that FFmpeg writes: opened, closed and renamed, with its errors in one sentence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.errors import ExportError
from samurai.painting.shapes import Pixels
from samurai.runtime.whole_files import delete_file, part_of, storing
from samurai.video.writing.base import Writer
from samurai.video.writing.fitting import Clock, fitted
from samurai.video.writing.formats import require_av

if TYPE_CHECKING:
    import av


class OutputFile(Writer):
    """What videos and animations share.

    Args:
        target: the file.
        muxer: FFmpeg's name of the format.
        options: of the muxer.
        size: width and height of the frames in the file.
        rate: frames per second, where frames don't say their time.
        tick: unit of times, seconds.
    """

    def __init__(
        self,
        target: Path,
        muxer: str,
        options: Mapping[str, str],
        size: tuple[int, int],
        rate: Fraction,
        tick: Fraction,
    ) -> None:
        require_av()
        import av

        super().__init__(target)
        self.size, self.clock = size, Clock(rate, tick)
        self._part = part_of(target)
        with self.writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._part.touch()
            self.container: av.container.OutputContainer = av.open(
                str(self._part), "w", format=muxer, options=dict(options)
            )

    def add(self, pixels: Pixels, seconds: float | None = None) -> None:
        """As `Writer.add`."""
        frame = fitted(pixels, self.size)
        with self.writing():
            self.encode(frame, self.clock.seconds(seconds))
        self._count += 1

    def finish(self) -> None:
        """As `Writer.finish`."""
        if not self._has_frames():
            return
        with self.writing():
            self.flush()
            self.container.close()
            self._open = False
            self.release()
            self._part.replace(self.target)

    def discard(self) -> None:
        """As `Writer.discard`."""
        if not self._open:
            return
        import av

        self._open = False
        self.release()
        # A full disk takes no end of the file either.
        with suppress(OSError, ValueError, av.FFmpegError):
            self.container.close()
        delete_file(self._part)

    @abstractmethod
    def encode(self, frame: Pixels, seconds: float) -> None:
        """Write a frame of the right size."""

    @abstractmethod
    def flush(self) -> None:
        """Write what encoders hold back."""

    def release(self) -> None:
        """Close what else is open."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Errors of FFmpeg and of the file system as ours; what is written is then deleted.

        Raises:
            StorageError: the file can't be written.
            ExportError: the encoder refuses.
        """
        import av

        try:
            with storing(self.target):
                yield
        except av.FFmpegError as error:
            self._give_up()
            width, height = self.size
            raise ExportError(
                f"FFmpeg can't write {width}x{height} frames into {self.target}: "
                f"{error.strerror}. Remedy: another format, or smaller frames"
            ) from error
        except Exception:
            self._give_up()
            raise

    def _give_up(self) -> None:
        if hasattr(self, "container"):
            self.discard()
        else:
            delete_file(self._part)
