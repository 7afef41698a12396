"""From result files to numbers: the stack's analyses, the JSON and the HTML report.

The analyses are the toolkit's. Its cache of them is keyed by names alone, though: after a rerun,
`vot analysis` would report the old numbers. The cache is emptied here whenever a result file or an
annotation has changed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import vot
from vot.analysis import Analysis, AnalysisError, AnalysisProcessor
from vot.analysis.multistart import EAOScore
from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.report import generate_serialized
from vot.tracker import Tracker
from vot.utilities import ThreadPoolExecutor
from vot.workspace.storage import Cache

from samurai.errors import ConfigurationError
from samurai.evaluation.table import Column, Row, SequenceTable, write_csv
from vot_wrapper.toolkit.measures import measures_of
from vot_wrapper.toolkit.per_sequence import tables_of
from vot_wrapper.toolkit.report import write_report
from vot_wrapper.toolkit.shared_times import was_shared
from vot_wrapper.toolkit.workspaces import EvaluationContext

SPEED = Column("", "fps", digits=1)


@dataclass(frozen=True)
class Scores:
    """The numbers of all trackers, and where the full reports lie."""

    columns: list[Column]
    rows: list[Row]
    eao_bounds: list[tuple[int, int]]  # run lengths in frames that EAO is averaged over
    document: Path | None  # JSON; None while no tracker is complete
    report: Path | None  # HTML
    shared: list[str] = field(default_factory=list)  # trackers timed while others used the machine
    eao_note: str = ""  # why EAO is too low, if it is
    sequences: list[SequenceTable] = field(default_factory=list)  # one per experiment
    csv: Path | None = None  # the same as a file; None where there is nothing to write


def score(context: EvaluationContext, name: str) -> Scores:
    """Analyses everything that is complete and writes the documents called `name`.

    The documents hold the trackers whose results are complete in all experiments; the rows also
    hold the complete experiments of the others.
    """
    _drop_stale_cache(context)
    experiments = list(context.workspace.stack)
    measured = [each for experiment in experiments for each in measures_of(experiment)]
    columns = [each.column for each in measured]
    with _processor(context) as processor:
        rows = []
        finished = []
        for tracker in context.trackers:
            done = {e.identifier for e in experiments if _all_complete(context, e, tracker)}
            values = [
                _run(processor, context, m.analysis, m.experiment, [tracker])[0, 0][m.index]
                if m.experiment.identifier in done
                else None
                for m in measured
            ]
            rows.append(Row(tracker.label, (*values, speed(context, tracker, done))))
            if len(done) == len(experiments):
                finished.append(tracker)
        tables = tables_of(processor, context)
        document = _write_document(processor, context, finished, name) if finished else None
    report = write_report(context, finished, name, tables) if finished else None
    csv = _write_csv(context, tables, name)
    shared = [t.label for t in context.trackers if was_shared(context.folder, t)]
    bounds = _eao_bounds(context)
    note = _eao_note(context, bounds)
    return Scores([*columns, SPEED], rows, bounds, document, report, shared, note, tables, csv)


def _eao_note(context: EvaluationContext, bounds: list[tuple[int, int]]) -> str:
    longest = max((len(sequence) for sequence in context.sequences), default=0)
    if not any(high >= longest for _, high in bounds):
        return ""
    return f"EAO is too low by construction: the longest sequence has {longest} frames"


def _eao_bounds(context: EvaluationContext) -> list[tuple[int, int]]:
    bounds = {
        (analysis.low, analysis.high)
        for experiment in context.workspace.stack
        for analysis in experiment.analyses
        if isinstance(analysis, EAOScore)
    }
    return sorted(bounds)


def _all_complete(context: EvaluationContext, experiment: Experiment, tracker: Tracker) -> bool:
    try:
        sequences = experiment.transform(context.sequences)
        return all(experiment.scan(tracker, sequence)[0] for sequence in sequences)
    except Exception:  # unusable data was reported by the run
        return False


@contextmanager
def _processor(context: EvaluationContext) -> Iterator[AnalysisProcessor]:
    executor = ThreadPoolExecutor(1)
    try:
        with AnalysisProcessor(executor, Cache(_cache(context))) as processor:
            yield processor
    finally:
        executor.shutdown(wait=True)


def _cache(context: EvaluationContext) -> Any:
    return context.workspace.storage.substorage("cache").substorage("analysis")


def _run(
    processor: AnalysisProcessor,
    context: EvaluationContext,
    analysis: Analysis,
    experiment: Experiment,
    trackers: list[Tracker],
) -> Any:
    """The grid of an analysis' results, one row per tracker."""
    sequences = experiment.transform(context.sequences)
    try:
        return processor.commit(analysis, experiment, trackers, sequences).result()
    except AnalysisError as error:
        reason, remedy = _failure_reason(analysis, sequences, str(error.root_cause).rstrip(". "))
        raise ConfigurationError(
            f"the analysis {analysis.title} of {experiment.identifier} failed: {reason}. "
            f"Remedy: {remedy}"
        ) from error


def _failure_reason(analysis: Analysis, sequences: list[Sequence], reason: str) -> tuple[str, str]:
    """Why an analysis failed, and what to do about it."""
    tag = getattr(analysis, "filter_tag", None) or next(
        (tag for part in analysis.dependencies() if (tag := getattr(part, "filter_tag", None))),
        None,
    )
    bare = [s.name for s in sequences if tag and not any(tag in s.tags(i) for i in range(len(s)))]
    if not bare:
        return reason, "check the annotations; delete the tracker's results if they are damaged"
    return (
        f"it counts only frames with the tag {tag!r}, and {bare[0]} has none (the challenge's own "
        "sequences have)",
        f"score the same results with `--stack tests/multiobject`, or give every sequence a file "
        f"{tag}.tag with a 1 per frame to count",
    )


def speed(context: EvaluationContext, tracker: Tracker, experiments: set[str]) -> float | None:
    """Frames per second: tracked frames by the time until their replies, outside real time."""
    frames, seconds = 0.0, 0.0
    for experiment in context.workspace.stack:
        if experiment.identifier not in experiments or experiment.realtime is not None:
            continue
        for sequence in experiment.transform(context.sequences):
            _, files, results = experiment.scan(tracker, sequence)
            # All objects of a run have the same times: its frames count once.
            share = 1 / len(sequence.objects())
            for file in files:
                if not file.endswith("_time.value"):
                    continue
                with results.read(file) as lines:
                    times = [float(line) for line in lines if line.strip()][1:]
                frames += share * sum(1 for time in times if time > 0)
                seconds += share * sum(times)
    return frames / seconds if seconds else None


def _write_document(
    processor: AnalysisProcessor, context: EvaluationContext, trackers: list[Tracker], name: str
) -> Path:
    results = {
        experiment: {
            analysis: _run(processor, context, analysis, experiment, trackers)
            for analysis in experiment.analyses
            if analysis.compatible(experiment)
        }
        for experiment in context.workspace.stack
    }
    storage = context.workspace.storage.substorage("analysis")
    generate_serialized(trackers, context.sequences, results, storage, "json", name)
    return context.folder / "analysis" / f"{name}.json"


def _write_csv(context: EvaluationContext, tables: list[SequenceTable], name: str) -> Path | None:
    """The measures of every sequence, beside the document; None without any."""
    if not any(value is not None for table in tables for row in table.rows for value in row.values):
        return None
    file = context.folder / "analysis" / f"{name}-sequences.csv"
    file.parent.mkdir(exist_ok=True)
    write_csv(file, tables)
    return file


def _drop_stale_cache(context: EvaluationContext) -> None:
    """Empty the analysis cache unless it was computed from the present files."""
    folder = context.folder
    annotations = folder / context.workspace.sequences
    files = [
        *(folder / "results").rglob("*.*"),
        *annotations.glob("*/groundtruth*.txt"),
        *annotations.glob("*/*.value"),
        *annotations.glob("*/*.tag"),
    ]
    seen = hashlib.sha256(vot.__version__.encode())
    for file in sorted(files):
        state = file.stat()
        seen.update(f"{file} {state.st_size} {state.st_mtime_ns}\n".encode())
    note = folder / "cache" / "results.sha256"
    if note.exists() and note.read_text() == seen.hexdigest():
        return
    shutil.rmtree(folder / "cache" / "analysis", ignore_errors=True)
    with suppress(OSError):  # on a full disk: without the note the cache is emptied again
        note.parent.mkdir(exist_ok=True)
        note.write_text(seen.hexdigest())
