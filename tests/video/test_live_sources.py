"""Live sources: test sources of FFmpeg, and an RTSP server that fails and comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import av
import pytest
from oracles.rtsp import RtspServer
from oracles.videos import number_of, numbered_frame

from samurai.errors import SourceError
from samurai.video.sources.arrivals import Arrivals
from samurai.video.sources.base import VideoFrame
from samurai.video.sources.live import LiveOptions, LiveSource
from samurai.video.sources.opening import open_source

EVERY = LiveOptions(newest_only=False, connect_timeout=10, read_timeout=10)
TEST = "lavfi:testsrc2=size=64x48:rate=200:duration=0.25"


def live(spec: str, options: LiveOptions, warnings: list[str] | None = None) -> LiveSource:
    source = open_source(
        spec, warn=pytest.fail if warnings is None else warnings.append, live=options
    )
    assert isinstance(source, LiveSource)
    return source


def test_a_test_source_gives_all_frames_and_ends() -> None:
    with live(TEST, EVERY) as source:
        assert (source.info.width, source.info.height, source.info.rate) == (64, 48, 200)
        assert source.info.live and not source.info.seekable and source.info.frame_count is None
        every = list(source.frames())
        assert [frame.index for frame in every] == list(range(50))
        assert [frame.seconds for frame in every] == pytest.approx([n / 200 for n in range(50)])
        assert every[3].pixels.flags.writeable
        status = source.status
        assert (status.received, status.dropped, status.reconnects) == (50, 0, 0)
        assert status.latency is not None and status.latency >= 0
        assert list(source.frames()) == []


def test_the_newest_frame_only() -> None:
    """After the source has ended, the last frame is the only one left."""
    with live(TEST, LiveOptions()) as source:
        frames = source.frames()
        first = next(frames)
        received = Until(source, 50)
        received.wait()
        rest = list(frames)
        assert first.index < 50 and [frame.index for frame in rest] in ([49], [])
        status = source.status
        assert status.received == 50
        assert status.dropped == 50 - 1 - len(rest)


def test_all_frames_wait_for_a_slow_consumer() -> None:
    """The source waits where the queue is full, and no frame is lost."""
    options = LiveOptions(newest_only=False, most_waiting=3)
    with live(TEST, options) as source:
        frames = source.frames()
        assert next(frames).index == 0
        assert not threading.Event().wait(0.1)
        assert source.status.received <= 5
        assert [frame.index for frame in frames] == list(range(1, 50))


def test_ranges_and_strides_of_live_frames() -> None:
    with live(TEST, EVERY) as source:
        assert [frame.index for frame in source.frames(3, 20, 5)] == [3, 8, 13, 18]
        assert next(source.frames(0, 30, 4)).index >= 20
        for wrong in (lambda: source.frame(3), lambda: source.frames(9, None, -1)):
            with pytest.raises(SourceError):
                wrong()


def test_a_limit_of_the_rate_drops_frames() -> None:
    limited = LiveOptions(newest_only=False, most_per_second=50)
    with live(TEST, limited) as source:
        assert [frame.index for frame in source.frames()] == list(range(0, 50, 4))
        assert source.status.dropped == 50 - 13


def test_closing_ends_an_endless_source() -> None:
    before = threading.active_count()
    source = live("lavfi:testsrc2=size=64x48:rate=100", LiveOptions())
    frames = source.frames()
    assert next(frames).index >= 0
    source.close()
    source.close()
    assert list(frames) == []
    assert threading.active_count() <= before
    with pytest.raises(SourceError):
        source.frames()


@pytest.mark.parametrize("spec", ["lavfi:nonsense", "lavfi:", "lavfi:testsrc2=size=0x0"])
def test_a_wrong_test_source_is_refused(spec: str) -> None:
    with pytest.raises(SourceError):
        open_source(spec, warn=pytest.fail)


def test_rtsp_is_read() -> None:
    with RtspServer() as server, live(server.url, EVERY) as source:
        assert (source.info.width, source.info.height) == server.size
        every = [frame for frame, _ in zip(source.frames(), range(40), strict=False)]
        assert [frame.index for frame in every] == list(range(40))
        numbers = [number_of(frame.pixels) for frame in every]
        assert numbers == list(range(numbers[0], numbers[0] + 40))


def test_a_server_that_comes_back_is_connected_again_and_numbers_go_on() -> None:
    warnings: list[str] = []
    options = LiveOptions(newest_only=False, read_timeout=10, first_delay=0.05)
    with RtspServer() as server, live(server.url, options, warnings) as source:
        every = list(taken(source.frames(), 10))
        server.kill()
        restart = threading.Timer(0.3, server.start)
        restart.start()
        for frame in source.frames(10):
            every.append(frame)
            if source.status.reconnects and len(every) > 25:
                break
        restart.join()
        assert [frame.index for frame in every] == list(range(len(every)))
        seconds = [frame.seconds or 0.0 for frame in every]
        assert seconds == sorted(seconds)
        assert source.status.reconnects == 1 and len(warnings) == 1
        number_of(every[-1].pixels)


def test_a_source_that_stays_away_is_lost_after_its_frames() -> None:
    warnings: list[str] = []
    options = LiveOptions(newest_only=False, reconnect_seconds=0.3, first_delay=0.05)
    with RtspServer() as server, live(server.url, options, warnings) as source:
        frames = source.frames()
        indices = [frame.index for frame in taken(frames, 5)]
        server.kill()
        with pytest.raises(SourceError, match="lost"):
            indices.extend(frame.index for frame in frames)
        assert indices == list(range(len(indices)))
        with pytest.raises(SourceError):  # again, not an end that looks complete
            next(source.frames())


@pytest.mark.slow
def test_frames_may_change_their_size_after_an_interruption() -> None:
    options = LiveOptions(newest_only=False, first_delay=0.05)
    with RtspServer() as server, live(server.url, options, []) as source:
        shapes = {frame.pixels.shape for frame in taken(source.frames(), 5)}
        server.kill()
        server.size = (64, 48)
        server.start()
        for frame in source.frames():
            shapes.add(frame.pixels.shape)
            if len(shapes) == 2:
                break
        assert shapes == {(64, 96, 3), (48, 64, 3)}


def test_a_server_that_accepts_and_says_nothing_is_refused_in_time() -> None:
    soon = LiveOptions(connect_timeout=0.3, read_timeout=0.3)
    with RtspServer(silent=True) as server, pytest.raises(SourceError):
        open_source(server.url, warn=pytest.fail, live=soon)


@pytest.mark.parametrize("newest_only", [False, True])
def test_arrivals_count_every_picture_once(newest_only: bool) -> None:
    """However two threads take turns."""
    arrivals = Arrivals(newest_only, 4)
    picture = a_picture()

    def put() -> None:
        for number in range(500):
            arrivals.put(picture, float(number))
        arrivals.end(None)

    thread = threading.Thread(target=put)
    thread.start()
    indices = []
    while (arrival := arrivals.take()) is not None:
        assert arrival.seconds == arrival.index
        indices.append(arrival.index)
    thread.join()
    received, dropped = arrivals.counts()
    assert received == 500 and received - dropped == len(indices)
    assert indices == sorted(set(indices)) and indices[-1] == 499
    assert newest_only or indices == list(range(500))


def a_picture() -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(numbered_frame(0, (16, 16)), "rgb24")


def taken(frames: Iterator[VideoFrame], count: int) -> Iterator[VideoFrame]:
    for _ in range(count):
        yield next(frames)


class Until:
    """Waits for a number of received frames."""

    def __init__(self, source: LiveSource, received: int) -> None:
        self._source, self._received = source, received

    def wait(self) -> None:
        pause = threading.Event()
        while self._source.status.received < self._received:
            pause.wait(0.005)
