"""A video that a child process decodes, as a source of frames: what breaks the child is an error.

See `samurai.web.decoder` for the child.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import logging
import math
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from samurai.errors import SourceError
from samurai.video.sources.base import Pixels, VideoFrame, VideoInfo, Warn
from samurai.video.sources.closing import Closing, check_range
from samurai.web.decoder import ERRORS, LONG_SECONDS, SECONDS, Opening
from samurai.web.decoders import fork_decoder

log = logging.getLogger(__name__)

MOST_ANSWER = 1 << 16
"""Bytes of an answer, without its frame."""


class Child:
    """The process, and the conversation with it. One thread asks at a time.

    Args:
        opening: what it decodes.
    """

    def __init__(self, opening: Opening) -> None:
        self._name = opening.name
        self._process = fork_decoder()
        self._pipe = self._process.pipe
        with contextlib.suppress(OSError):  # which the first question meets, too
            self._pipe.send_bytes(json.dumps(dataclasses.asdict(opening)).encode())
        self._lock = threading.Lock()
        self._ended = False

    def ask(self, seconds: float, **request: Any) -> tuple[dict[str, Any], Pixels | None]:
        """The answer to a request, and its frame.

        Raises:
            SourceError: the child refuses, crashed, or took too long.
        """
        deadline = time.monotonic() + seconds
        with self._lock:
            if self._ended:
                raise SourceError(f"{self._name} is closed; open it again to read frames")
            try:
                self._pipe.send_bytes(json.dumps(request).encode())
                self._wait(deadline)
                answer: dict[str, Any] = json.loads(self._pipe.recv_bytes(MOST_ANSWER))
                size = answer.get("size")
                pixels = None if size is None else self._receive(size, deadline)
            except (EOFError, OSError, ValueError) as error:
                closed = self._ended
                self._kill()
                if closed:
                    raise SourceError(f"{self._name} was closed while it was read") from error
                how = "takes too long" if isinstance(error, TimeoutError) else "ended"
                raise SourceError(
                    f"{self._name} can't be decoded: its decoder {how}; convert the "
                    "video to MP4 with H.264, or make its frames smaller"
                ) from error
        if "error" in answer:
            raise ERRORS.get(answer["error"], SourceError)(str(answer.get("detail")))
        return answer, pixels

    def end(self) -> None:
        """End the process at once; a thread that waits for it gets a `SourceError`."""
        self._ended = True
        self._process.kill()
        with self._lock:
            self._kill()

    def _kill(self) -> None:
        self._ended = True
        self._process.close()

    def _wait(self, deadline: float) -> None:
        if not self._pipe.poll(max(0.0, deadline - time.monotonic())):
            raise TimeoutError

    def _receive(self, size: list[int], deadline: float) -> Pixels:
        height, width = size
        pixels = np.empty((height, width, 3), np.uint8)
        left = pixels.reshape(-1).data
        while left:
            self._wait(deadline)
            count = os.readv(self._pipe.fileno(), [left])
            if not count:
                raise EOFError
            left = left[count:]
        return pixels


@dataclass(frozen=True)
class Facts:
    """What is stored of an upload.

    Attributes:
        width, height: in pixels, as shown.
        rate: frames per second on average; None if unknown.
        first, stop: the part of the frames that counts.
        seconds: the length of that part.
        has_audio: there is sound.
        plays: the media type by which browsers play the file as it is; None: they don't.
        warnings: sentences about what may not be as intended.
    """

    width: int
    height: int
    rate: float | None
    first: int
    stop: int
    seconds: float
    has_audio: bool
    plays: str | None
    warnings: tuple[str, ...]


def inspect(opening: Opening, start: float = 0.0, duration: float | None = None) -> Facts:
    """Read a video through.

    Args:
        opening: all of it.
        start, duration: the part that is wanted, in seconds; None: to the end.

    Raises:
        SourceError: it can't be decoded, or has nothing there.
        DependencyError: PyAV isn't installed.
    """
    child = Child(opening)
    try:
        answer, _ = child.ask(LONG_SECONDS, op="inspect", start=start, duration=duration)
    finally:
        child.end()
    return Facts(
        width=answer["width"],
        height=answer["height"],
        rate=answer["rate"],
        first=answer["first"],
        stop=answer["stop"],
        seconds=answer["seconds"],
        has_audio=answer["has_audio"],
        plays=answer["plays"],
        warnings=tuple(answer["warnings"]),
    )


def write_playable(opening: Opening, target: Path, size: tuple[int, int]) -> None:
    """Write a video of the same frames that browsers play.

    Args:
        opening: the frames.
        target: an MP4 file.
        size: width and height.

    Raises:
        SourceError: it can't be decoded.
        StorageError: it can't be written.
    """
    child = Child(opening)
    try:
        child.ask(LONG_SECONDS, op="write", target=str(target), size=size)
    finally:
        child.end()


class DecodedVideo(Closing):
    """The frames of an upload. See `Source`; several threads may read it.

    Args:
        opening: what is decoded.
        frame_count: of the part that counts.
        warn: is called with one sentence about what may not be as intended.

    Raises:
        SourceError: it can't be decoded.
        DependencyError: PyAV isn't installed.
    """

    def __init__(self, opening: Opening, frame_count: int, warn: Warn = log.warning) -> None:
        self._warn = warn
        self._passes = itertools.count()
        self._child = Child(opening)
        try:
            about, _ = self._child.ask(2.0 * SECONDS, op="open")
        except BaseException:
            self._child.end()
            raise
        self._info = VideoInfo(
            name=opening.name,
            width=about["width"],
            height=about["height"],
            frame_count=frame_count,
            rate=about["rate"],
            has_audio=about["has_audio"],
        )

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """See `Source.frames`."""
        check_range(start, stop, stride)
        self._check_open()
        return self._read(start, stop, stride)

    def frame(self, index: int) -> VideoFrame:
        """See `Source.frame`."""
        self._check_open()
        count = self._info.frame_count or 0
        if not 0 <= index < count:
            raise SourceError(
                f"{self._info.name} has no frame {index}; frames are numbered from 0 to {count - 1}"
            )
        found = self._asked(op="frame", index=index)
        assert found is not None
        return found

    def close(self) -> None:
        """See `Source.close`; a thread that reads gets a `SourceError`."""
        if not self._closed:
            super().close()
            self._child.end()

    def _read(self, start: int, stop: int | None, stride: int) -> Iterator[VideoFrame]:
        number = next(self._passes)
        self._asked(op="start", number=number, start=start, stop=stop, stride=stride)
        ended = False
        try:
            while True:
                frame = self._asked(op="next", number=number)
                if frame is None:
                    ended = True
                    return
                yield frame
        finally:
            if not (ended or self._closed):
                self._asked(op="end", number=number)

    def _asked(self, **request: Any) -> VideoFrame | None:
        answer, pixels = self._child.ask(2.0 * SECONDS, **request)
        for sentence in answer["warnings"]:
            self._warn(sentence)
        if pixels is None:
            return None
        seconds = answer["seconds"]
        known = seconds is not None and math.isfinite(seconds)
        return VideoFrame(answer["index"], pixels, seconds if known else None, answer["name"])
