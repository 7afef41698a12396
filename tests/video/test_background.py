"""Drawing and writing in a thread: in order, bounded, and ended by errors."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from samurai.painting.shapes import Pixels
from samurai.video.writing.background import BackgroundWriter
from samurai.video.writing.base import Writer


class Recorder(Writer):
    """Notes what is called."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.calls: list[object] = []
        self.fail_at = fail_at

    def add(self, pixels: Pixels, seconds: float | None = None) -> None:
        if seconds == self.fail_at:
            raise ValueError(seconds)
        self.calls.append(seconds)

    def finish(self) -> None:
        self.calls.append("finish")

    def discard(self) -> None:
        self.calls.append("discard")


PICTURE = np.zeros((2, 2, 3), np.uint8)


def test_frames_are_written_in_order_and_the_writer_is_finished() -> None:
    recorder = Recorder()
    with BackgroundWriter(recorder, depth=2) as writer:
        for number in range(50):
            writer.add(PICTURE, number)
    assert recorder.calls == [*range(50), "finish"]
    assert not writer._thread.is_alive()


def test_a_function_draws_and_writes() -> None:
    done: list[tuple[str, int]] = []
    with BackgroundWriter(lambda name, number: done.append((name, number))) as writer:
        for number in range(5):
            writer.add("a", number)
    assert done == [("a", number) for number in range(5)]


def test_no_more_waits_than_is_allowed() -> None:
    free, waiting, started = threading.Semaphore(0), 3, threading.Event()
    done: list[int] = []

    def slow(number: int) -> None:
        started.set()
        free.acquire()
        done.append(number)

    writer = BackgroundWriter(slow, depth=waiting)
    writer.add(0)
    started.wait()
    for number in range(1, waiting + 1):
        writer.add(number)
    full = threading.Thread(target=writer.add, args=(waiting + 1,))
    full.start()
    full.join(0.3)
    assert full.is_alive() and writer._waiting.full() and not done
    for _ in range(waiting + 2):
        free.release()
    full.join()
    writer.finish()
    assert done == list(range(waiting + 2))


def test_an_error_reaches_the_caller_and_later_frames_are_not_written() -> None:
    recorder = Recorder(fail_at=3)
    writer = BackgroundWriter(recorder, depth=1)
    with pytest.raises(ValueError):
        for number in range(1000):
            writer.add(PICTURE, number)
    with pytest.raises(ValueError):
        writer.add(PICTURE, 5)
    with pytest.raises(ValueError):
        writer.finish()
    assert recorder.calls == [0, 1, 2, "discard"]
    assert not writer._thread.is_alive()


def test_an_error_in_the_last_frame_is_not_lost() -> None:
    recorder = Recorder(fail_at=0)
    writer = BackgroundWriter(recorder)
    writer.add(PICTURE, 0)
    with pytest.raises(ValueError):
        writer.finish()
    assert recorder.calls == ["discard"]


def test_an_error_of_the_caller_discards_what_waits() -> None:
    entered, free = threading.Event(), threading.Event()
    done: list[int] = []

    def slow(number: int) -> None:
        entered.set()
        free.wait()
        done.append(number)

    with pytest.raises(KeyError), BackgroundWriter(slow, depth=8) as writer:
        for number in range(6):
            writer.add(number)
        entered.wait()
        threading.Timer(0.05, free.set).start()
        raise KeyError
    assert done == [0]
    assert not writer._thread.is_alive()
