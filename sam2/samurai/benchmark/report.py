"""What a person gets after `samurai benchmark`: the table, and the files asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from samurai.benchmark.documents import csv_text, json_text, now, write_text
from samurai.benchmark.latex import latex_text
from samurai.benchmark.moments import Moments
from samurai.benchmark.page import page_text
from samurai.benchmark.scores import TrackerScore
from samurai.benchmark.table import tables, text
from samurai.datasets.base import Dataset


def show(
    dataset: Dataset,
    scores: Sequence[TrackerScore],
    *,
    json: Path | None = None,
    csv: Path | None = None,
    latex: Path | None = None,
    page: Path | None = None,
    moments: Moments | None = None,
    out: Callable[[str], object] = print,
) -> None:
    """Print the table of scores, a table per protocol, and write files.

    Args:
        dataset: what was scored on.
        scores: at least one; of a tracker with several conventions of boxes, the first one counts
            in files that have one score per tracker.
        json, csv, latex, page: files to write, replaced if they are there; their folders are made.
        moments: for the page's pictures.
        out: takes a text of several lines.

    Raises:
        ValueError: there are no scores.
        OSError: a file can't be written.
    """
    if not scores:
        raise ValueError("there are no scores to show")
    for place, table in enumerate(tables(dataset, scores)):
        if place:
            out("")
        out(text(table))
    date = now()
    files: list[tuple[Path | None, Callable[[], str]]] = [
        (json, lambda: json_text(dataset, scores, date)),
        (csv, lambda: csv_text(dataset, scores)),
        (latex, lambda: latex_text(dataset, scores)),
        (page, lambda: page_text(dataset, scores, moments, date)),
    ]
    for file, made in files:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, made())
