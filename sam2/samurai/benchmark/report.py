"""What a person gets after `samurai benchmark`: the table, and the files asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samurai.benchmark.documents import csv_text, json_text, now
from samurai.benchmark.latex import latex_text
from samurai.benchmark.moments import Moments
from samurai.benchmark.page import page_text
from samurai.benchmark.scores import TrackerScore
from samurai.benchmark.table import tables, text
from samurai.datasets.base import Dataset, Reading
from samurai.runtime.whole_files import storing, write_whole

MOST_NOTES = 5  # about sequences, below a table


@dataclass(frozen=True)
class ReportFiles:
    """Files to write, replaced if they are there; None: not this one."""

    json: Path | None = None
    csv: Path | None = None
    latex: Path | None = None
    page: Path | None = None


NO_FILES = ReportFiles()


def show(
    dataset: Dataset,
    scores: Sequence[TrackerScore],
    reading: Reading | None = None,
    files: ReportFiles = NO_FILES,
    *,
    moments: Moments | None = None,
    out: Callable[[str], object] = print,
) -> None:
    """Print the table of scores, a table per protocol, and write files.

    Args:
        dataset: what was scored on.
        scores: at least one; of a tracker with several conventions of boxes, the first one counts
            in files that have one score per tracker.
        reading: the data set as it was found, for what is missing of it and for its notes.
        files: to write; their folders are made.
        moments: for the page's pictures.
        out: takes a text of several lines.

    Raises:
        ValueError: there are no scores.
        StorageError: a file can't be written.
    """
    if not scores:
        raise ValueError("there are no scores to show")
    notes: list[str] = []
    if reading is not None:
        scores = [_with_missing(score, reading) for score in scores]
        notes = list(_notes(reading))
    few = _few(notes)
    for place, table in enumerate(tables(dataset, scores, few)):
        if place:
            out("")
        out(text(table))
    date = now()
    made: list[tuple[Path | None, Callable[[], str]]] = [
        (files.json, lambda: json_text(dataset, scores, date, notes)),
        (files.csv, lambda: csv_text(dataset, scores)),
        (files.latex, lambda: latex_text(dataset, scores)),
        (files.page, lambda: page_text(dataset, scores, moments, date, few)),
    ]
    for file, content in made:
        if file is not None:
            with storing(file):
                file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, content())


def _few(notes: list[str]) -> list[str]:
    """The first notes, and how many more there are; one more is shown instead."""
    more = len(notes) - MOST_NOTES
    if more <= 1:
        return notes
    return [
        *notes[:MOST_NOTES],
        f"{more} other notes about sequences: --json FILE has all of them.",
    ]


def _with_missing(score: TrackerScore, reading: Reading) -> TrackerScore:
    """The score, which also lacks what the data set lacks."""
    known = {*score.missing, *(each.name for each in score.sequences)}
    absent = [name for name in reading.missing if name not in known]
    return replace(score, missing=(*score.missing, *absent)) if absent else score


def _notes(reading: Reading) -> Iterator[str]:
    """Of the data set, then of its sequences with their names."""
    yield from reading.notes
    for each in reading.sequences:
        yield from (f"{each.name}: {note}" for note in each.notes)
