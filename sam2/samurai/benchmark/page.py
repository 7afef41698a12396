"""One HTML file about several trackers on a data set, without anything outside of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samurai.benchmark import curves
from samurai.benchmark.captions import measure_meaning
from samurai.benchmark.comparison import (
    attribute_mean,
    attributes_of,
    main_measure,
    mean_difference,
    primary,
    sequence_differences,
    value_of,
)
from samurai.benchmark.documents import versions
from samurai.benchmark.moments import Moments, Picture, pictures_of
from samurai.benchmark.scores import MEASURES, TrackerScore
from samurai.benchmark.table import number, signed, tables
from samurai.datasets.base import Dataset
from samurai.evaluation.bootstrap import FEWEST, LEVEL
from samurai.evaluation.templates import render

ENDS = 3  # sequences with pictures where the first tracker is better by most, and the second


@dataclass(frozen=True)
class Gap:
    """A line of the table of differences."""

    tracker: str
    mean: str
    interval: str
    sequences: int


@dataclass(frozen=True)
class AttributeRow:
    """A line of the table of attributes: a value per tracker, None where it has none."""

    name: str
    sequences: int
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class SequenceRow:
    """A line of the table of sequences: a cell per tracker, and the difference of the first two."""

    name: str
    frames: int
    attributes: str
    values: tuple[str, ...]
    difference: str = ""
    sign: str = ""


def page_text(
    dataset: Dataset,
    scores: Sequence[TrackerScore],
    moments: Moments | None,
    date: str,
    notes: Sequence[str] = (),
) -> str:
    """The page.

    Args:
        dataset: what was scored on.
        scores: at least one. The first of each tracker, by the first protocol, is in curves and
            lists; all are in the tables. The first two trackers are compared by sequence.
        moments: for pictures; None: there are none.
        date: of the scoring.
        notes: about the data set.
    """
    compared = primary(scores)
    measure = main_measure(compared[0].protocol)
    looks = curves.styles(list(dict.fromkeys(score.tracker for score in scores)))
    rows = sequence_rows(compared, measure)
    made = ", ".join(f"{name} {value}" for name, value in versions().items())
    return render(
        "samurai.benchmark",
        "page.html.j2",
        {"number": number},
        dataset=dataset,
        tables=tables(dataset, scores, notes),
        looks=looks,
        shape=curves,
        plots=curves.plots(compared, looks),
        compared=[score.tracker for score in compared],
        box=compared[0].box if dataset.kind == "box" else "",
        measure=MEASURES[measure].title,
        meaning=measure_meaning(compared[0].protocol, measure),
        gaps=_gaps(compared, measure),
        level=f"{LEVEL:.0%}",
        fewest=FEWEST,
        attributes=_attributes(compared, measure),
        sequences=rows,
        pictures=_pictures(moments, rows, looks, compared),
        made=made,
        date=date,
    )


def sequence_rows(scores: Sequence[TrackerScore], measure: str) -> list[SequenceRow]:
    """Every sequence that a tracker has: by the difference of the first two trackers, then those
    that one of them lacks; with one tracker, by its value, the worst first."""
    known = {each.name: each for score in reversed(scores) for each in score.sequences}
    values = [{each.name: value_of(each, measure) for each in score.sequences} for score in scores]
    if len(scores) > 1:
        pairs = sequence_differences(scores[0], scores[1], measure)
        order = {pair.name: pair.difference for pair in pairs}
    else:
        order = {}
        known = dict(sorted(known.items(), key=lambda item: _last(values[0][item[0]])))
    names = [*order, *(name for name in known if name not in order)]
    rows = []
    for name in names:
        gap = order.get(name, math.nan)
        cells = tuple(number(each.get(name, math.nan)) for each in values)
        words = " ".join(known[name].attributes)
        sign = "" if math.isnan(gap) or not gap else "more" if gap > 0 else "less"
        shown = signed(gap) if len(scores) > 1 else ""
        rows.append(SequenceRow(name, known[name].frames, words, cells, shown, sign))
    return rows


def _last(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _gaps(scores: Sequence[TrackerScore], measure: str) -> list[Gap]:
    """Every other tracker against the first."""
    lines = []
    for score in scores[1:]:
        gap = mean_difference(score, scores[0], measure)
        if gap is not None:
            low, high = gap.low, gap.high
            interval = "" if low is None or high is None else f"{signed(low)} to {signed(high)}"
            lines.append(Gap(score.tracker, signed(gap.mean), interval, gap.sequences))
    return lines


def _attributes(scores: Sequence[TrackerScore], measure: str) -> list[AttributeRow]:
    lines = []
    for name in attributes_of(scores):
        found = [attribute_mean(score, name, measure) for score in scores]
        values = tuple(None if mean is None else mean.value for mean in found)
        most = max((mean.sequences for mean in found if mean is not None), default=0)
        lines.append(AttributeRow(name, most, values))
    return lines


def _pictures(
    moments: Moments | None,
    rows: Sequence[SequenceRow],
    looks: Mapping[str, curves.Style],
    scores: Sequence[TrackerScore],
) -> list[tuple[str, list[Picture]]]:
    """Pictures with the heading above them; groups without any are left out.

    They are of the sequences at both ends of the table, with a single tracker of the worst ones.
    """
    if moments is None:
        return []
    colors = {score.tracker: looks[score.tracker].color for score in scores[:2]}
    first, *others = colors
    chosen: list[tuple[str, list[str], str | None, str]]
    chosen = [("", [row.name for row in rows[: 2 * ENDS]], None, first)]
    for second in others:
        more = [row.name for row in rows if row.sign == "more"][:ENDS]
        less = [row.name for row in reversed(rows) if row.sign == "less"][:ENDS]
        chosen = [
            (f"{first} is better", more, first, second),
            (f"{second} is better", less, second, first),
        ]
    groups = []
    for heading, names, better, worse in chosen:
        found = [p for name in names for p in pictures_of(moments, name, better, worse, colors)]
        if found:
            groups.append((heading, found))
    return groups
