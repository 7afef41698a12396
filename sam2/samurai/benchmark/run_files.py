"""The text files of a run: boxes, seconds and confidences per frame of a sequence."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.benchmark.box_run import BoxAnswers
from samurai.benchmark.mask_files import mask_files
from samurai.benchmark.mask_run import MaskTimes
from samurai.benchmark.storage import OF_A_RUN
from samurai.datasets.base import AnySequence, MaskSequence
from samurai.runtime.whole_files import write_whole

DECIMALS, SECOND_DECIMALS = 4, 6


def box_file(folder: Path, sequence: str) -> Path:
    """A sequence's boxes: x, y, width, height per frame."""
    return folder / f"{sequence}.txt"


def time_file(folder: Path, sequence: str) -> Path:
    """Its seconds per frame: of tracking, and of reading the image."""
    return folder / f"{sequence}_time.txt"


def confidence_file(folder: Path, sequence: str) -> Path:
    """Its confidences per frame, of each object; empty before an object starts."""
    return folder / f"{sequence}_confidence.txt"


def write_answers(folder: Path, sequence: str, answers: BoxAnswers | MaskTimes) -> None:
    """Write a sequence's text files; that of the boxes last, because it shows that all is done.

    Raises:
        StorageError: one can't be written.
    """
    write_whole(time_file(folder, sequence), as_text(answers.seconds, SECOND_DECIMALS), OF_A_RUN)
    confidences = answers.confidences.reshape(len(answers.seconds), -1)
    write_whole(confidence_file(folder, sequence), as_text(confidences, DECIMALS), OF_A_RUN)
    if isinstance(answers, BoxAnswers):
        write_whole(box_file(folder, sequence), as_text(answers.boxes, DECIMALS), OF_A_RUN)


def is_complete(folder: Path, sequence: AnySequence, per_object: bool, count: int) -> bool:
    """Whether the answers to a sequence's first `count` frames are all there."""
    if isinstance(sequence, MaskSequence):
        inside = _names(folder / sequence.name)
        wanted = mask_files(sequence, per_object, count)
        return rows_of(time_file(folder, sequence.name)) == count and inside.issuperset(wanted)
    return rows_of(box_file(folder, sequence.name)) == count


def has_results(folder: Path, sequence: AnySequence) -> bool:
    """Whether there are answers to a sequence, complete or not."""
    if isinstance(sequence, MaskSequence):
        return (folder / sequence.name).is_dir()
    return box_file(folder, sequence.name).is_file()


def rows_of(file: Path) -> int:
    """Lines of a file; -1 where there is none, or its end is missing."""
    try:
        content = file.read_bytes()
    except OSError:
        return -1
    return content.count(b"\n") if content.endswith(b"\n") else -1


def as_text(rows: NDArray[np.float64], decimals: int) -> str:
    """A line per row, numbers with commas between them; nothing for NaN."""
    return "".join(f"{','.join(_numbers(row, decimals))}\n" for row in rows.tolist())


def _numbers(row: Iterable[float], decimals: int) -> Iterable[str]:
    for value in row:
        if value != value:
            yield ""
            continue
        text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
        yield "0" if text in ("-0", "") else text


def _names(folder: Path) -> set[str]:
    """Files in a folder and in those directly inside it, relative to it."""
    found = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    found |= {f"{entry.name}/{name}" for name in os.listdir(entry.path)}
                else:
                    found.add(entry.name)
    except OSError:
        return set()
    return found
