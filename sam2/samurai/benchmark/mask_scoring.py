"""Scores a tracker's masks by J and F, per object: DAVIS's rules, and SA-V's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samurai.benchmark.mask_files import object_folder
from samurai.benchmark.results import TrackerResults
from samurai.benchmark.scores import COLUMNS, SequenceScore, TrackerScore
from samurai.datasets.base import Dataset, MaskObject, MaskSequence
from samurai.errors import DatasetError
from samurai.evaluation.measures import (
    ObjectScore,
    SegmentationSummary,
    boundary_accuracy,
    region_overlap,
    segmentation_summary,
)

Labels = NDArray[np.uint8]
"""(H, W): which object each pixel belongs to."""


def score_masks(
    dataset: Dataset, sequences: Sequence[MaskSequence], results: TrackerResults, protocol: str
) -> TrackerScore:
    """A tracker's score on those sequences that it has results of.

    An object's first and last annotated frame don't count. The means are over objects.

    Args:
        protocol: "davis" or "sav", which differ in the files that they read and in their columns.

    Raises:
        DatasetError: a mask is missing, can't be read, has another size than the truth, or more
            objects than the first frame.
    """
    present = [each for each in sequences if each.name in results.files]
    missing = tuple(each.name for each in sequences if each.name not in results.files)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV and numpy work beside each other
        found = list(
            pool.map(lambda each: score_sequence(each, results.files[each.name][0]), present)
        )
    every = [score for scores in found for score in scores.values()]
    columns = COLUMNS[protocol]
    return TrackerScore(
        results.tracker,
        protocol,
        "as given",
        _values(segmentation_summary(every), columns),
        tuple(
            _sequence_score(each, scores, columns)
            for each, scores in zip(present, found, strict=True)
        ),
        missing=missing,
    )


def score_sequence(sequence: MaskSequence, folder: Path) -> dict[int, ObjectScore]:
    """J and F of a sequence's objects by number, from the masks in a folder."""
    regions: dict[int, list[float]] = {each.number: [] for each in sequence.objects}
    boundaries: dict[int, list[float]] = {each.number: [] for each in sequence.objects}
    counted = {each.number: sorted(each.masks)[1:-1] for each in sequence.objects}
    for frame in sorted({frame for frames in counted.values() for frame in frames}):
        stem = sequence.stems[frame]
        files: dict[Path, Labels] = {}
        for item in sequence.objects:
            if frame not in counted[item.number]:
                continue
            truth = item.pixels(_read(item.masks[frame], files))
            answer = _answer(folder, stem, item, sequence, files)
            if answer.shape != truth.shape:
                raise DatasetError(_sizes(folder, stem, answer.shape, truth.shape))
            regions[item.number].append(region_overlap(answer, truth))
            boundaries[item.number].append(boundary_accuracy(answer, truth))
    return {
        number: ObjectScore(np.array(regions[number]), np.array(boundaries[number]))
        for number in regions
    }


def _answer(
    folder: Path, stem: str, item: MaskObject, sequence: MaskSequence, files: dict[Path, Labels]
) -> NDArray[np.bool_]:
    """An object's mask in a folder of results: a file of its own, or a label in a file of all."""
    own = folder / object_folder(item.number) / f"{stem}.png"
    if own.is_file():
        return _read(own, files) > 0
    labels = _read(folder / f"{stem}.png", files)
    if item.value is None and len(sequence.objects) == 1:
        return labels > 0
    highest = int(labels.max())
    if highest > sequence.objects[-1].number:
        raise DatasetError(
            f"{folder / stem}.png has an object {highest}, and the first frame of {sequence.name} "
            f"{len(sequence.objects)}. Remedy: write the numbers of the first frame's mask"
        )
    return np.asarray(labels == item.number)


def _read(file: Path, files: dict[Path, Labels]) -> Labels:
    """The labels of an image file, read once per frame.

    Raises:
        DatasetError: it isn't there, or it isn't an image of labels.
    """
    if file not in files:
        try:
            with Image.open(file) as image:
                labels = image if image.mode in ("P", "L", "1") else image.convert("L")
                files[file] = np.asarray(labels).astype(np.uint8)
        except FileNotFoundError as error:
            raise DatasetError(
                f"{file} is missing. Remedy: run the sequence again, or restore the file"
            ) from error
        except OSError as error:
            raise DatasetError(
                f"{file} can't be read as an image ({error}). Remedy: run the sequence again, or "
                "restore the file"
            ) from error
    return files[file]


def _sizes(folder: Path, stem: str, answer: tuple[int, ...], truth: tuple[int, ...]) -> str:
    found, wanted = ("x".join(str(side) for side in reversed(each)) for each in (answer, truth))
    return (
        f"{folder}: the mask {stem} has {found} pixels, the truth {wanted}. Remedy: write masks of "
        "the size of the data set's annotations"
    )


def _sequence_score(
    sequence: MaskSequence, scores: dict[int, ObjectScore], columns: Sequence[str]
) -> SequenceScore:
    counted = {number: score for number, score in scores.items() if len(score.regions)}
    values = _values(segmentation_summary(list(counted.values())), columns) if counted else {}
    objects = {
        number: _values(segmentation_summary([score]), columns) for number, score in counted.items()
    }
    frames = max((len(score.regions) for score in scores.values()), default=0)
    return SequenceScore(sequence.name, values, frames, objects=objects)


def _values(summary: SegmentationSummary, columns: Sequence[str]) -> dict[str, float]:
    return {name: float(getattr(summary, name)) for name in columns}
