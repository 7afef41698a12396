"""One-pass evaluation's rules, plainly: frame by frame, threshold by threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Row = Sequence[float]


@dataclass(frozen=True)
class Rules:
    """What a tool does, in words that its documentation could have."""

    all_four_positive: bool = True
    repairs_nan_and_negative: bool = True
    invalid_truth_is_a_precision_hit: bool = True
    absence_is_known: bool = False
    absence_is_a_normalized_hit: bool = False


def is_valid(truth: Row, rules: Rules) -> bool:
    values = truth if rules.all_four_positive else truth[2:]
    return all(value > 0 for value in values)


def repaired(truth: list[Row], answers: list[Row], rules: Rules) -> list[Row]:
    result: list[Row] = []
    for index, g in enumerate(truth):
        row = answers[index] if index < len(answers) else (0.0, 0.0, 0.0, 0.0)
        if rules.repairs_nan_and_negative:
            broken = any(math.isnan(v) for v in row) or row[2] <= 0 or row[3] <= 0
        else:
            broken = row[2] == 0 or row[3] == 0
        if broken and index > 0 and not any(math.isnan(v) for v in g):
            row = result[-1]
        result.append(row)
    result[0] = truth[0]
    return result


def iou(a: Row, b: Row) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def offset(a: Row, b: Row) -> tuple[float, float]:
    return (
        a[0] + (a[2] - 1) / 2 - b[0] - (b[2] - 1) / 2,
        a[1] + (a[3] - 1) / 2 - b[1] - (b[3] - 1) / 2,
    )


Hits = tuple[list[int], list[int], list[int]]


def hits(truth: list[Row], answers: list[Row], visible: list[bool], rules: Rules) -> Hits:
    """Frames counted at overlap 0, 0.5, 0.75; at 0, 20, 50 pixels; at 0, 0.2, 0.5 sizes."""
    success, precision, normalized = [0, 0, 0], [0, 0, 0], [0, 0, 0]
    for g, p, seen in zip(truth, repaired(truth, answers, rules), visible, strict=True):
        if rules.absence_is_known and not seen:
            for place in range(3):
                normalized[place] += rules.absence_is_a_normalized_hit
            continue
        if not is_valid(g, rules):
            for place in range(3):
                precision[place] += rules.invalid_truth_is_a_precision_hit
                normalized[place] += 1
            continue
        dx, dy = offset(p, g)
        if any(math.isnan(v) for v in p):
            continue
        overlap = iou(p, g)
        for place, (share, pixels, sizes) in enumerate(
            ((0.0, 0.0, 0.0), (0.5, 20.0, 0.2), (0.75, 50.0, 0.5))
        ):
            success[place] += overlap > share
            precision[place] += math.hypot(dx, dy) <= pixels
            normalized[place] += math.hypot(dx / g[2], dy / g[3]) <= sizes
    return success, precision, normalized
