"""The table for a paper: LaTeX with the package booktabs."""

from __future__ import annotations

from collections.abc import Sequence

from samurai.benchmark.scores import TrackerScore
from samurai.benchmark.table import Row, Table, tables
from samurai.datasets.base import Dataset

ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # after a row's end it would be an argument
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}


def latex_text(dataset: Dataset, scores: Sequence[TrackerScore]) -> str:
    """A table per protocol, with its caption; needs the package booktabs."""
    found = tables(dataset, scores)
    return "\n".join(_table(dataset, table, place) for place, table in enumerate(found))


def escaped(text: str) -> str:
    """A text as LaTeX shows it."""
    return "".join(ESCAPED.get(letter, letter) for letter in text)


def _table(dataset: Dataset, table: Table, place: int) -> str:
    left = ["Tracker", *(["Boxes"] if table.has_boxes else [])]
    right = [*table.measures, *(["fps"] if table.has_fps else []), "Sequences"]
    caption = " ".join([f"{table.heading}.", *table.caption])
    label = f"tab:{dataset.name}{f'-{place + 1}' if place else ''}"
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"  \centering",
            f"  \\caption{{{escaped(caption)}}}",
            f"  \\label{{{label}}}",
            f"  \\begin{{tabular}}{{{'l' * len(left)}{'r' * len(right)}}}",
            r"    \toprule",
            f"    {_line([*left, *right])}",
            r"    \midrule",
            *(f"    {_line(_cells(table, row))}" for row in table.rows),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _cells(table: Table, row: Row) -> list[str]:
    return [
        row.name,
        *([row.box] if table.has_boxes else []),
        *row.values,
        *([row.fps] if table.has_fps else []),
        row.sequences,
    ]


def _line(cells: Sequence[str]) -> str:
    """A row; minus signs are those of formulas, names that begin with two spaces are indented."""
    shown = []
    for cell in cells:
        text = escaped(cell.strip())
        if text.startswith("-") and text[1:2].isdigit():
            text = f"${text}$"
        shown.append(f"\\quad {text}" if cell.startswith("  ") else text)
    return f"{' & '.join(shown)} \\\\"
