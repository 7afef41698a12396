"""The child process that decodes an upload: limited in memory and time, asked over a pipe.

Whatever a file does to the decoder, it does it here. Requests and answers are JSON, with a frame's
bytes behind the answer, so that a child that a file took over can't make its parent run anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from samurai.errors import DependencyError, SamuraiError, SourceError, StorageError
from samurai.video.sources.base import Source, VideoFrame
from samurai.video.sources.container import Reader
from samurai.video.sources.file import VideoFile
from samurai.video.sources.images import ImageFiles
from samurai.video.sources.opening import file_address

MEMORY = 3 << 30
"""Bytes beside those of the process at its start: an 8K video takes about half of it."""

SECONDS = 60
"""Of the processor, for one request."""

LONG_SECONDS = 1800
"""The same for requests that read a whole file."""

PICTURES_RATE = 25.0
"""Frames per second that uploaded pictures are shown with."""

ERRORS: Mapping[str, type[SamuraiError]] = {
    each.__name__: each for each in (SourceError, DependencyError, StorageError)
}
"""That a child may answer."""

_PLAYED = {"h264", "vp8", "vp9", "av1"}
_PLAYED_PIXELS = {"yuv420p", "yuvj420p"}


@dataclass(frozen=True)
class Opening:
    """Which frames a child decodes.

    Attributes:
        name: what the user calls the video; messages have it.
        files: one video, or pictures in their order.
        pictures: whether they are pictures.
        names: what the user calls the pictures; messages have them.
        first, stop: the part of the frames that counts; it is numbered from 0.
        max_pixels: that a frame may have.
    """

    name: str
    files: tuple[str, ...]
    pictures: bool = False
    names: tuple[str, ...] = ()
    first: int = 0
    stop: int | None = None
    max_pixels: int = 1 << 27


def serve(connection: Connection) -> None:
    """The life of the process: is told which files, and answers until the pipe ends."""
    with contextlib.suppress(EOFError, OSError):
        told = json.loads(connection.recv_bytes())
        for name in ("files", "names"):
            told[name] = tuple(told[name])
        decoder = Decoder(Opening(**told))
        _limit()
        while True:
            if not connection.poll(0):
                decoder.read_ahead()
            request = json.loads(connection.recv_bytes())
            _renew(LONG_SECONDS if request["op"] in ("inspect", "write") else SECONDS)
            answer, frame = _answered(decoder, request)
            connection.send_bytes(json.dumps(answer).encode())
            if frame is not None:
                _send(connection, frame)


def _answered(
    decoder: Decoder, request: dict[str, Any]
) -> tuple[dict[str, Any], VideoFrame | None]:
    try:
        answer, frame = decoder.answer(request)
    except tuple(ERRORS.values()) as error:
        return {"error": type(error).__name__, "detail": decoder.said(str(error))}, None
    except MemoryError:
        detail = f"{decoder.opening.name} takes too much memory; make its frames smaller"
        return {"error": "SourceError", "detail": detail}, None
    except Exception as error:  # damaged files make decoders raise nearly anything
        detail = f"{decoder.opening.name} can't be decoded ({error}); convert it to MP4"
        return {"error": "SourceError", "detail": decoder.said(detail)}, None
    answer["warnings"] = [decoder.said(each) for each in decoder.take_warnings()]
    return answer, frame


def _send(connection: Connection, frame: VideoFrame) -> None:
    left = frame.pixels.reshape(-1).data
    while left:
        left = left[os.write(connection.fileno(), left) :]


class Decoder:
    """The files of an opening, and the passes that are read from them."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self._source: Source | None = None
        self._passes: dict[int, Iterator[VideoFrame]] = {}
        self._ahead: tuple[int, VideoFrame | None] | None = None
        self._last: int | None = None
        self._failed: tuple[int, Exception] | None = None
        self._warnings: list[str] = []

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], VideoFrame | None]:
        """The answer to a request, and the frame that follows it.

        Raises:
            SamuraiError: it can't be answered.
        """
        made: Callable[..., Any] = getattr(self, f"_{request.pop('op')}")
        result = made(**request)
        if isinstance(result, VideoFrame):
            height, width = result.pixels.shape[:2]
            about = {"size": [height, width], "index": result.index - self.opening.first}
            return about | {"seconds": self._shifted(result), "name": result.name}, result
        return result, None

    def said(self, text: str) -> str:
        """A message without this server's paths."""
        for file, name in zip(self.opening.files, self._client_names(), strict=False):
            text = text.replace(file, name)
        return text

    def take_warnings(self) -> list[str]:
        """The warnings since the last call."""
        taken, self._warnings = self._warnings, []
        return taken

    def read_ahead(self) -> None:
        """Decode the next frame of the pass that was read last, while nobody asks."""
        if self._last is None or self._ahead is not None or self._failed is not None:
            return
        try:
            self._ahead = self._last, next(self._passes[self._last], None)
        except Exception as error:  # raised again when the frame is asked for
            self._failed = self._last, error

    def _client_names(self) -> tuple[str, ...]:
        return self.opening.names or (self.opening.name,)

    def _opened(self) -> Source:
        if self._source is None:
            opening, warn = self.opening, self._warnings.append
            files = [Path(each) for each in opening.files]
            source: Source
            if opening.pictures:
                source = ImageFiles(opening.name, files, warn)
            else:
                source = VideoFile(file_address(opening.name, files[0]), warn)
            info = source.info
            if info.width * info.height > opening.max_pixels:
                raise SourceError(
                    f"the frames of {opening.name} have {info.width}x{info.height} pixels, and "
                    f"{opening.max_pixels} are allowed; make them smaller"
                )
            self._source = source
        return self._source

    def _count(self) -> int:
        source = self._opened()
        every = source.count() if isinstance(source, VideoFile) else source.info.frame_count or 0
        stop = self.opening.stop
        return max(0, (every if stop is None else min(every, stop)) - self.opening.first)

    def _open(self) -> dict[str, Any]:
        info = self._opened().info
        return {
            "width": info.width,
            "height": info.height,
            "rate": info.rate,
            "has_audio": info.has_audio,
        }

    def _inspect(self, start: float, duration: float | None) -> dict[str, Any]:
        """All that is stored of an upload; `first` and `stop` are the part that was asked for."""
        source = self._opened()
        about, count = self._open(), self._count()
        rate = about["rate"] or PICTURES_RATE
        first, stop = self._part(start, duration, count, rate)
        if first >= stop:
            raise SourceError(
                f"{self.opening.name} has nothing at {start:g} s: it ends after "
                f"{self._seconds(source, count, rate):.3g} s; choose an earlier start_sec"
            )
        if isinstance(source, VideoFile) and source.is_cut:
            for _ in source.frames(0, None, max(1, count)):  # warns when it comes to the end
                pass
        seconds = self._seconds(source, stop, rate)
        if first:
            seconds -= source.frame(first).seconds or first / rate
        facts = {"first": first, "stop": stop, "seconds": seconds, "plays": self._plays()}
        source.frame(first)
        return about | facts

    def _part(
        self, start: float, duration: float | None, count: int, rate: float
    ) -> tuple[int, int]:
        source = self._opened()

        def number(seconds: float) -> int:
            if isinstance(source, VideoFile):
                return source.number_at(seconds)
            return min(count, round(seconds * rate))

        first = number(start) if start else 0
        return first, count if duration is None else min(count, number(start + duration))

    def _seconds(self, source: Source, stop: int, rate: float) -> float:
        """When the frame before `stop` ends."""
        shown = None
        if isinstance(source, VideoFile) and stop:
            with contextlib.suppress(SourceError):  # a damaged end
                shown = source.frame(stop - 1).seconds
        return (shown if shown is not None else (stop - 1) / rate) + 1 / rate

    def _plays(self) -> str | None:
        """The media type by which browsers play the file as it is; None: they don't."""
        if self.opening.pictures:
            return None
        reader = Reader(file_address(self.opening.name, Path(self.opening.files[0])))
        try:
            context = reader.stream.codec_context
            kinds = set(reader.container.format.name.split(","))
            played = context.name in _PLAYED and context.pix_fmt in _PLAYED_PIXELS
            if played and "mov" in kinds and context.name != "vp8":
                return "video/mp4"
            return "video/webm" if played and "webm" in kinds and context.name != "h264" else None
        finally:
            reader.close()

    def _frame(self, index: int) -> VideoFrame:
        return self._opened().frame(index + self.opening.first)

    def _start(self, number: int, start: int, stop: int | None, stride: int) -> dict[str, Any]:
        first, limit = self.opening.first, self.opening.stop
        start += first
        if stride > 0:
            ends = [limit] if limit is not None else []
            stop = min([*ends, *([] if stop is None else [stop + first])], default=None)
        else:
            beyond = 0 if limit is None else max(0, start - (limit - 1))
            start -= -(-beyond // -stride) * -stride
            stop = first - 1 if stop is None else stop + first
        if start < first or (stop is not None and (stop - start) * stride <= 0):
            self._passes[number] = iter(())
        else:
            self._passes[number] = self._opened().frames(start, stop, stride)
        return {}

    def _next(self, number: int) -> VideoFrame | dict[str, Any]:
        self._last = number
        if self._failed is not None and self._failed[0] == number:
            error, self._failed = self._failed[1], None
            self._end(number)
            raise error
        if self._ahead is not None and self._ahead[0] == number:
            frame, self._ahead = self._ahead[1], None
        else:
            frame = next(self._passes[number], None)
        if frame is None:
            self._end(number)
            return {"size": None}
        return frame

    def _end(self, number: int) -> dict[str, Any]:
        done: Any = self._passes.pop(number, None)
        if hasattr(done, "close"):
            done.close()
        if self._ahead is not None and self._ahead[0] == number:
            self._ahead = None
        if self._failed is not None and self._failed[0] == number:
            self._failed = None
        self._last = None if self._last == number else self._last
        return {}

    def _write(self, target: str, size: list[int]) -> dict[str, Any]:
        """All frames as a video that browsers play."""
        from samurai.video.writing.opening import open_writer

        source, opening = self._opened(), self.opening
        _allow_files()
        rate = source.info.rate or PICTURES_RATE
        with open_writer(target, size=(size[0], size[1]), rate=rate) as writer:
            for frame in source.frames(opening.first, opening.stop):
                writer.add(frame.pixels, frame.seconds)
                _renew(SECONDS)
        return {}

    def _shifted(self, frame: VideoFrame) -> float | None:
        """Its time since the first frame of the part."""
        if frame.seconds is None or not self.opening.first:
            return frame.seconds
        if not hasattr(self, "_offset"):
            self._offset = self._opened().frame(self.opening.first).seconds or 0.0
        return frame.seconds - self._offset


def _limit() -> None:
    """What the process may have at most."""
    with contextlib.suppress(ValueError, OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 128)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def _allow_files() -> None:
    with contextlib.suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _renew(seconds: int) -> None:
    """The processor's time for what comes next; beyond it the system ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    with contextlib.suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = int(used.ru_utime + used.ru_stime) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft, most))
