"""Every measured number says when and how it was made, and those of nano with which weights."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from samurai.models.manifest import model_card

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "checkpoints/nano.md", "ARCHITECTURE.md"]
SCORE = re.compile(r"(?<![\w.,])[+-]?0\.\d{3}\b|\d (?:frames per second|frames/s)\b")
MARK = re.compile(r"<!-- (measured|published|example)([^>]*)-->")
MEASURED = re.compile(
    r" \d{4}-\d\d-\d\d(?:, nano (?P<nano>[0-9a-f]{12})|, (?P<other>earlier weights))?: \S.* "
)
GENERATED = re.compile(r"weights of nano ([0-9a-f]{12})")


def pages() -> list[Path]:
    return [*(ROOT / name for name in PAGES), *sorted((ROOT / "docs").glob("*.md"))]


def sections(text: str) -> dict[str, str]:
    """The text between two headings, by the first; headings inside of code are none."""
    found: dict[str, str] = {}
    heading, fenced = "(top)", False
    for line in text.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            heading = line.strip()
        found[heading] = found.get(heading, "") + line
    return found


def faults(name: str, text: str, weights: str) -> list[str]:
    """What is wrong with the numbers of a page."""
    wrong: list[str] = []
    generated = set(GENERATED.findall(text))
    wrong += [f"{name}: made with nano {other}" for other in sorted(generated - {weights})]
    for heading, section in sections(text).items():
        marks = MARK.findall(section)
        if SCORE.search(section) and not marks and not generated:
            wrong.append(f"{name}, {heading}: numbers without a mark")
        for kind, rest in marks:
            mark = MEASURED.fullmatch(rest)
            if kind == "measured" and mark is None:
                wrong.append(f"{name}, {heading}: no date or command in the mark")
            elif mark is not None and mark["nano"] not in (None, weights):
                wrong.append(f"{name}, {heading}: made with nano {mark['nano']}")
            elif (
                mark is not None
                and mark["other"]
                and "earlier weights" not in section.replace(f"<!-- {kind}{rest}-->", "")
            ):
                wrong.append(f"{name}, {heading}: doesn't say that its weights are earlier ones")
    return wrong


def test_numbers_say_when_how_and_with_which_weights_they_were_made() -> None:
    weights = str(model_card("nano").sha256)[:12]
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages()}
    assert [fault for name, text in texts.items() for fault in faults(name, text, weights)] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("# A\nIt has 0.563.\n", 1),
        ("# A\n<!-- measured 2026-11-28, nano 0123456789ab: make evaluate -->\nIt has 0.563.\n", 0),
        ("# A\n<!-- measured 2026-11-28, nano ba9876543210: make evaluate -->\nIt has 0.563.\n", 1),
        ("# A\n<!-- measured 2026-11-28, earlier weights: a b -->\nIt has 0.563.\n", 1),
        ("# A\n<!-- measured 2026-11-28, earlier weights: a -->\nWith earlier weights 0.563.\n", 0),
        ("# A\n<!-- measured: make evaluate -->\nIt has 63 frames/s.\n", 1),
        ("# A\n<!-- published: the paper -->\nIt has 0.563.\n## B\nand 12 frames per second.\n", 1),
        ("# A\n```\n# 0.1\n0.563\n```\n", 1),
        ("Made with weights of nano 0123456789ab.\n## B\n0.563\n", 0),
        ("Made with weights of nano ba9876543210.\n## B\n0.563\n", 1),
    ],
)
def test_what_counts_as_a_fault(text: str, count: int) -> None:
    assert len(faults("page.md", text, "0123456789ab")) == count
