"""From a data set's folder and folders of results to a report."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import Path

from samurai.benchmark.box_scoring import score_boxes
from samurai.benchmark.mask_scoring import score_masks
from samurai.benchmark.moment_sources import moments_of
from samurai.benchmark.report import ReportFiles, show
from samurai.benchmark.results import TrackerResults, find_results
from samurai.benchmark.scores import BoxConvention, TrackerScore
from samurai.datasets.base import AnySequence, BoxSequence, Dataset, MaskSequence, Reading
from samurai.errors import ConfigurationError, DatasetError

_SHOWN = 5


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
    found = find_results(dataset, [each.name for each in reading.sequences], folders)
    scores = score_results(dataset, reading.sequences, found, protocol, box)
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
    rules = protocol or dataset.protocols[0]
    if rules not in dataset.protocols:
        raise ConfigurationError(
            f"{dataset.title} isn't scored by {rules}: choose one of {', '.join(dataset.protocols)}"
        )
    return [
        _score(dataset, sequences, results, rules, convention)
        for results in found
        for convention in _conventions(results, box)
    ]


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


def complete_sequences(
    dataset: Dataset, root: Path, pattern: str = "*", partial: bool = False
) -> list[AnySequence]:
    """The sequences of a data set with their images, all of the official list.

    Args:
        pattern: of names, as a shell's.
        partial: whether sequences may be missing.

    Raises:
        DatasetError: some are missing.
    """
    reading: Reading = dataset.read(root, False)
    missing = [name for name in reading.missing if fnmatch.fnmatchcase(name, pattern)]
    if missing and not partial:
        named = ", ".join(missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise DatasetError(
            f"{dataset.title}: {len(missing)} sequences are missing below {reading.root}: {named}"
            f"{more}. Remedy: fetch them ({dataset.home}); `samurai benchmark check "
            f"{dataset.name}` says what each lacks"
        )
    return [each for each in reading.sequences if fnmatch.fnmatchcase(each.name, pattern)]
