"""Hundreds of exchanges of the fuzzer; `make fuzz` has a hundred thousand."""

from __future__ import annotations

import pytest

from fuzz import steps
from fuzz.peer import Fault
from fuzz.story import Fuzzer, Story


@pytest.fixture(autouse=True)
def short_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """More ends in few exchanges; the long lives and those that take grace time are left out."""
    monkeypatch.setattr("fuzz.story.LONG_LIFE", 100)
    for step in (steps.dies_while_computing, steps.signaled_while_computing):
        monkeypatch.setitem(steps.LAST, step, 0)


def test_hundreds_of_exchanges() -> None:
    fuzzer = Fuzzer(seed=1).run(500)
    assert fuzzer.exchanges >= 500 and fuzzer.stories >= 5


def test_a_fault_says_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(story: Story) -> None:
        raise Fault("as an example")

    monkeypatch.setattr(steps, "LAST", {wrong: 1})
    with pytest.raises(Fault, match=r"as an example\n.*\n.*--seed 3 --story 0"):
        Fuzzer(seed=3).run(100)


@pytest.mark.slow
def test_a_seed_decides_the_story() -> None:
    counts = [Fuzzer(seed=4).run(100).counts for _ in range(2)]
    assert counts[0] == counts[1]
