"""The table of scores as plain text: aligned, ASCII, the same on a terminal and in a log."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

REPAIRED_MARK = "*"
STALE_MARK = "~"
UNKNOWN_MARK = "?"
MISSING = "-"
BETWEEN_MEASURES = "  "
BETWEEN_EXPERIMENTS = "    "


@dataclass(frozen=True)
class Column:
    """One measure of one experiment; `experiment` is empty for a measure of no experiment.

    `meaning` is for the legend, where the measure's name isn't enough.
    """

    experiment: str
    measure: str
    repaired: bool = False
    digits: int = 3
    meaning: str = ""


@dataclass(frozen=True)
class Row:
    """One tracker's values, one per column; None where there is no result.

    `marks` has the mark behind the values of each experiment, or of all of them ("").
    """

    tracker: str
    values: tuple[float | None, ...]
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SequenceTable:
    """The measures of every sequence in one experiment, the worst first.

    The columns' `experiment` has the tracker, the rows' `tracker` the sequence. The first column is
    the number of frames.
    """

    title: str
    columns: list[Column]
    rows: list[Row]


def render(columns: Sequence[Column], rows: Sequence[Row], heading: str = "tracker") -> str:
    """The table: experiments, measures, then a line per tracker; no newline at the end.

    Args:
        columns: adjacent ones with one experiment share its heading.
        rows: in their order.
        heading: of the column with the rows' names.
    """
    blocks = [aligned([["", heading, *(row.tracker for row in rows)]], str.ljust)]
    numbered = list(enumerate(columns))
    for _, group in groupby(numbered, key=lambda pair: pair[1].experiment):
        members = list(group)
        mark = max((len(row.marks.get(members[0][1].experiment, "")) for row in rows), default=0)
        cells = [
            [column.measure + " " * mark, *(_cell(row, index, column, mark) for row in rows)]
            for index, column in members
        ]
        blocks.append(_titled(members[0][1], aligned(cells, str.rjust)))
    return "\n".join(BETWEEN_EXPERIMENTS.join(line).rstrip() for line in zip(*blocks, strict=True))


def write_csv(file: Path, tables: Sequence[SequenceTable]) -> None:
    """Write a line per tracker, experiment and sequence, with all measures as columns.

    Args:
        file: UTF-8; replaced if it exists.
        tables: a measure that one of them lacks is empty in its lines.
    """
    measures = dict.fromkeys(c.measure for table in tables for c in table.columns if c.experiment)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["experiment", "tracker", "sequence", "frames", *measures])
        for table in tables:
            for row in table.rows:
                for tracker, values in _by_tracker(table, row).items():
                    cells = [_exact(values.get(measure)) for measure in measures]
                    frames = _exact(row.values[0])
                    writer.writerow([table.title, tracker, row.tracker, frames, *cells])


def _by_tracker(table: SequenceTable, row: Row) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for column, value in zip(table.columns, row.values, strict=True):
        if column.experiment:
            found.setdefault(column.experiment, {})[column.measure] = value
    return found


def _exact(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _cell(row: Row, index: int, column: Column, mark: int) -> str:
    """A value with its row's mark, padded to the width of other rows' marks."""
    value = row.values[index]
    shown = "" if value is None else row.marks.get(column.experiment, "")
    return _number(value, column.digits) + shown.ljust(mark)


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def aligned(columns: list[list[str]], align: Callable[[str, int], str]) -> list[str]:
    """Lines of cells, every column as wide as its widest cell."""
    padded = []
    for column in columns:
        width = max(len(cell) for cell in column)
        padded.append([align(cell, width) for cell in column])
    return [BETWEEN_MEASURES.join(line) for line in zip(*padded, strict=True)]


def _titled(column: Column, lines: list[str]) -> list[str]:
    """The lines of an experiment below its name, all equally wide."""
    title = f"{column.experiment} {REPAIRED_MARK}" if column.repaired else column.experiment
    width = max(len(title), len(lines[0]))
    return [title.ljust(width), *(line.rjust(width) for line in lines)]
