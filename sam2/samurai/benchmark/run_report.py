"""Scores of what `samurai benchmark` ran: a report at the end, and a number beside the progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from samurai.benchmark.comparison import main_measure
from samurai.benchmark.moment_sources import moments_of
from samurai.benchmark.report import NO_FILES, ReportFiles, show
from samurai.benchmark.results import find_results
from samurai.benchmark.scores import MEASURES, TrackerScore
from samurai.benchmark.scoring import score, score_results
from samurai.benchmark.speed import speed_of
from samurai.datasets.base import AnySequence, BoxSequence, Dataset, MaskSequence, Reading
from samurai.errors import DatasetError


def report_runs(
    dataset: Dataset,
    reading: Reading,
    sequences: Sequence[AnySequence],
    folders: Sequence[Path],
    *,
    first: int | None = None,
    files: ReportFiles = NO_FILES,
    out: Callable[[str], object] = print,
) -> None:
    """Show the scores of runs, with their speed.

    Args:
        sequences: that were run, with their truth.
        folders: of trackers' results.
        first: frames of a smoke run; None for whole sequences.
        files: see `report.show`.

    Raises:
        DatasetError: results or the truth can't be read.
    """
    shown = [cut(each, first) for each in sequences]
    if not shown or any(is_secret(each) for each in shown):
        pack = f"; `samurai benchmark pack {dataset.name}` makes the archive for it"
        out(
            f"{dataset.title}: the truth isn't public, its server scores"
            f"{pack if dataset.submission else ''} ({dataset.home})"
        )
        return
    names = [each.name for each in shown]
    found = find_results(dataset, names, folders)
    speeds = {each.tracker: speed_of(each.folder, names) for each in found}
    scores = [
        replace(each, speed=speeds[each.tracker], notes=(*each.notes, *_smoke(first)))
        for each in score_results(dataset, shown, found)
    ]
    moments = None if files.page is None else moments_of(shown, found)
    show(dataset, scores, replace(reading, sequences=shown), files, moments=moments, out=out)


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
            for weight, value in _weighted(found, measure):
                weights.append(weight)
                values.append(value)
        if not weights:
            return ""
        mean = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
        return f"{title} {mean:.1f}"

    return so_far


def _weighted(found: TrackerScore, measure: str) -> list[tuple[float, float]]:
    """Values with what they count in the mean: frames for GOT-10k, objects for masks."""
    pairs = []
    for each in found.sequences:
        weight = each.frames if found.protocol == "got10k" else len(each.objects) or 1
        value = each.values.get(measure)
        if value is not None and value == value and weight:
            pairs.append((float(weight), value))
    return pairs


def is_secret(sequence: AnySequence) -> bool:
    """Whether only the first frame's truth is there."""
    if isinstance(sequence, BoxSequence):
        return len(sequence.truth) == 1 and sequence.frames != 1
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
