"""Words: suggestions for misspelt names, the natural order of names, lists of names, plurals,
durations."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_SLIPS = 2
"""Largest edit distance of a misspelling."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is at most `MOST_SLIPS` slips away, the first of equals.

    None if there is no such word, if the slips are half of the word or more, or if the word itself
    is known.
    """
    near = {each: slips(word, each) for each in known}
    if not near or word in near:
        return None
    best = min(near, key=lambda each: near[each])
    return best if near[best] <= min(MOST_SLIPS, (len(word) - 1) // 2) else None


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 sequence`, `2 sequences`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Seconds in readable units: 8.3 s, 42 s, 2 min 05 s, 3 h 07 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if whole < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean ...?)` for the end of a message; empty if no known word is close."""
    close = closest(word, known)
    return f" (did you mean {close}?)" if close else ""


def slips(one: str, other: str) -> int:
    """The letters to insert, delete, replace or swap with their neighbor to turn one word into the
    other (restricted Damerau-Levenshtein distance)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            least = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]


def plain_name(name: str) -> str:
    """A name as all tools spell it alike: its letters and digits, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def listed(names: Iterable[str], shown: int = 5) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - shown} more" if len(every) > shown else ""
    return f"{', '.join(every[:shown])}{more}"


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A key that sorts numbers in names by their value."""
    parts = re.split(r"(\d+)", text)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
