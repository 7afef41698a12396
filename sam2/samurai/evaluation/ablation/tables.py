"""The tables of an ablation, for a terminal and for a page alike."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from samurai.evaluation.ablation.values import (
    Ablation,
    Combination,
    Part,
    attribute_overlap,
    difference,
    mean_overlap,
)
from samurai.evaluation.bootstrap import FEWEST, LEVEL
from samurai.evaluation.table import MISSING, Column, Row, render

WIDTH = 100  # characters of a note's line on a terminal


@dataclass(frozen=True)
class Table:
    """Rows of numbers below a heading, and a sentence about them."""

    heading: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def tables(ablation: Ablation) -> list[Table]:
    """One per workspace, overlaps with their differences, and overlaps per attribute."""
    made = [_of_part(ablation, part) for part in ablation.parts]
    made += _of_overlaps(ablation)
    if ablation.attributes():
        made.append(_of_attributes(ablation))
    return made


def text(table: Table) -> str:
    """A table for a terminal."""
    note = textwrap.fill(table.note, WIDTH)
    return f"{table.heading}\n{render(table.columns, table.rows)}\n{note}".rstrip()


def markdown(table: Table) -> str:
    """A table for a page."""
    several = len({column.experiment for column in table.columns if column.experiment}) > 1
    names = [
        f"{column.experiment} {column.measure}" if several and column.experiment else column.measure
        for column in table.columns
    ]
    lines = [f"| policy | {' | '.join(names)} |", f"|---{'|---:' * len(names)}|"]
    for row in table.rows:
        cells = [
            MISSING if value is None else f"{value:.{column.digits}f}"
            for value, column in zip(row.values, table.columns, strict=True)
        ]
        lines.append(f"| {row.tracker} | {' | '.join(cells)} |")
    return f"### {table.heading}\n\n" + "\n".join(lines) + f"\n\n{table.note}\n"


def _of_part(ablation: Ablation, part: Part) -> Table:
    rows = [Row(ablation.label(c), part.values[c]) for c in ablation.combinations]
    meanings = {c.measure: c.meaning for c in part.columns if c.meaning}
    note = "The toolkit's own measures"
    if any(column.repaired for column in part.columns):
        note += ", multi-start by the repaired experiment"
    explained = "; ".join(f"{name}: {meaning}" for name, meaning in meanings.items())
    note += f". {explained}." if explained else "."
    if part.note:
        note += f" {part.note}."
    return Table(part.name, note, part.columns, tuple(rows))


def _of_overlaps(ablation: Ablation) -> list[Table]:
    """One per workspace and one for all of them; the last one says what they mean."""
    compared = _has_others(ablation)
    names = ("overlap", f"-{ablation.reference}", "from", "to") if compared else ("overlap",)
    columns = tuple(Column("", name) for name in names)
    made = []
    for scope, parts in ablation.scopes().items():
        rows = []
        for c in ablation.combinations:
            gap = _interval(ablation, parts, c) if compared else ()
            rows.append(Row(ablation.label(c), (mean_overlap(parts, c), *gap)))
        heading = f"Overlap, {scope}: {_sequences(parts)} sequences"
        made.append(Table(heading, "", columns, tuple(rows)))
    note = (
        "Overlap: the mean without supervision, every sequence counting once. (The toolkit's "
        "accuracy above is of the same runs, but there every frame counts once where the measure "
        "is weighted, so that long sequences count more.)"
    )
    if compared:
        note += (
            f" Then by how much it is above that of `{ablation.reference}` (with a setting: of the "
            f"same policy without it), with the {LEVEL:.0%} bootstrap interval of that difference "
            f"over sequences (not for fewer than {FEWEST}). An interval around 0 is noise."
        )
    return [*made[:-1], replace(made[-1], note=note)]


def _has_others(ablation: Ablation) -> bool:
    """Whether any combination can be compared with the reference."""
    return any(ablation.compared_with(c) is not None for c in ablation.combinations)


def _interval(
    ablation: Ablation, parts: tuple[Part, ...], combination: Combination
) -> tuple[float | None, float | None, float | None]:
    reference = ablation.compared_with(combination)
    if reference is None:
        return None, None, None
    found = difference(parts, combination, reference)
    return (found.mean, found.low, found.high) if found else (None, None, None)


def _sequences(parts: Sequence[Part]) -> int:
    return sum(
        max((len(sequences) for sequences in part.overlaps.values()), default=0) for part in parts
    )


def _of_attributes(ablation: Ablation) -> Table:
    attributes = ablation.attributes()
    parts = ablation.parts
    rows, sizes = [], {}
    for combination in ablation.combinations:
        values = []
        for attribute in attributes:
            found = attribute_overlap(parts, combination, attribute)
            values.append(None if found is None else found[0])
            if found is not None:
                sizes[attribute] = f"{display_name(attribute)} {found[1]} / {found[2]}"
        rows.append(Row(ablation.label(combination), tuple(values)))
    counts = ", ".join(sizes[attribute] for attribute in attributes if attribute in sizes)
    note = (
        "Mean overlap over the frames of an attribute, within a sequence, then over sequences "
        f"(sequences / frames: {counts}). Out of view, fast motion and camera jerk count from the "
        "first time on: a tracker that lost its target stays lost."
    )
    columns = tuple(Column("", display_name(attribute)) for attribute in attributes)
    return Table("Overlap by attribute", note, columns, tuple(rows))


def display_name(attribute: str) -> str:
    """An attribute's name for readers: out of view."""
    return attribute.replace("-", " ")
