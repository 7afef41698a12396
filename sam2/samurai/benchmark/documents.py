"""Scores as files: JSON with everything, CSV with a row per tracker and sequence, LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np

from samurai.benchmark.comparison import (
    attribute_mean,
    attributes_of,
    comparable,
    counts,
    main_measure,
    mean_difference,
    primary,
    value_of,
)
from samurai.benchmark.published import published_of
from samurai.benchmark.scores import COLUMNS, TrackerScore
from samurai.datasets.base import Dataset
from samurai.version import __version__


def versions() -> dict[str, str]:
    """Of what computed the scores."""
    return {"samurai": __version__, "numpy": np.__version__, "python": platform.python_version()}


def now() -> str:
    """The date and time with its zone, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def json_text(
    dataset: Dataset, scores: Sequence[TrackerScore], date: str, notes: Sequence[str] = ()
) -> str:
    """`document` as text, which has no NaN."""
    return json.dumps(document(dataset, scores, date, notes), indent=1, allow_nan=False) + "\n"


def document(
    dataset: Dataset, scores: Sequence[TrackerScore], date: str, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Everything that is known, as JSON values; null stands for a value that there isn't.

    Values are in percent, unrounded. `protocol` and `box` are those of the first score. A tracker's
    entry is its first score; scores of the same tracker with other boxes or by another protocol are
    its `variants`.

    Args:
        dataset: what was scored on.
        scores: at least one.
        date: of the scoring, see `now`.
        notes: about the data set, which every entry has after its own.
    """
    compared = primary(scores)
    trackers: dict[str, Any] = {}
    for score in scores:
        entry = _entry(score) | {"published": _published(dataset, score)}
        entry["notes"] = [*score.notes, *notes]
        if score.tracker in trackers:
            trackers[score.tracker]["variants"].append(entry)
            continue
        entry["differences"] = _differences(score, compared)
        entry["variants"] = []
        entry["versions"] = versions()
        entry["date"] = date
        trackers[score.tracker] = entry
    return {
        "benchmark": dataset.name,
        "protocol": scores[0].protocol,
        "box": scores[0].box,
        "trackers": trackers,
    }


def _entry(score: TrackerScore) -> dict[str, Any]:
    """A score's own values."""
    names = COLUMNS[score.protocol]
    return {
        **{name: finite(value_of(score, name)) for name in names},
        **_finite({name: value for name, value in score.values.items() if name not in names}),
        "sequences": counts(score)[0],
        "protocol": score.protocol,
        "box": score.box,
        "fps": None if score.speed is None else _finite(vars(score.speed)),
        "missing": list(score.missing),
        "per_sequence": {
            each.name: {
                **_finite(each.values),
                "frames": each.frames,
                "attributes": list(each.attributes),
                **({"objects": _objects(each.objects)} if each.objects else {}),
            }
            for each in score.sequences
        },
        "per_attribute": {name: _attribute(score, name) for name in attributes_of([score])},
        "curves": {
            name: {
                "thresholds": [finite(value) for value in curve.thresholds],
                "shares": [finite(value) for value in curve.shares],
            }
            for name, curve in score.curves.items()
        },
    }


def _attribute(score: TrackerScore, attribute: str) -> dict[str, float | None]:
    """The means over the sequences that have an attribute, and how many these are."""
    names = COLUMNS[score.protocol]
    found = {name: attribute_mean(score, attribute, name) for name in names}
    means = {name: None if mean is None else finite(mean.value) for name, mean in found.items()}
    counted = sum(attribute in each.attributes for each in score.sequences)
    return {**means, "sequences": counted}


def _objects(objects: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    return {str(number): _finite(values) for number, values in objects.items()}


def _published(dataset: Dataset, score: TrackerScore) -> list[dict[str, Any]]:
    """Published scores of the tracker, with ours minus theirs where ours is complete."""
    return [
        {
            "tracker": each.tracker,
            "source": each.source,
            "values": _finite(each.values),
            "differences": _finite(
                {
                    name: value_of(score, name) - value
                    for name, value in each.values.items()
                    if comparable(score)
                }
            ),
        }
        for each in published_of(dataset, score)
    ]


def _differences(score: TrackerScore, others: Sequence[TrackerScore]) -> dict[str, Any]:
    """By how much the tracker's main measure is above that of each other one."""
    measure = main_measure(score.protocol)
    found = {
        other.tracker: mean_difference(score, other, measure)
        for other in others
        if other.tracker != score.tracker and other.protocol == score.protocol
    }
    return {
        name: {"measure": measure, **vars(gap)} for name, gap in found.items() if gap is not None
    }


def finite(value: float) -> float | None:
    """A float that JSON can have; None stands for others."""
    number = float(value)
    return number if math.isfinite(number) else None


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: finite(value) for name, value in values.items()}


def csv_text(dataset: Dataset, scores: Sequence[TrackerScore]) -> str:
    """A row per tracker and sequence with all measures as columns, in percent, unrounded.

    Attributes are separated by spaces; a cell without a value is empty.
    """
    measures = list(dict.fromkeys(name for score in scores for name in COLUMNS[score.protocol]))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    fixed = ["benchmark", "protocol", "box", "tracker", "sequence", "frames", "attributes"]
    writer.writerow([*fixed, *measures])
    for score in scores:
        who = [dataset.name, score.protocol, score.box, score.tracker]
        for each in score.sequences:
            values = (finite(value_of(each, name)) for name in measures)
            cells = ["" if value is None else repr(value) for value in values]
            writer.writerow([*who, each.name, each.frames, " ".join(each.attributes), *cells])
    return stream.getvalue()
