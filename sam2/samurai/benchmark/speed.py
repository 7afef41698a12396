"""Frames per second of a run, from its files of seconds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from samurai.benchmark.run_files import time_file
from samurai.benchmark.scores import Speed
from samurai.datasets.text import read_columns
from samurai.errors import DatasetError


def speed_of(folder: Path, sequences: Iterable[str]) -> Speed | None:
    """Frames per second: all frames after the first of each sequence, by the sum of their seconds.

    Frames that weren't tracked (images that can't be read) don't count.

    Args:
        folder: of a tracker's results.
        sequences: names; those without a file of seconds are left out.

    Returns:
        None where there are no seconds.
    """
    frames, tracking, reading = 0, 0.0, 0.0
    for name in sequences:
        try:
            rows = read_columns(time_file(folder, name))
        except DatasetError:
            continue
        if rows.shape[0] < 2 or rows.shape[1] != 2:
            continue
        counted = rows[1:][rows[1:, 0] > 0]
        frames += len(counted)
        tracking += float(counted[:, 0].sum())
        reading += float(counted[:, 1].sum())
    if not frames:
        return None
    return Speed(frames / tracking, frames / (tracking + reading))
