"""Contestants in turns, so that what slows the machine down for a while slows all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.speed.film import Film
from benchmarks.speed.lap import Contestant, Lap

Laps = dict[str, list[Lap]]
"""Per contestant, by its label, one lap per round."""


def race(
    contestants: Sequence[Contestant],
    film: Film,
    objects: int,
    rounds: int,
    tell: Callable[[str], None],
) -> Laps:
    """Rounds in which everybody runs once, in the same order: A B A B ...

    Args:
        contestants: ready, and warm from an uncounted lap of their own.
        tell: gets a line per lap.
    """
    laps: Laps = {contestant.label: [] for contestant in contestants}
    for number in range(rounds):
        for contestant in contestants:
            lap = contestant.run(film, objects)
            laps[contestant.label].append(lap)
            each = 1000 * lap.total / len(film)
            tell(
                f"round {number + 1} of {rounds}, {objects} objects: {each:8.1f} ms a frame, "
                f"{contestant.label}"
            )
    return laps


@contextmanager
def closing(contestants: Sequence[Contestant]) -> Iterator[None]:
    """Whatever happens, no process stays."""
    try:
        yield
    finally:
        for contestant in contestants:
            contestant.kill()
