"""Turns at a device: in the order of asking, prompts first, nobody is left out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from samurai.runtime.turns import PROMPTS_IN_A_ROW, Turns


class Queue:
    """Threads that ask for a turn one after the other while somebody holds it."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self.threads: list[threading.Thread] = []

    def ask(self, name: str, withdrawn: threading.Event | None = None) -> None:
        def frame() -> None:
            with self.turns.frame(withdrawn) as given:
                self.order.append(name if given else f"{name} withdrawn")

        def prompt() -> None:
            with self.turns.prompt():
                self.order.append(name)

        self._start(prompt if name.startswith("prompt") else frame)

    def _start(self, target: Callable[[], None]) -> None:
        before = self.turns.waiting
        self.threads.append(threading.Thread(target=target))
        self.threads[-1].start()
        while self.turns.waiting == before:
            time.sleep(0)

    def join(self) -> list[str]:
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()
        return self.order


@pytest.fixture
def queue() -> Iterator[Queue]:
    made = Queue()
    yield made
    made.join()
    assert made.turns.waiting == 0


def test_frames_have_their_turns_in_the_order_in_which_they_asked(queue: Queue) -> None:
    names = ["a", "b", "c", "d"]
    with queue.turns.frame() as given:
        assert given
        for name in names:
            queue.ask(name)
        assert not queue.order
    assert queue.join() == names


def test_prompts_overtake_frames_but_not_forever(queue: Queue) -> None:
    prompts = [f"prompt {number}" for number in range(PROMPTS_IN_A_ROW + 2)]
    with queue.turns.frame():
        for name in ("a", *prompts, "b"):
            queue.ask(name)
    first, last = prompts[:PROMPTS_IN_A_ROW], prompts[PROMPTS_IN_A_ROW:]
    assert queue.join() == [*first, "a", *last, "b"]


def test_who_withdraws_has_no_turn_and_holds_nobody_up(queue: Queue) -> None:
    gone = threading.Event()
    with queue.turns.prompt():
        queue.ask("a", gone)
        queue.ask("b")
        gone.set()
        queue.turns.recheck()
        queue.threads[0].join(60)
        assert queue.order == ["a withdrawn"]
    assert queue.join() == ["a withdrawn", "b"]
    with queue.turns.frame(gone) as given:
        assert not given


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    for turn in (turns.frame, turns.prompt):
        with pytest.raises(ZeroDivisionError), turn():
            raise ZeroDivisionError
    with turns.frame() as given:
        assert given


def test_two_that_go_on_and_on_take_turns() -> None:
    turns, order = Turns(), list[str]()

    def work(name: str) -> None:
        for _ in range(20):
            with turns.frame():
                order.append(name)
                while turns.waiting == 0 and len(order) < 20:
                    time.sleep(0)  # until the other one asks

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(order) == 40
    assert all(one != other for one, other in pairwise(order[:20]))
