"""A background thread reads ahead: order, bounds, errors, ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from samurai.video.sources.reading import ReadAhead


def test_items_come_in_order_and_then_the_end() -> None:
    with closing(ReadAhead(iter(range(100)), 3)) as ahead:
        assert list(ahead) == list(range(100))
        assert list(ahead) == []


def test_no_more_than_the_depth_is_read_ahead() -> None:
    """Beside the items that wait, one is in the thread's hands."""
    made: list[int] = []
    fourth = threading.Event()

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == 4:
                fourth.set()
            yield number

    with closing(ReadAhead(items(), 3)) as ahead:
        assert next(ahead) == 0
        assert fourth.wait(10)  # one is taken, three wait, and one is in the thread's hands
        assert not threading.Event().wait(0.05) and made == [0, 1, 2, 3, 4]


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("three")

    with closing(ReadAhead(items(), 5)) as ahead:
        assert [next(ahead), next(ahead)] == [1, 2]
        with pytest.raises(KeyError, match="three"):
            next(ahead)
        assert list(ahead) == []


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_closing_early_ends_the_thread_and_closes_the_iterator_in_it(taken: int) -> None:
    closed_in: list[str] = []

    def items() -> Iterator[int]:
        try:
            yield from range(10**9)
        finally:
            closed_in.append(threading.current_thread().name)

    before = set(threading.enumerate())
    ahead = ReadAhead(items(), 2)
    for _ in range(taken):
        next(ahead)
    started = set(threading.enumerate()) - before
    ahead.close()
    ahead.close()
    assert not any(thread.is_alive() for thread in started)
    assert closed_in == [thread.name for thread in started]
    assert list(ahead) == []


def test_closing_does_not_wait_for_an_iterator_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samurai.video.sources.reading.JOIN_SECONDS", 0.01)
    go = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        go.wait(60)
        yield 2

    ahead = ReadAhead(items(), 1)
    assert next(ahead) == 1
    ahead.close()
    go.set()


def test_a_depth_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        ReadAhead(iter([1]), 0)


def test_a_source_that_reads_ahead_gives_the_same_frames() -> None:
    """Also a single one in the middle of a pass, and passes that are left."""
    from oracles.array_source import ArraySource

    from samurai.video.sources.reading import ReadAheadSource

    frames = [np.full((2, 2, 3), number, np.uint8) for number in range(20)]
    with ReadAheadSource(ArraySource(frames), 3) as source:
        left = source.frames()
        assert [next(left).index for _ in range(4)] == [0, 1, 2, 3]
        assert source.frame(11).pixels[0, 0, 0] == 11
        assert [frame.index for frame in source.frames(4, 12, 3)] == [4, 7, 10]
        assert [frame.index for frame in source.frames(5, None, -2)] == [5, 3, 1]
        assert source.info.frame_count == 20
