"""Cameras and streams: frames at their own time, the newest only or all, across interruptions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samurai.errors import SourceError
from samurai.video.sources.arrivals import Arrivals
from samurai.video.sources.base import VideoFrame, VideoInfo, Warn
from samurai.video.sources.closing import Closing, check_range
from samurai.video.sources.container import Address, Reader
from samurai.video.sources.library import video_library
from samurai.video.sources.pixels import Converter, shown_size

if TYPE_CHECKING:
    from av.video import VideoFrame as Picture

JOIN_SECONDS = 1.0
"""How long `close` waits for the thread, which may be waiting for a network; it ends by itself."""

MOST_DELAY = 8
"""Longest wait between two attempts to connect, in first waits."""


@dataclass(frozen=True)
class LiveOptions:
    """How frames of a camera or a stream are taken.

    Attributes:
        newest_only: the newest frame, those that came meanwhile are dropped; else all frames: they
            wait, and when `most_waiting` wait, the source has to.
        connect_timeout: seconds to connect and to learn what the stream has.
        read_timeout: longest seconds without any data.
        reconnect_seconds: how long to try again after an interruption; 0: not at all.
        first_delay: seconds before the second attempt; it doubles with each.
        most_waiting: frames that may wait.
        most_per_second: frames beyond this rate are dropped; None: no limit.
    """

    newest_only: bool = True
    connect_timeout: float = 10.0
    read_timeout: float = 10.0
    reconnect_seconds: float = 30.0
    first_delay: float = 0.5
    most_waiting: int = 32
    most_per_second: float | None = None


@dataclass(frozen=True)
class LiveStatus:
    """Counters of a live source.

    Attributes:
        received: frames that came so far.
        dropped: those that nobody got.
        reconnects: interruptions that were overcome.
        latency: seconds between the arrival of the last frame taken and its use; None before it.
    """

    received: int
    dropped: int
    reconnects: int
    latency: float | None


class LiveSource(Closing):
    """A camera or a stream. See `Source`.

    A frame's index counts all frames received, dropped ones too. A stream may change the size of
    its frames.

    Args:
        address: of the camera or stream.
        options: how to take frames.
        warn: is called with a sentence after an interruption.
        paced: it gives frames faster than their time, and has to wait; its end is no interruption.

    Raises:
        SourceError: no connection, or no picture in time.
    """

    def __init__(
        self, address: Address, options: LiveOptions, warn: Warn, *, paced: bool = False
    ) -> None:
        video_library()
        self._name = address.name
        self._options = options
        self._arrivals = Arrivals(options.newest_only, options.most_waiting)
        self._receiver = Receiver(address, options, self._arrivals, warn, paced=paced)
        self._latency: float | None = None
        self._converter = Converter()
        try:
            self._receiver.start()
            self._info = self._receiver.first_info()
        except BaseException:
            self.close()
            raise

    @property
    def status(self) -> LiveStatus:
        """Counters up to now."""
        received, dropped = self._arrivals.counts()
        return LiveStatus(received, dropped, self._receiver.reconnects, self._latency)

    def frames(
        self, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Iterator[VideoFrame]:
        """Frames as they come, at most one of each `stride` received. See `Source.frames`."""
        check_range(start, stop, stride)
        self._check_open()
        if stride < 0:
            raise SourceError(f"{self._name} is live and can't be read backward; record it first")
        return self._forward(start, stop, stride)

    def frame(self, index: int) -> VideoFrame:
        """Not to be had. See `Source.frame`."""
        raise SourceError(
            f"{self._name} is live, so that frame {index} can't be sought; record it first"
        )

    def close(self) -> None:
        """See `Source.close`."""
        super().close()
        self._receiver.stop()

    def _forward(self, start: int, stop: int | None, stride: int) -> Iterator[VideoFrame]:
        wanted = start
        while True:
            arrival = self._arrivals.take()
            if arrival is None or (stop is not None and arrival.index >= stop):
                return
            if arrival.index >= wanted:
                wanted += ((arrival.index - wanted) // stride + 1) * stride
                pixels = self._converter.pixels(arrival.picture)
                self._latency = time.monotonic() - arrival.at
                yield VideoFrame(arrival.index, pixels, arrival.seconds)


class Receiver:
    """The thread that connects, decodes and connects again; it alone uses the container."""

    def __init__(
        self,
        address: Address,
        options: LiveOptions,
        arrivals: Arrivals,
        warn: Warn,
        *,
        paced: bool,
    ) -> None:
        self.reconnects = 0
        self._address = address
        self._options = options
        self._arrivals = arrivals
        self._warn = warn
        self._paced = paced
        self._stop = threading.Event()
        self._connected = threading.Event()
        self._pictured = threading.Event()
        self._info: VideoInfo | None = None
        self._began: float | None = None
        self._last_at = 0.0
        self._last_kept: float | None = None
        self._thread = threading.Thread(target=self._run, name="samurai-live", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, soon."""
        self._stop.set()
        self._arrivals.close()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def first_info(self) -> VideoInfo:
        """What the first picture shows.

        Raises:
            SourceError: there is none in time.
        """
        options = self._options
        self._connected.wait(options.connect_timeout)
        if self._connected.is_set():
            self._pictured.wait(options.read_timeout)
        if self._info is not None:
            return self._info
        self._arrivals.check()
        what, limit = "connection", options.connect_timeout
        if self._connected.is_set():
            what, limit = "picture", options.read_timeout
        raise SourceError(
            f"no {what} from {self._name} within {limit:g} s; check the address and the network"
        )

    @property
    def _name(self) -> str:
        return self._address.name

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            reader: Reader | None = Reader(self._address)
            while reader is not None:
                cause = self._receive(reader)
                reader = None
                if self._paced or self._stop.is_set():
                    break
                reader = self._connect_again(cause)
                if reader is None and not self._stop.is_set():
                    error = self._lost(cause)
        except BaseException as failure:  # raised again where frames are taken
            error = failure
        finally:
            self._arrivals.end(error)
            self._connected.set()
            self._pictured.set()

    def _receive(self, reader: Reader) -> str:
        """Pass on pictures until the stream ends; why it ended."""
        self._connected.set()
        first: tuple[int | None, float] | None = None
        tick = float(reader.stream.time_base or 0)
        try:
            for packet in reader.packets():
                for picture in reader.decode(packet):
                    now = time.monotonic()
                    self._begin(picture, reader, now)
                    if first is None or first[0] is None:
                        first = picture.pts, now
                    seconds = self._seconds(picture.pts, first, tick, now)
                    if not self._pass_on(picture, seconds):
                        return "closed"
            if self._paced:
                self._flush(reader, first, tick)
        except SourceError as error:
            return str(error)
        finally:
            reader.close()
        return f"{self._name} ended"

    def _flush(self, reader: Reader, first: tuple[int | None, float] | None, tick: float) -> None:
        for picture in reader.decode(None):
            now = time.monotonic()
            self._begin(picture, reader, now)
            first = first or (picture.pts, now)
            self._pass_on(picture, self._seconds(picture.pts, first, tick, now))

    def _begin(self, picture: Picture, reader: Reader, now: float) -> None:
        self._last_at = now
        if self._info is None:
            self._began = now
            rate = reader.stream.average_rate
            width, height = shown_size(picture)
            self._info = VideoInfo(
                name=self._name,
                width=width,
                height=height,
                frame_count=None,
                rate=float(rate) if rate else None,
                live=True,
                seekable=False,
            )
            self._pictured.set()

    def _seconds(
        self, pts: int | None, first: tuple[int | None, float], tick: float, now: float
    ) -> float:
        """Since the first picture of all: by the stream's clock, which begins anew after each
        connection, else by ours."""
        began = self._began if self._began is not None else now
        if pts is None or first[0] is None:
            return now - began
        return (first[1] - began) + (pts - first[0]) * tick

    def _pass_on(self, picture: Picture, seconds: float) -> bool:
        """Hand a picture over; False after `stop`."""
        if self._paced and self._began is not None:
            self._stop.wait(max(0.0, self._began + seconds - time.monotonic()))
        limit = self._options.most_per_second
        last = self._last_kept
        if limit is not None and last is not None and 0 <= seconds - last < 0.99 / limit:
            self._arrivals.skip()
            return not self._stop.is_set()
        self._last_kept = seconds
        self._arrivals.put(picture, seconds)
        return not self._stop.is_set()

    def _connect_again(self, cause: str) -> Reader | None:
        """Try until it works, or for too long, or `stop`."""
        options = self._options
        deadline = self._last_at + options.reconnect_seconds
        if time.monotonic() < deadline:
            self._warn(f"{cause}; connecting again for up to {options.reconnect_seconds:g} s")
        delay = 0.0
        while not self._stop.wait(delay) and time.monotonic() < deadline:
            try:
                reader = Reader(self._address)
            except SourceError:
                delay = min(max(options.first_delay, 2 * delay), MOST_DELAY * options.first_delay)
                delay = min(delay, max(0.0, deadline - time.monotonic()))
                continue
            self.reconnects += 1
            return reader
        return None

    def _lost(self, cause: str) -> SourceError:
        return SourceError(
            f"source lost: {cause}, and no connection for {self._options.reconnect_seconds:g} s; "
            "check the camera or the network, then start again"
        )
