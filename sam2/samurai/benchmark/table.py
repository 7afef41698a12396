"""The table of several trackers' scores on a data set, for a terminal and for a page alike."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from samurai.benchmark.captions import (
    SPEEDS,
    box_caption,
    measures_caption,
    protocol_caption,
    shortened,
)
from samurai.benchmark.comparison import (
    comparable,
    counts,
    main_measure,
    mean_difference,
    primary,
    value_of,
)
from samurai.benchmark.published import published_of
from samurai.benchmark.scores import COLUMNS, MEASURES, TrackerScore
from samurai.datasets.base import Dataset, Published
from samurai.evaluation.bootstrap import LEVEL
from samurai.evaluation.table import MISSING, aligned

WIDTH = 100  # characters of a line on a terminal
SHORTEST_NAME = 12  # characters that the column of names has at least

Kind = Literal["score", "published", "difference"]


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: of the tracker; empty where the line above has it.
        box: the convention; empty where the table has one alone.
        values: a cell per measure.
        fps, sequences: empty in published scores and differences.
        kind: what the values are.
    """

    name: str
    box: str
    values: tuple[str, ...]
    fps: str = ""
    sequences: str = ""
    kind: Kind = "score"


@dataclass(frozen=True)
class Table:
    """The scores by one protocol.

    Attributes:
        heading: data set, number of sequences, protocol.
        caption: the rules and the convention of boxes, a sentence or more each.
        measures: titles of the columns.
        rows: in order.
        notes: what a reader of the numbers should know, a sentence or more each.
        differences: of each other tracker from the first one, a sentence each.
        legend: what fps and measures are, a sentence or more each.
    """

    heading: str
    caption: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    differences: tuple[str, ...]
    legend: tuple[str, ...]

    @property
    def has_boxes(self) -> bool:
        """Whether there are several conventions of boxes."""
        return any(row.box for row in self.rows)

    @property
    def has_fps(self) -> bool:
        """Whether any tracker's times are known."""
        return any(row.fps for row in self.rows)


def tables(
    dataset: Dataset, scores: Sequence[TrackerScore], notes: Sequence[str] = ()
) -> list[Table]:
    """A table per protocol, in the order of the scores; `notes` are about the data set."""
    by_protocol: dict[str, list[TrackerScore]] = {}
    for score in scores:
        by_protocol.setdefault(score.protocol, []).append(score)
    return [_table(dataset, found, notes) for found in by_protocol.values()]


def text(table: Table) -> str:
    """A table for a terminal, at most WIDTH characters wide; no newline at the end."""
    lines = [table.heading, *_filled(table.caption), "", *_grid(table), ""]
    return "\n".join([*lines, *_filled([*table.notes, *table.differences, *table.legend])])


def number(value: float, digits: int = 2) -> str:
    """A cell; NaN is MISSING."""
    return MISSING if math.isnan(value) else f"{value:.{digits}f}"


def signed(value: float, digits: int = 2) -> str:
    """A difference's cell, zero with a plus; NaN is MISSING."""
    return MISSING if math.isnan(value) else f"{round(value, digits) + 0.0:+.{digits}f}"


def counted(score: TrackerScore) -> str:
    """How many sequences were scored, and of how many where some are missing."""
    found, total = counts(score)
    return f"{found} of {total}" if score.missing else str(found)


def _table(dataset: Dataset, scores: Sequence[TrackerScore], notes: Sequence[str]) -> Table:
    protocol = scores[0].protocol
    conventions = list(dict.fromkeys(score.box for score in scores))
    caption = [protocol_caption(protocol)]
    boxes = dataset.kind == "box"
    if boxes:
        caption.append(box_caption(conventions))
    total = max(counts(score)[1] for score in scores)
    return Table(
        f"{dataset.title}: {total} sequences, protocol {protocol}",
        tuple(caption),
        tuple(MEASURES[name].title for name in COLUMNS[protocol]),
        tuple(_rows(dataset, scores, with_boxes=boxes and len(conventions) > 1)),
        tuple(dict.fromkeys([*_notes(dataset, scores), *notes])),
        tuple(_differences(primary(scores))),
        tuple(_legend(scores)),
    )


def _rows(dataset: Dataset, scores: Sequence[TrackerScore], *, with_boxes: bool) -> Iterator[Row]:
    """A tracker's lines: one per convention, then published scores, each with the differences."""
    for tracker, found in groupby(_together(scores), key=lambda score: score.tracker):
        members = list(found)
        names = COLUMNS[members[0].protocol]
        for place, score in enumerate(members):
            speed = score.speed
            yield Row(
                "" if place else tracker,
                score.box if with_boxes else "",
                tuple(number(value_of(score, name)) for name in names),
                "" if speed is None else f"{speed.tracking:.1f} / {speed.total:.1f}",
                counted(score),
            )
        for published in published_of(dataset, members[0]):
            values = [published.values.get(name, math.nan) for name in names]
            name = f"  {published.tracker}, published"
            yield Row(name, "", tuple(map(number, values)), kind="published")
            for score in filter(comparable, members):
                gaps = (
                    signed(value_of(score, name) - value)
                    for name, value in zip(names, values, strict=True)
                )
                box = score.box if with_boxes else ""
                yield Row("  difference", box, tuple(gaps), kind="difference")


def _together(scores: Sequence[TrackerScore]) -> list[TrackerScore]:
    """The scores of a tracker one after the other, trackers in the order of their first one."""
    order = {name: place for place, name in enumerate(dict.fromkeys(s.tracker for s in scores))}
    return sorted(scores, key=lambda score: order[score.tracker])


def _notes(dataset: Dataset, scores: Sequence[TrackerScore]) -> Iterator[str]:
    for score in scores:
        if score.missing:
            yield (
                f"{score.tracker}: {counted(score)} sequences: not comparable; missing: "
                f"{shortened(score.missing)}."
            )
    for score in scores:
        yield from (f"{score.tracker}: {note}" for note in score.notes)
    for score in scores:
        yield from (_source(published) for published in published_of(dataset, score))


def _legend(scores: Sequence[TrackerScore]) -> Iterator[str]:
    if any(score.speed for score in scores):
        yield f"fps: {SPEEDS}."
    yield measures_caption(scores[0].protocol)


def _source(published: Published) -> str:
    return f"{published.tracker}, published: {published.source}."


def _differences(scores: Sequence[TrackerScore]) -> Iterator[str]:
    """Each other tracker against the first one, by the main measure."""
    if not scores:
        return
    first, *others = scores
    measure = main_measure(first.protocol)
    for other in others:
        gap = mean_difference(other, first, measure)
        if gap is not None:
            interval = (
                "no interval from so few"
                if gap.low is None or gap.high is None
                else f"{LEVEL:.0%} bootstrap interval {signed(gap.low)} to {signed(gap.high)}"
            )
            yield (
                f"{other.tracker} - {first.tracker}: {MEASURES[measure].title} {signed(gap.mean)} "
                f"over {gap.sequences} common sequences, {interval}."
            )


def _filled(paragraphs: Sequence[str]) -> list[str]:
    return [
        line for each in paragraphs for line in textwrap.wrap(each, WIDTH, break_on_hyphens=False)
    ]


def _grid(table: Table) -> list[str]:
    """Heading and rows; a name that is too long has a line of its own above its row."""
    rows = table.rows
    right = [
        [title, *(row.values[place] for row in rows)] for place, title in enumerate(table.measures)
    ]
    if table.has_fps:
        right.append(["fps", *(row.fps for row in rows)])
    right.append(["sequences", *(row.sequences for row in rows)])
    rest = aligned(right, str.rjust)
    if table.has_boxes:
        boxes = aligned([["boxes", *(row.box for row in rows)]], str.ljust)
        rest = aligned([boxes, rest], str.ljust)
    room = max(SHORTEST_NAME, WIDTH - 2 - len(rest[0]))
    names = ["tracker", *(row.name for row in rows)]
    wide = max(len(name) for name in names if len(name) <= room)
    lines: list[str] = []
    for name, cells in zip(names, rest, strict=True):
        if len(name) > room:
            lines += textwrap.wrap(name, WIDTH)
            name = ""
        lines.append(f"{name.ljust(wide)}  {cells}".rstrip())
    return lines
