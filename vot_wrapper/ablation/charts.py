"""Which bars are drawn of an ablation."""

from __future__ import annotations

import math

from vot_wrapper.ablation.tables import words
from vot_wrapper.ablation.values import (
    Ablation,
    Combination,
    attribute_overlap,
    difference,
)
from vot_wrapper.pictures.bars import Bars, draw_bars
from vot_wrapper.pictures.runs import Frame

SPEED = "fps"
# Error rates and parts of Q; the table has them.
LEFT_OUT = ("NRE", "DRE", "ADQ")


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
        groups[words(attribute)] = [_number(value[0] if value else None) for value in found]
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
