"""Official lists of sequences and of ranges of images, as text files; `#` begins a comment."""

from __future__ import annotations

from pathlib import Path


def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of each line of a list of this folder, such as "lasot"."""
    text = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return tuple(tuple(words) for words in lines if words)
