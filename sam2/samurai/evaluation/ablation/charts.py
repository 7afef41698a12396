"""The bar charts of an ablation: one group per measure, in it one bar per combination."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from samurai.evaluation.ablation.tables import display_name
from samurai.evaluation.ablation.values import (
    Ablation,
    Combination,
    attribute_overlap,
    difference,
)
from samurai.evaluation.pictures.figure import new_figure, shade, to_frame
from samurai.evaluation.pictures.recording import Frame
from samurai.painting.colors import BRIGHT, FAINT, GROUND, PALETTE, color_of

SPEED = "fps"
# Error rates and parts of Q; the table has them.
LEFT_OUT = ("NRE", "DRE", "ADQ")

WIDTH, HEIGHT = 960, 320  # pixels, without the legend
LEGEND_LINE = 18
LETTER = 7.5  # an estimate on the wide side


@dataclass(frozen=True)
class Bars:
    """The content of a bar chart.

    Attributes:
        title: of the picture.
        groups: a value per series, NaN where there is none; a name may have several lines.
        intervals: of single bars, by group and number of the series: lower and upper bound.
    """

    title: str
    groups: dict[str, list[float]]
    intervals: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)


def charts(ablation: Ablation) -> dict[str, Frame]:
    """Pictures by name: measures, attributes, differences with their intervals, and speed."""
    series = [ablation.label(combination) for combination in ablation.combinations]
    drawn = {
        "measures": draw_bars(_measures(ablation), series),
        "speed": draw_bars(_speed(ablation), series),
    }
    if ablation.attributes():
        drawn["attributes"] = draw_bars(_attributes(ablation), series)
    gaps = _differences(ablation)
    if gaps.intervals:
        drawn["differences"] = draw_bars(gaps, series)
    return drawn


def draw_bars(bars: Bars, series: list[str]) -> Frame:
    """The picture: RGB, WIDTH wide; `series` names the bars of every group, for the legend."""
    names = list(bars.groups)
    columns = max(1, int(WIDTH // (40 + LETTER * max(map(len, series)))))
    legend_height = LEGEND_LINE * math.ceil(len(series) / columns)
    with new_figure(WIDTH, HEIGHT + legend_height) as figure:
        axes = figure.subplots()
        wide = 0.84 / len(series)
        offsets = (np.arange(len(series)) - (len(series) - 1) / 2) * wide
        for number, name in enumerate(series):
            values = [bars.groups[group][number] for group in names]
            places = np.arange(len(names)) + offsets[number]
            axes.bar(
                *(places, values, 0.9 * wide),
                label=name,
                facecolor=shade(color_of(number)),
                edgecolor=shade(GROUND),
                linewidth=0,
                hatch="//" * (number // len(PALETTE)),  # for colors that repeat
            )
        for (group, number), (low, high) in bars.intervals.items():
            place = names.index(group) + offsets[number]
            for color, width in ((GROUND, 3), (BRIGHT, 1)):
                axes.errorbar(
                    place,
                    (low + high) / 2,
                    (high - low) / 2,
                    color=shade(color),
                    elinewidth=width,
                    capthick=width,
                    capsize=3,
                )
        axes.axhline(0, color=shade(FAINT), linewidth=1)
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
        figure.legend(
            title=bars.title,
            title_fontproperties={"weight": "bold", "size": 14},
            alignment="left",
            loc="outside upper left",
            borderaxespad=1,
            ncols=columns,
            handlelength=1,
            handleheight=1,
        )
        return to_frame(figure)


def _measures(ablation: Ablation) -> Bars:
    groups: dict[str, list[float]] = {}
    for part in ablation.parts:
        for index, column in enumerate(part.columns):
            if column.measure not in (SPEED, *LEFT_OUT):
                values = [part.values[c][index] for c in ablation.combinations]
                groups[f"{part.name}\n{column.measure}"] = [_number(value) for value in values]
    return Bars("Measures of the toolkit", groups)


def _speed(ablation: Ablation) -> Bars:
    groups = {}
    for part in ablation.parts:
        index = next(n for n, column in enumerate(part.columns) if column.measure == SPEED)
        values = [part.values[c][index] for c in ablation.combinations]
        groups[part.name] = [_number(value) for value in values]
    return Bars("Frames per second", groups)


def _attributes(ablation: Ablation) -> Bars:
    groups = {}
    for attribute in ablation.attributes():
        found = [attribute_overlap(ablation.parts, c, attribute) for c in ablation.combinations]
        groups[display_name(attribute)] = [_number(value[0] if value else None) for value in found]
    return Bars("Overlap by attribute", groups)


def _differences(ablation: Ablation) -> Bars:
    groups: dict[str, list[float]] = {}
    intervals: dict[tuple[str, int], tuple[float, float]] = {}
    for scope, parts in ablation.scopes().items():
        groups[scope] = []
        for number, combination in enumerate(ablation.combinations):
            reference = Combination(ablation.reference, combination.model)
            gap = difference(parts, combination, reference) if combination != reference else None
            groups[scope].append(_number(gap.mean if gap else None))
            if gap is not None and gap.low is not None and gap.high is not None:
                intervals[scope, number] = (gap.low, gap.high)
    return Bars(f"Overlap above that of {ablation.reference}", groups, intervals)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
