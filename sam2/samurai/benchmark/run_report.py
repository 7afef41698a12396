"""Scores of what `samurai benchmark` ran: a report at the end, and a number beside the progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from samurai.benchmark.comparison import main_measure, weight
from samurai.benchmark.find_results import find_results
from samurai.benchmark.moment_sources import moments_of
from samurai.benchmark.report import NO_FILES, ReportFiles, show
from samurai.benchmark.results import TrackerResults
from samurai.benchmark.run_files import rows_of, time_file
from samurai.benchmark.scores import MEASURES, BoxConvention, TrackerScore
from samurai.benchmark.scoring import score, score_results
from samurai.benchmark.speed import speed_of
from samurai.datasets.base import AnySequence, BoxSequence, Dataset, MaskSequence, Reading
from samurai.errors import DatasetError


@dataclass(frozen=True)
class ReportOptions:
    """How runs are reported.

    Attributes:
        protocol: of the data set's; None for what papers print.
        box: None for every convention.
        first: frames of smoke runs; None for whole sequences.
        files: to write.
    """

    protocol: str | None = None
    box: BoxConvention | None = None
    first: int | None = None
    files: ReportFiles = NO_FILES


def report_runs(
    dataset: Dataset,
    reading: Reading,
    sequences: Sequence[AnySequence],
    folders: Sequence[Path],
    options: ReportOptions,
    out: Callable[[str], object] = print,
) -> None:
    """Show the scores of runs, with their speed and the notes about their sequences.

    Args:
        sequences: that were run, with their truth.
        folders: of trackers' results.

    Raises:
        DatasetError: results or the truth can't be read.
        ConfigurationError: the data set isn't scored by that protocol.
    """
    shown = [cut(each, options.first) for each in sequences]
    found = find_results(dataset, [each.name for each in shown], folders)
    if any(is_secret(each) for each in shown):
        out(_on_a_server(dataset, shown, found))
        return
    chosen = {each.name for each in shown}
    left_out = tuple(each.name for each in reading.sequences if each.name not in chosen)
    speeds = {each.tracker: speed_of(each.folder, each.files) for each in found}
    scores = [
        replace(
            each,
            speed=speeds[each.tracker],
            missing=(*each.missing, *left_out),
            notes=(*each.notes, *_smoke(options.first)),
        )
        for each in score_results(dataset, shown, found, options.protocol, options.box)
    ]
    moments = None if options.files.page is None else moments_of(shown, found)
    noted = replace(reading, sequences=[_with_notes(each, found) for each in shown])
    if options.first is not None:  # not to be compared
        dataset = replace(dataset, published=())
    show(dataset, scores, noted, options.files, moments=moments, out=out)


def _on_a_server(
    dataset: Dataset, sequences: Sequence[AnySequence], found: Sequence[TrackerResults]
) -> str:
    """What there is to say without the truth: what is complete."""
    lines = [f"{dataset.title}: the truth isn't public, its server scores ({dataset.home})"]
    for each in found:
        complete = sum(_is_complete(each, sequence) for sequence in sequences)
        lines.append(f"{each.tracker}: {complete} of {len(sequences)} sequences are complete")
    if dataset.submission is not None:
        lines.append(f"`samurai benchmark pack {dataset.name} RESULTS` makes the archive for it")
    return "\n".join(lines)


def _is_complete(results: TrackerResults, sequence: AnySequence) -> bool:
    """Whether a sequence has an answer, and seconds, for every frame that was to be tracked."""
    frames = _note(results, sequence.name).get("frames")
    return sequence.name in results.files and frames == rows_of(
        time_file(results.folder, sequence.name)
    )


def _note(results: TrackerResults, sequence: str) -> Mapping[str, Any]:
    """What a run noted about a sequence."""
    noted: Any = results.record.get("sequences", {})
    note: Mapping[str, Any] = noted.get(sequence, {})
    return note


def _with_notes(sequence: AnySequence, found: Sequence[TrackerResults]) -> AnySequence:
    """A sequence with what runs noted about it, each once."""
    notes = [note for each in found for note in _note(each, sequence.name).get("notes", ())]
    return replace(sequence, notes=tuple(dict.fromkeys((*sequence.notes, *notes))))


def running_score(
    dataset: Dataset, first: int | None = None
) -> Callable[[Sequence[AnySequence], Path], str]:
    """A `RunningScore`: the mean of the first measure over what is finished so far."""
    measure = main_measure(dataset.protocols[0])
    title = MEASURES[measure].title
    weights: list[float] = []
    values: list[float] = []

    def so_far(finished: Sequence[AnySequence], folder: Path) -> str:
        shown = [cut(each, first) for each in finished]
        public = [each for each in shown if not is_secret(each)]
        try:
            (found, *_) = score(dataset, public, [folder]) if public else [None]
        except DatasetError:  # which the report at the end names
            found = None
        if found is not None:
            for counted, value in _weighted(found, measure):
                weights.append(counted)
                values.append(value)
        if not weights:
            return ""
        mean = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
        return f"{title} {mean:.1f}"

    return so_far


def _weighted(found: TrackerScore, measure: str) -> list[tuple[float, float]]:
    """Values with what they count in the mean."""
    pairs = []
    for each in found.sequences:
        value = each.values.get(measure)
        if value is not None and value == value:
            pairs.append((float(weight(found.protocol, each)), value))
    return [pair for pair in pairs if pair[0]]


def is_secret(sequence: AnySequence) -> bool:
    """Whether only the first frame's truth is there."""
    if isinstance(sequence, BoxSequence):
        return len(sequence.truth) == 1 and len(sequence.images) != 1
    return sequence.frames > 1 and all(len(each.masks) == 1 for each in sequence.objects)


def cut(sequence: AnySequence, first: int | None) -> AnySequence:
    """The first frames of a sequence, with their truth; None: all of it."""
    if first is None or first >= sequence.frames:
        return sequence
    images = sequence.images[:first]
    if isinstance(sequence, BoxSequence):
        if is_secret(sequence):
            return replace(sequence, images=images)
        visible = None if sequence.visible is None else sequence.visible[:first]
        return replace(sequence, images=images, truth=sequence.truth[:first], visible=visible)
    return _cut_masks(sequence, first)


def _cut_masks(sequence: MaskSequence, first: int) -> MaskSequence:
    objects = []
    for each in sequence.objects:
        masks: Mapping[int, Path] = {n: file for n, file in each.masks.items() if n < first}
        if each.start < first:
            objects.append(replace(each, masks=masks))
    asked = None if sequence.asked is None else tuple(n for n in sequence.asked if n < first)
    return replace(
        sequence,
        images=sequence.images[:first],
        objects=tuple(objects),
        stems=sequence.stems[:first],
        asked=asked,
    )


def _smoke(first: int | None) -> tuple[str, ...]:
    if first is None:
        return ()
    return (f"A smoke run: only the first {first} frames of each sequence.",)
