"""The toolkit's HTML report in our style: what its colors and terms mean, tables per sequence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from samurai.evaluation.table import MISSING, SequenceTable
from samurai.evaluation.templates import render

LISTED = '<ul id="metadata">'  # the list at the top of the toolkit's page
INDEX_END = "</ol>"  # of its index, the only ordered list
FOOTER = '<div id="footer">'
STYLES = re.compile(r"<style>.*?</style>", re.DOTALL)  # the toolkit's, for light pages alone
OVERVIEW = re.compile(r'<table class="overview-table.*?</table>', re.DOTALL)
ROW = re.compile(r"<tr>.*?</tr>\s*", re.DOTALL)
NAMELESS = re.compile(r"<th[^>]*></th>")
PLOTS = re.compile(r'(?:<div class="plot">.*?</div>\s*)+', re.DOTALL)

LINES_OF_CHARTS = "#808080"
"""The color of axes and grids in the toolkit's plots, which the page replaces by its own."""


@dataclass(frozen=True)
class Legend:
    """A tracker and the color of its curves and markers, as in CSS."""

    label: str
    color: str


def improve(
    page: Path,
    title: str,
    trackers: Sequence[Legend],
    tables: Sequence[SequenceTable],
    terms: Mapping[str, str],
) -> None:
    """Give a report the style of all pages, and add a legend, words for terms, tables per sequence.

    Args:
        page: the toolkit's report; parts whose place isn't found are left out.
        title: what was evaluated.
        trackers: all that it shows.
        tables: one per experiment.
        terms: what its measures mean, by their names.
    """
    text = STYLES.sub("", page.read_text(encoding="utf-8"))
    title = f"Evaluation: {escape(title)}"
    for old, new in (
        ("<html>", '<html lang="en">'),
        ("<head>", f"<head>\n{_filled('report_style.html.j2')}"),  # the charset has to come early
        ("<title>VOT report</title>", f"<title>{title}</title>"),
        ("<h1>Analysis report document</h1>", f"<h1>{title}</h1>"),
        ("<span>Version</span>", "<span>VOT toolkit</span>"),
    ):
        text = text.replace(old, new, 1)
    text = _before(text, LISTED, _filled("report_legend.html.j2", trackers=trackers))
    words = _filled("report_terms.html.j2", terms=terms)
    text = OVERVIEW.sub(lambda found: _inside("scroll", _shorter(found[0])) + words, text)
    text = PLOTS.sub(lambda found: _inside("figures charts", found[0]), text)
    if tables:
        entry = '<li><a href="#Sequences">Sequences</a></li>\n'
        text = _before(text, INDEX_END, entry)
        section = _filled("report_sequences.html.j2", tables=[_shown(table) for table in tables])
        text = _before(text, FOOTER, section)
    page.write_text(text, encoding="utf-8")


def _shorter(table: str) -> str:
    """The toolkit's table without the row of analyses, unless some measure has no other name."""
    head, end, body = table.partition("</thead>")
    rows = ROW.findall(head)
    if len(rows) == 3 and not NAMELESS.search(rows[2]):
        head = head.replace(rows[1], "")
    return f"{head}{end}{body}"


def _inside(kind: str, text: str) -> str:
    return f'<div class="{kind}">\n{text}</div>\n'


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
