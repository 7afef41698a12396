"""index.html: every picture of a folder, sequence by sequence.

pictures.json beside it records the drawn pictures, so that the page also shows those of earlier
calls.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from samurai.evaluation.pictures.heading import numbers
from samurai.evaluation.pictures.recording import Recording
from samurai.evaluation.pictures.report import PAGE, address
from samurai.evaluation.templates import render

NOTES = "pictures.json"
KINDS = {"sheet": ".png", "video": ".mp4"}


@dataclass(frozen=True, order=True)
class Entry:
    """One drawn recording; they are ordered by what identifies them."""

    sequence: str
    tracker: str
    experiment: str
    name: str
    title: str
    numbers: str

    def file(self, folder: Path, suffix: str) -> Path:
        """Its picture in the folder of all pictures: .png, .mp4, or .jpg for the thumbnail."""
        return folder / self.tracker / self.experiment / self.sequence / f"{self.name}{suffix}"

    def pictures(self, folder: Path) -> dict[str, Path]:
        """The existing pictures, by their kind."""
        files = {kind: self.file(folder, suffix) for kind, suffix in KINDS.items()}
        return {kind: file for kind, file in files.items() if file.exists()}


def entry_of(recording: Recording) -> Entry:
    """The page's entry of a recording."""
    return Entry(
        recording.sequence,
        recording.tracker,
        recording.experiment,
        recording.name,
        recording.title,
        numbers(recording),
    )


def write_page(folder: Path, drawn: Sequence[Entry], reports: Sequence[Path]) -> Path:
    """Writes the page of all pictures that are in the folder.

    Args:
        folder: of all pictures.
        drawn: new entries; they replace earlier ones of the same runs.
        reports: HTML reports to link to.
    """
    known = {entry.file(folder, ""): entry for entry in [*_noted(folder), *drawn]}
    entries = sorted(entry for entry in known.values() if entry.pictures(folder))
    notes = json.dumps([asdict(entry) for entry in entries], indent=1)
    (folder / NOTES).write_text(notes + "\n", encoding="utf-8")
    page = folder / PAGE
    text = render(
        "samurai.evaluation.pictures",
        f"{PAGE}.j2",
        {"address": partial(address, folder=folder)},
        entries=entries,
        folder=folder,
        reports=reports,
    )
    page.write_text(text, encoding="utf-8")
    return page


def _noted(folder: Path) -> list[Entry]:
    """The entries of earlier calls; none if the file can't be read."""
    try:
        found = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        return [Entry(**fields) for fields in found]
    except (OSError, ValueError, TypeError):
        return []
