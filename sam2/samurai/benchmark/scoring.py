"""From a data set's folder and folders of results to a report."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from samurai.benchmark.box_scoring import score_boxes
from samurai.benchmark.find_results import find_results
from samurai.benchmark.mask_scoring import score_masks
from samurai.benchmark.moment_sources import moments_of
from samurai.benchmark.report import ReportFiles, show
from samurai.benchmark.results import TrackerResults
from samurai.benchmark.scores import BoxConvention, TrackerScore
from samurai.datasets.base import AnySequence, BoxSequence, Dataset, MaskSequence, Reading
from samurai.errors import ConfigurationError, DatasetError
from samurai.spelling import did_you_mean, listed


def score_and_report(
    dataset: Dataset,
    root: Path,
    folders: Sequence[Path],
    protocol: str | None,
    box: BoxConvention | None,
    files: ReportFiles,
) -> None:
    """Score the results below folders, print the table and write the files.

    Raises:
        DatasetError: the data set, its annotations or results can't be used.
        ConfigurationError: an unknown protocol, or a convention that the results don't have.
    """
    reading = dataset.read(root, True)
    sequences = chosen_sequences(dataset, reading, partial=True)
    found = find_results(dataset, [each.name for each in sequences], folders)
    scores = score_results(dataset, sequences, found, protocol, box)
    with_images = dataset.read(root, False).sequences if files.page is not None else ()
    show(dataset, scores, reading, files, moments=moments_of(with_images, found))


def score(
    dataset: Dataset,
    sequences: Sequence[AnySequence],
    folders: Sequence[Path],
    protocol: str | None = None,
    box: BoxConvention | None = None,
) -> list[TrackerScore]:
    """As `score_results`, of whatever lies below folders."""
    found = find_results(dataset, [each.name for each in sequences], folders)
    return score_results(dataset, sequences, found, protocol, box)


def score_results(
    dataset: Dataset,
    sequences: Sequence[AnySequence],
    found: Sequence[TrackerResults],
    protocol: str | None = None,
    box: BoxConvention | None = None,
) -> list[TrackerScore]:
    """A score per tracker and convention of boxes.

    Args:
        sequences: with their truth.
        found: what `find_results` found.
        protocol: of `dataset.protocols`; None for what papers print.
        box: None for every convention that the results have.

    Raises:
        DatasetError, ConfigurationError: as `score_and_report`.
    """
    rules = rules_of(dataset, protocol)
    scores = []
    for results in found:
        conventions = _conventions(results, box)
        once = replace(results, kept={}) if len(conventions) > 1 else results
        scores += [_score(dataset, sequences, once, rules, each) for each in conventions]
    return scores


def rules_of(dataset: Dataset, protocol: str | None) -> str:
    """The protocol to score by; what papers print if none is named.

    Raises:
        ConfigurationError: the data set isn't scored by it.
    """
    rules = protocol or dataset.protocols[0]
    if rules not in dataset.protocols:
        known = ", ".join(dataset.protocols)
        raise ConfigurationError(
            f"{dataset.title} isn't scored by {rules}{did_you_mean(rules, dataset.protocols)}. "
            f"Remedy: choose one of {known}"
        )
    return rules


def _score(
    dataset: Dataset,
    sequences: Sequence[AnySequence],
    results: TrackerResults,
    protocol: str,
    box: BoxConvention,
) -> TrackerScore:
    if dataset.kind == "mask":
        masks = [each for each in sequences if isinstance(each, MaskSequence)]
        return score_masks(dataset, masks, results, protocol)
    boxes = [each for each in sequences if isinstance(each, BoxSequence)]
    return score_boxes(dataset, boxes, results, protocol, box)


def _conventions(results: TrackerResults, box: BoxConvention | None) -> tuple[BoxConvention, ...]:
    if box is None:
        return results.conventions
    if box not in results.conventions:
        raise ConfigurationError(
            f"{results.folder} wasn't written by `samurai benchmark`, and nothing says how its "
            "boxes count pixels: leave out --box, and they are scored as they are given"
        )
    return (box,)


def chosen_sequences(
    dataset: Dataset, reading: Reading, pattern: str = "*", partial: bool = False
) -> list[AnySequence]:
    """The sequences whose names fit a pattern, as a shell's.

    Args:
        partial: whether sequences of the data set may be missing.

    Raises:
        DatasetError: some are missing, or none fits.
    """
    found = [each for each in reading.sequences if fnmatch.fnmatchcase(each.name, pattern)]
    missing = {n: why for n, why in reading.missing.items() if fnmatch.fnmatchcase(n, pattern)}
    named = listed(f"{name} ({why})" for name, why in missing.items())
    if missing and not partial:
        raise DatasetError(
            f"{dataset.title}: {len(found) + len(missing)} sequences are expected, {len(found)} "
            f"are below {reading.root}; missing: {named}. Remedy: complete the data "
            f"({dataset.home}); `samurai benchmark {dataset.name} --partial` runs what is there, "
            "but its means aren't those of the whole data set"
        )
    if not found:
        why = f"can be used: {named}" if missing else f"fits {pattern!r}"
        raise DatasetError(
            f"{dataset.title}: no sequence below {reading.root} {why}. Remedy: `samurai benchmark "
            f"check {dataset.name} --root {reading.root}` says what is there"
        )
    return found
