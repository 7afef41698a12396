"""A stack's measures of every single sequence, the worst first."""

from __future__ import annotations

import math
from typing import Any

from vot.analysis import AnalysisError, AnalysisProcessor
from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.tracker import Tracker

from samurai.evaluation.table import Column, Row, SequenceTable
from vot_wrapper.toolkit.measures import Measured, measures_of
from vot_wrapper.toolkit.workspaces import EvaluationContext

FRAMES = Column("", "frames", digits=0)


def tables_of(processor: AnalysisProcessor, context: EvaluationContext) -> list[SequenceTable]:
    """A table per experiment: a row per sequence, for every tracker a column per measure.

    A measure of one sequence is the stack's analysis of that sequence alone. The rows are sorted by
    the first measure, averaged over the trackers, ties by those after it; sequences without results
    come last.
    """
    found = []
    for experiment in context.workspace.stack:
        measured = measures_of(experiment)
        try:
            sequences = experiment.transform(context.sequences)
        except Exception:  # unusable data was reported by the run
            continue
        if measured and len(sequences):
            found.append(_table(processor, context, experiment, measured, list(sequences)))
    return found


def _table(
    processor: AnalysisProcessor,
    context: EvaluationContext,
    experiment: Experiment,
    measured: list[Measured],
    sequences: list[Sequence],
) -> SequenceTable:
    columns = [
        Column(tracker.label, each.column.measure)
        for tracker in context.trackers
        for each in measured
    ]
    keyed = []
    for sequence in sequences:
        values = [
            value
            for tracker in context.trackers
            for value in _values(processor, experiment, measured, tracker, sequence)
        ]
        row = Row(sequence.name, (float(len(sequence)), *values))
        keyed.append((_rank(values, measured), row))
    rows = [row for _, row in sorted(keyed, key=lambda pair: pair[0])]
    return SequenceTable(experiment.identifier, [FRAMES, *columns], rows)


def _values(
    processor: AnalysisProcessor,
    experiment: Experiment,
    measured: list[Measured],
    tracker: Tracker,
    sequence: Sequence,
) -> list[float | None]:
    """The measures of a tracker on one sequence; None where there is no result or no number."""
    try:
        if not experiment.scan(tracker, sequence)[0]:
            return [None] * len(measured)
    except Exception:  # unusable data was reported by the run
        return [None] * len(measured)
    results: dict[int, Any] = {}
    for each in measured:
        if id(each.analysis) in results:
            continue
        try:
            future = processor.commit(each.analysis, experiment, [tracker], [sequence])
            results[id(each.analysis)] = future.result()[0, 0]
        except AnalysisError:  # nothing to measure in this sequence alone
            results[id(each.analysis)] = None
    return [_number(results[id(each.analysis)], each.index) for each in measured]


def _number(result: Any, index: int) -> float | None:
    value = None if result is None else result[index]
    return float(value) if value is not None and math.isfinite(value) else None


def _rank(values: list[float | None], measured: list[Measured]) -> tuple[float, ...]:
    """Sorts the worst sequence to the front: by the mean over trackers of each measure."""
    means = []
    for number, each in enumerate(measured):
        there = [value for value in values[number :: len(measured)] if value is not None]
        mean = sum(there) / len(there) if there else math.inf
        means.append(-mean if each.is_error and there else mean)
    return tuple(means)
