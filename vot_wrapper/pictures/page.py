"""index.html: every picture of a folder, sequence by sequence.

What was drawn is noted in pictures.json beside it, so that the page also shows the pictures of
earlier calls.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from vot_wrapper.pictures.heading import numbers
from vot_wrapper.pictures.report import PAGE, address
from vot_wrapper.pictures.runs import Run

NOTES = "pictures.json"

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1400px;
  padding: 0 1rem; color: #1d2128; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; border-bottom: 1px solid #d5d9e0; }
p, nav { color: #565d6a; margin: .2rem 0; }
nav a { margin-right: .8rem; white-space: nowrap; }
a { color: #0a5aa8; }
.runs { display: flex; flex-wrap: wrap; gap: 1.2rem; }
figure { margin: 0; width: 320px; }
img { display: block; border-radius: 4px; max-width: 100%; background: #16181d; }
figcaption { margin-top: .3rem; }
figcaption span { color: #565d6a; display: block; font-size: .9em; }
"""


@dataclass(frozen=True)
class Entry:
    """One drawn run."""

    sequence: str
    tracker: str
    experiment: str
    name: str
    title: str
    numbers: str

    def file(self, folder: Path, suffix: str) -> Path:
        """Its picture in the folder of all pictures: .png, .mp4, or .jpg for the thumbnail."""
        return folder / self.tracker / self.experiment / self.sequence / f"{self.name}{suffix}"


def entry_of(run: Run) -> Entry:
    """What the page says of a run."""
    return Entry(run.sequence, run.tracker, run.experiment, run.name, run.title, numbers(run))


def write_page(folder: Path, drawn: Sequence[Entry], reports: Sequence[Path]) -> Path:
    """Writes the page of all pictures that are in the folder.

    Args:
        folder: of all pictures.
        drawn: what was drawn now; replaces what was noted of the same runs before.
        reports: HTML reports to link to.
    """
    known = {_key(entry): entry for entry in [*_noted(folder), *drawn]}
    entries = [known[key] for key in sorted(known) if _is_there(known[key], folder)]
    notes = json.dumps([asdict(entry) for entry in entries], indent=1)
    (folder / NOTES).write_text(notes + "\n", encoding="utf-8")
    page = folder / PAGE
    page.write_text(_page(folder, entries, reports), encoding="utf-8")
    return page


def _key(entry: Entry) -> tuple[str, ...]:
    return (entry.sequence, entry.tracker, entry.experiment, entry.name)


def _noted(folder: Path) -> list[Entry]:
    """What earlier calls drew; nothing if the notes can't be read."""
    try:
        found = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        return [Entry(**fields) for fields in found]
    except (OSError, ValueError, TypeError):
        return []


def _is_there(entry: Entry, folder: Path) -> bool:
    return any(entry.file(folder, suffix).exists() for suffix in (".png", ".mp4"))


def _page(folder: Path, entries: list[Entry], reports: Sequence[Path]) -> str:
    groups = [(name, list(members)) for name, members in groupby(entries, lambda e: e.sequence)]
    sequences = "".join(f'<a href="#{_text(name)}">{_text(name)}</a>' for name, _ in groups)
    sections = "".join(_section(folder, name, members) for name, members in groups)
    links = ", ".join(
        f'<a href="{_text(address(report, folder))}">{_text(report.parent.name)}</a>'
        for report in reports
    )
    numbers_line = f"<p>Numbers: report {links}</p>\n" if links else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Pictures of results</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        "<h1>Pictures of results</h1>\n"
        "<p>In colour: the answer. White line: the ground truth. Frames count from 0. Below the "
        "curves of overlap a triangle is where the tracker was given the object, a cross where it "
        "failed; a lighter ground is where the object is not in view.</p>\n"
        f"{numbers_line}<nav>{sequences}</nav>\n{sections}</body>\n</html>\n"
    )


def _section(folder: Path, name: str, entries: list[Entry]) -> str:
    figures = "".join(_figure(folder, entry) for entry in entries)
    heading = f'<h2 id="{_text(name)}">{_text(name)}</h2>\n'
    return f'{heading}<div class="runs">\n{figures}</div>\n'


def _figure(folder: Path, entry: Entry) -> str:
    links = {
        word: _text(address(file, folder))
        for word, suffix in (("sheet", ".png"), ("video", ".mp4"))
        if (file := entry.file(folder, suffix)).exists()
    }
    words = " · ".join(f'<a href="{link}">{word}</a>' for word, link in links.items())
    thumbnail = _text(address(entry.file(folder, ".jpg"), folder))
    label = _text(" · ".join(w for w in (entry.tracker, entry.experiment, entry.title) if w))
    return (
        f'<figure><a href="{next(iter(links.values()))}">'
        f'<img src="{thumbnail}" alt="{label}" loading="lazy"></a>\n'
        f"<figcaption>{label}<span>{_text(entry.numbers)}</span>{words}</figcaption></figure>\n"
    )


def _text(text: str) -> str:
    return html.escape(text)
