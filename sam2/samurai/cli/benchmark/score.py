"""`samurai benchmark score`: score results that lie in files, ours or anybody's."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's arguments."""
    add_data_arguments(parser)
    parser.add_argument(
        "results",
        nargs="+",
        type=Path,
        metavar="RESULTS",
        help="folders of trackers' results, or folders of such folders: SEQUENCE.txt with x, y, "
        "width, height per frame (tab, comma or space between them), "
        "SEQUENCE/SEQUENCE_001.txt, or SEQUENCE/00000.png for masks",
    )
    parser.add_argument(
        "--protocol",
        metavar="NAME",
        help="rules of scoring (default: those of the data set; docs/benchmarks.md lists them)",
    )
    parser.add_argument(
        "--box",
        choices=("pixels", "samurai"),
        help="how our own boxes count pixels (default: both ways)",
    )
    add_report_arguments(parser)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the data set and its place."""
    from samurai.datasets import DATASETS

    parser.add_argument(
        "dataset", choices=list(DATASETS), metavar="NAME", help=f"data set: {', '.join(DATASETS)}"
    )
    parser.add_argument(
        "--root",
        type=Path,
        required=True,
        metavar="DIR",
        help="the data set's folder; its toolkit's annotations are enough for scoring",
    )


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files that a report may be written to."""
    for kind, what in (
        ("json", "every number"),
        ("csv", "a row per tracker and sequence"),
        ("latex", "the table"),
        ("page", "HTML with curves and sequences"),
    ):
        parser.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"write {what}")


def run(parsed: argparse.Namespace) -> int:
    """Score and report.

    Raises:
        DatasetError: the data set, its annotations or results can't be used.
        ConfigurationError: an unknown protocol, or a convention that the results don't have.
    """
    from samurai.benchmark.report import ReportFiles
    from samurai.benchmark.scoring import score_and_report
    from samurai.datasets import DATASETS

    files = ReportFiles(parsed.json, parsed.csv, parsed.latex, parsed.page)
    dataset = DATASETS[parsed.dataset]
    score_and_report(dataset, parsed.root, parsed.results, parsed.protocol, parsed.box, files)
    return 0
