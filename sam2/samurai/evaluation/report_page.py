"""What is added to the toolkit's HTML report: what its colors mean, and tables per sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from samurai.evaluation.table import MISSING, SequenceTable
from samurai.evaluation.templates import render

LISTED = '<ul id="metadata">'  # the list at the top of the toolkit's page
INDEX_END = "</ol>"  # of its index, the only ordered list
FOOTER = '<div id="footer">'


@dataclass(frozen=True)
class Legend:
    """A tracker and the color of its curves and markers, as in CSS."""

    label: str
    color: str


def improve(page: Path, trackers: Sequence[Legend], tables: Sequence[SequenceTable]) -> None:
    """Add a legend, a line about colors, styles for narrow windows, and tables per sequence.

    Args:
        page: the toolkit's report; parts whose place isn't found are left out.
        trackers: all that it shows.
        tables: one per experiment.
    """
    text = page.read_text(encoding="utf-8")
    text = _before(text, "</head>", _filled("report_style.html.j2"))
    text = _before(text, LISTED, _filled("report_legend.html.j2", trackers=trackers))
    if tables:
        entry = '<li><a href="#Sequences">Sequences</a></li>\n'
        text = _before(text, INDEX_END, entry)
        section = _filled("report_sequences.html.j2", tables=[_shown(table) for table in tables])
        text = _before(text, FOOTER, section)
    page.write_text(text, encoding="utf-8")


def _before(text: str, place: str, added: str) -> str:
    head, found, rest = text.partition(place)
    return f"{head}{added}{found}{rest}" if found else text


def _filled(template: str, **values: object) -> str:
    return render("samurai.evaluation.pictures", template, {}, **values)


def _shown(table: SequenceTable) -> dict[str, object]:
    """A table as texts: groups of columns with their widths and starts, measures, rows of cells."""
    groups = [
        (title, len(list(members)))
        for title, members in groupby(table.columns, key=lambda column: column.experiment)
    ]
    starts = [sum(width for _, width in groups[:number]) for number in range(len(groups))]
    rows = [
        (
            row.tracker,
            [
                MISSING if value is None else f"{value:.{column.digits}f}"
                for column, value in zip(table.columns, row.values, strict=True)
            ],
        )
        for row in table.rows
    ]
    measures = [column.measure for column in table.columns]
    shown = {"title": table.title, "groups": groups, "starts": starts}
    return {**shown, "measures": measures, "rows": rows}
