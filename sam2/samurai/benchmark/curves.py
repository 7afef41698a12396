"""Curves of several trackers as lines of an SVG picture, and the trackers' colors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samurai.benchmark.comparison import value_of
from samurai.benchmark.scores import COLUMNS, MEASURES, Curve, TrackerScore
from samurai.benchmark.table import number
from samurai.painting.colors import PAGE_PALETTE
from samurai.painting.pages import css

COLORS = tuple(css(color) for color in PAGE_PALETTE)
"""Of the trackers, as CSS."""

DASHES = ("", "6 3", "2 3", "8 3 2 3")
"""Of trackers beyond the colors, which repeat."""

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 10, 42
"""Margins around the curves, in units of the picture."""

STEPS = 5  # between the first and the last tick of an axis

AXES = {
    "success": "overlap threshold",
    "precision": "center error threshold, pixels",
    "normalized precision": "center error threshold, sizes of the true box",
}
MEASURE_OF = {"precision": "precision", "normalized precision": "normalized_precision"}
"""The measure in a curve's legend; success has the first column of the table."""


@dataclass(frozen=True)
class Style:
    """How a tracker looks on a page: CSS color, and the dashes of its lines."""

    color: str
    dashes: str


@dataclass(frozen=True)
class Line:
    """A tracker's curve: `points` as an SVG polyline has them, `value` of the legend."""

    tracker: str
    style: Style
    points: str
    value: str


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: its place in the picture and its text."""

    place: float
    text: str


@dataclass(frozen=True)
class Plot:
    """A picture of curves.

    Attributes:
        title: what the curves are.
        measure: title of the measure in the legend.
        axis: what is on the x axis; the y axis has the share of frames in percent.
        x_ticks, y_ticks: of the axes.
        lines: the tracker of the highest value first, one without a value last.
    """

    title: str
    measure: str
    axis: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


def styles(trackers: Sequence[str]) -> dict[str, Style]:
    """A look per tracker, in their order."""
    found = {}
    for place, name in enumerate(trackers):
        turn, color = divmod(place, len(COLORS))
        found[name] = Style(COLORS[color], DASHES[turn % len(DASHES)])
    return found


def plots(scores: Sequence[TrackerScore], looks: dict[str, Style]) -> list[Plot]:
    """A picture per kind of curve that any of the scores has.

    Args:
        scores: by one protocol, one per tracker.
        looks: by tracker.
    """
    return [
        _plot(name, [score for score in scores if name in score.curves], looks)
        for name in AXES
        if any(name in score.curves for score in scores)
    ]


def _plot(name: str, scores: Sequence[TrackerScore], looks: dict[str, Style]) -> Plot:
    measure = MEASURE_OF.get(name, COLUMNS[scores[0].protocol][0])
    last = max(float(score.curves[name].thresholds[-1]) for score in scores)
    ranked = sorted(scores, key=lambda score: _rank(value_of(score, measure)))
    steps = range(STEPS + 1)
    return Plot(
        name,
        MEASURES[measure].title,
        AXES[name],
        tuple(Tick(_x(step / STEPS), f"{last * step / STEPS:g}") for step in steps),
        tuple(Tick(_y(step / STEPS), f"{100 * step / STEPS:g}") for step in steps),
        tuple(
            Line(
                score.tracker,
                looks[score.tracker],
                _points(score.curves[name], last),
                number(value_of(score, measure)),
            )
            for score in ranked
        ),
    )


def _rank(value: float) -> float:
    return math.inf if math.isnan(value) else -value


def _points(curve: Curve, last: float) -> str:
    """Places in the picture; thresholds without a share are left out."""
    known = np.isfinite(curve.shares)
    pairs = zip(curve.thresholds[known], curve.shares[known], strict=True)
    return " ".join(f"{_x(float(at) / last):.1f},{_y(float(share)):.1f}" for at, share in pairs)


def _x(part: float) -> float:
    return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)
