"""Stand-in until the reports' branch arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samurai.benchmark.scores import TrackerScore
from samurai.datasets.base import Dataset, Reading


@dataclass(frozen=True)
class ReportFiles:
    """Files."""

    json: Path | None = None
    csv: Path | None = None
    latex: Path | None = None
    page: Path | None = None


def show(
    dataset: Dataset, scores: Sequence[TrackerScore], reading: Reading, files: ReportFiles
) -> None:
    """Show."""
    for each in scores:
        print(each.tracker, each.box, each.values)
