"""Scores a tracker's boxes by a protocol of `evaluation.measures`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from samurai.benchmark.results import TrackerResults
from samurai.benchmark.scores import COLUMNS, BoxConvention, Curve, SequenceScore, TrackerScore
from samurai.datasets.base import Boxes, BoxSequence, Dataset
from samurai.errors import DatasetError
from samurai.evaluation import measures
from samurai.evaluation.measures import PROTOCOLS
from samurai.evaluation.measures.got10k import THRESHOLDS
from samurai.evaluation.measures.one_pass import OVERLAPS, PIXELS, SIZES, OnePassScore
from samurai.spelling import listed

UNCLIPPED = (1 << 31, 1 << 31)
"""The size of frames of which nothing says it: no box is clipped."""

_SHOWN = 3  # sequences that a note names


class Answers(NamedTuple):
    """A sequence with the boxes of each repetition."""

    sequence: BoxSequence
    runs: tuple[Boxes, ...]


class Measured(NamedTuple):
    """What a protocol says: the means, each sequence, curves by name."""

    values: Mapping[str, float]
    sequences: Sequence[Mapping[str, float]]
    frames: Sequence[int]
    curves: Mapping[str, Curve]


def score_boxes(
    dataset: Dataset,
    sequences: Sequence[BoxSequence],
    results: TrackerResults,
    protocol: str,
    box: BoxConvention,
) -> TrackerScore:
    """A tracker's score on those sequences that it has results of.

    Args:
        sequences: with their whole truth.
        protocol: a key of SCORERS.
        box: one of `results.conventions`.

    Raises:
        DatasetError: a file of results can't be read, or the truth isn't there.
    """
    given = [
        Answers(each, results.boxes(each.name, box, each.first_pixel))
        for each in sequences
        if each.name in results.files
    ]
    secret = [each.sequence.name for each in given if _is_secret(each)]
    if secret:
        raise DatasetError(_secret(dataset, secret))
    before = _rows_before(given)
    given = [Answers(s, tuple(_from_first(s, run) for run in runs)) for s, runs in given]
    missing = tuple(each.name for each in sequences if each.name not in results.files)
    if protocol == "trackingnet":  # its server counts missing files as zero boxes
        given += [Answers(each, (np.zeros((0, 4)),)) for each in sequences if each.name in missing]
    measured = SCORERS[protocol](given)
    scores = tuple(
        SequenceScore(each.sequence.name, values, frames, each.sequence.attributes)
        for each, values, frames in zip(given, measured.sequences, measured.frames, strict=True)
    )
    return TrackerScore(
        results.tracker,
        protocol,
        box,
        {name: measured.values[name] for name in COLUMNS[protocol]},
        scores,
        measured.curves,
        missing,
        notes=(*before, *_lengths(given), *_repeated(given)),
    )


def _one_pass(protocol: str) -> Callable[[Sequence[Answers]], Measured]:
    def measure(given: Sequence[Answers]) -> Measured:
        scores = [_mean_of_runs(protocol, each) for each in given]
        summary = measures.summary(scores)
        steps = PROTOCOLS[protocol].steps
        curves = {
            "success": Curve(OVERLAPS[steps], summary.success),
            "precision": Curve(PIXELS, summary.precision_curve),
            "normalized precision": Curve(SIZES[steps], summary.normalized_precision_curve),
        }
        return Measured(
            _one_pass_values(summary),
            [_one_pass_values(measures.summary([each])) for each in scores],
            [each.frames for each in scores],
            curves,
        )

    return measure


def _one_pass_values(summary: measures.OnePassSummary) -> dict[str, float]:
    return {name: float(getattr(summary, name)) for name in COLUMNS["lasot"]}


def _mean_of_runs(protocol: str, answers: Answers) -> OnePassScore:
    """The curves of a sequence, averaged over repetitions."""
    sequence = answers.sequence
    scores = [
        measures.score(PROTOCOLS[protocol], sequence.truth, run, sequence.visible)
        for run in answers.runs
    ]
    mean = measures.summary(scores)
    curves = (mean.success, mean.precision_curve, mean.normalized_precision_curve)
    return OnePassScore(*curves, scores[0].frames)


def _got10k(given: Sequence[Answers]) -> Measured:
    per_sequence = [
        [measures.got10k_score(s.truth, run, _covered(s), s.size or UNCLIPPED) for run in runs]
        for s, runs in given
    ]
    pooled = measures.got10k_summary([score for scores in per_sequence for score in scores])
    values: list[Mapping[str, float]] = []
    frames: list[int] = []
    for scores in per_sequence:
        frames.append(sum(len(each.overlaps) for each in scores))
        values.append(_got10k_values(measures.got10k_summary(scores)) if frames[-1] else {})
    curve = Curve(THRESHOLDS, pooled.success)
    return Measured(_got10k_values(pooled), values, frames, {"success": curve})


def _got10k_values(summary: measures.Got10kSummary) -> dict[str, float]:
    return {name: float(getattr(summary, name)) for name in COLUMNS["got10k"]}


def _covered(sequence: BoxSequence) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if sequence.visible is None:
        return np.zeros(len(sequence.truth), np.bool_)
    return ~sequence.visible


def _trackingnet(given: Sequence[Answers]) -> Measured:
    scores = [
        measures.trackingnet_summary([measures.trackingnet_score(s.truth, run) for run in runs])
        for s, runs in given
    ]
    values = [_trackingnet_values(each) for each in scores]
    frames = [len(each.sequence.truth) for each in given]
    return Measured(_trackingnet_values(measures.trackingnet_summary(scores)), values, frames, {})


def _trackingnet_values(score: measures.TrackingNetScore) -> dict[str, float]:
    return {
        "auc": score.success,
        "precision": score.precision,
        "normalized_precision": score.normalized_precision,
    }


SCORERS: dict[str, Callable[[Sequence[Answers]], Measured]] = {
    **{name: _one_pass(name) for name in PROTOCOLS},
    "got10k": _got10k,
    "trackingnet": _trackingnet,
}
"""Protocols for boxes, by name."""


def _is_secret(answers: Answers) -> bool:
    """Whether only the first frame's truth is there."""
    sequence, runs = answers
    frames = max([sequence.frames, *(len(run) for run in runs)])
    return len(sequence.truth) == 1 and frames != 1


def _from_first(sequence: BoxSequence, run: Boxes) -> Boxes:
    """The rows from the first frame on, where a tool has rows of all images of the folder."""
    return run[sequence.before :] if _has_before(sequence, run) else run


def _has_before(sequence: BoxSequence, run: Boxes) -> bool:
    return sequence.before > 0 and len(run) == len(sequence.truth) + sequence.before


def _rows_before(given: Sequence[Answers]) -> list[str]:
    """A note about results that begin before the first frame."""
    found = [s.name for s, runs in given if any(_has_before(s, run) for run in runs)]
    return (
        [f"rows of images before the first frame are left out: {listed(found, _SHOWN)}"]
        if found
        else []
    )


def _secret(dataset: Dataset, names: Sequence[str]) -> str:
    """The message for a truth that isn't public."""
    remedy = "Remedy: restore the annotations"
    if dataset.submission is not None:
        remedy = f"Remedy: `samurai benchmark pack {dataset.name}` makes the archive for it"
    count = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"{dataset.title}: only the first frame of {names[0]}{count} has a true box; the others "
        f"are on the server, which scores. {remedy}"
    )


def _lengths(given: Sequence[Answers]) -> list[str]:
    """Notes about results with other rows than frames."""
    shorter, longer = [], []
    for sequence, runs in given:
        frames = len(sequence.truth)
        for run in runs:
            text = f"{sequence.name} ({len(run)} of {frames})"
            if len(run) < frames:
                shorter.append(text)
            elif len(run) > frames:
                longer.append(text)
    notes = []
    if shorter:
        notes.append(f"missing rows count as no box: {listed(shorter, _SHOWN)}")
    if longer:
        notes.append(f"rows beyond the truth are left out: {listed(longer, _SHOWN)}")
    return notes


def _repeated(given: Sequence[Answers]) -> list[str]:
    several = [f"{each.sequence.name} ({len(each.runs)})" for each in given if len(each.runs) > 1]
    named = listed(several, _SHOWN)
    return [f"several runs of a sequence are averaged: {named}"] if several else []
