"""Official lists of sequences and of ranges of images, as text files; `#` begins a comment."""

from __future__ import annotations

from pathlib import Path

from samurai.spelling import plain_name

TITLES = {
    "lasot": "LaSOT",
    "lasot-ext": "LaSOText",
    "otb100": "OTB100",
    "uav123": "UAV123",
    "trackingnet": "TrackingNet",
    "davis2017-val": "DAVIS",
}
"""The lists, with the titles of their data sets."""


def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of each line of a list of this folder, such as "lasot"."""
    text = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return tuple(tuple(words) for words in lines if words)


def known_names() -> dict[str, set[str]]:
    """The names of sequences of each list, in lower-case letters and digits, by its title."""
    return {title: {plain_name(words[0]) for words in rows(name)} for name, title in TITLES.items()}
