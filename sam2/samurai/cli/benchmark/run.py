"""`samurai benchmark run`, or a data set's name alone."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samurai.cli.benchmark.score import add_report_arguments
from samurai.cli.command import plugged_in
from samurai.cli.values import whole_number
from samurai.config import TrackerConfig
from samurai.config.settings import setting_names
from samurai.config.text import add_flags, from_flags
from samurai.datasets import dataset, dataset_names
from samurai.datasets.base import AnySequence, Dataset, Reading
from samurai.errors import ConfigurationError, DatasetError

if TYPE_CHECKING:
    from samurai.benchmark.running import Contender, RunOptions

TRACKERS = "samurai.trackers"
"""Entry-point group: `sections` takes names and a trackers.ini, and has settings of each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's arguments."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="further data sets")
    parser.add_argument(
        "--root",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the data set, or that around the folders of several",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("benchmark_results"),
        metavar="DIR",
        help="folder that keeps the results of all runs (default: %(default)s)",
    )
    parser.add_argument(
        "--tracker",
        nargs="+",
        default=[],
        metavar="SECTION",
        help="trackers by their sections of a trackers.ini (default: one, by the settings below)",
    )
    parser.add_argument(
        "--trackers",
        type=Path,
        metavar="FILE",
        help="the trackers.ini of --tracker (default: the one in effect in this folder)",
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="what the tracker of the settings below is called (default: POLICY-MODEL)",
    )
    _add_choices(parser)
    _add_machines(parser)
    _add_outputs(parser)
    add_flags(parser.add_argument_group("settings of the tracker"), TrackerConfig)


def run(parsed: argparse.Namespace) -> int:
    """Run the trackers, then show their scores.

    Returns:
        The process's exit code: 1 where sequences have no results.
    """
    from samurai.benchmark.scoring import chosen_sequences, rules_of

    complete, datasets = True, _datasets(parsed)
    for found in datasets:
        rules_of(found, parsed.protocol)  # refused now rather than when everything has run
    trackers = [] if parsed.score_only else _contenders(parsed)
    for found in datasets:
        reading = found.read(parsed.root.expanduser(), parsed.score_only)
        partial = parsed.partial or parsed.score_only
        sequences = chosen_sequences(found, reading, parsed.sequences or "*", partial)
        if parsed.score_only:
            folders = _finished(found, parsed)
        else:
            folders, faults = _run(found, sequences, trackers, parsed)
            complete &= not faults
        if folders:
            report(found, reading, sequences, folders, parsed, len(datasets) > 1)
    return 0 if complete else 1


def report(
    dataset: Dataset,
    reading: Reading,
    sequences: Sequence[AnySequence],
    folders: Sequence[Path],
    parsed: argparse.Namespace,
    several: bool,
) -> None:
    """Show the scores of the trackers whose results lie in the folders.

    Args:
        several: whether there are other data sets, so that files are named after this one too.
    """
    from samurai.benchmark.report import ReportFiles
    from samurai.benchmark.run_report import ReportOptions, report_runs

    given = (parsed.json, parsed.csv, parsed.latex, parsed.page)
    files = (
        file and file.with_name(f"{file.stem}-{dataset.name}{file.suffix}") if several else file
        for file in given
    )
    options = ReportOptions(parsed.protocol, parsed.box, parsed.first, ReportFiles(*files))
    report_runs(dataset, reading, sequences, folders, options)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is run")
    group.add_argument(
        "--sequences", metavar="PATTERN", help="only sequences whose name fits it, quoted: 'car*'"
    )
    group.add_argument(
        "--first", type=whole_number(1), metavar="N", help="a smoke run of N frames, kept apart"
    )
    group.add_argument(
        "--partial", action="store_true", help="run though sequences of the data set are missing"
    )
    group.add_argument("--force", action="store_true", help="run what is done again")
    group.add_argument(
        "--prompt",
        choices=("pixels", "samurai"),
        default="pixels",
        help="how the first box is given: in pixels of the frame, or as SAMURAI's scripts give it "
        "(default: %(default)s)",
    )


def _add_machines(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where it runs")
    group.add_argument(
        "--workers", type=whole_number(1), metavar="N", help="processes (default: one per device)"
    )
    group.add_argument(
        "--devices",
        type=_devices,
        default=(),
        metavar="0,1",
        help="GPUs by number, or devices by name (default: that of --device)",
    )
    group.add_argument(
        "--address",
        help="address of a Ray cluster whose machines share the folders (default: here)",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--score-only", action="store_true", help="show scores of results that are there"
    )
    parser.add_argument(
        "--protocol",
        metavar="NAME",
        help="rules of scoring (default: what papers print; docs/benchmarks.md lists them)",
    )
    parser.add_argument(
        "--box",
        choices=("pixels", "samurai"),
        help="how our own boxes count pixels (default: both ways)",
    )
    add_report_arguments(parser)


def _devices(text: str) -> tuple[str, ...]:
    """`0,1` as cuda:0 and cuda:1; names as they are."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(f"cuda:{name}" if name.isdigit() else name for name in names)


def _datasets(parsed: argparse.Namespace) -> list[Dataset]:
    """The data sets that are named.

    Raises:
        ConfigurationError: none is.
        DatasetError: there is none of a name.
    """
    first = [] if parsed.action == "run" else [parsed.action]
    names = list(dict.fromkeys([*first, *parsed.names]))
    if not names:
        raise ConfigurationError(
            f"which data set? Remedy: name one of {', '.join(dataset_names())}"
        )
    return [dataset(name) for name in names]


def _contenders(parsed: argparse.Namespace) -> list[Contender]:
    """The trackers of the command line."""
    from samurai.benchmark.running import Contender

    flags = [name for name in setting_names(TrackerConfig) if getattr(parsed, name) is not None]
    if not parsed.tracker:
        config = from_flags(TrackerConfig.from_environment(), parsed)
        return [Contender(parsed.name or _default_name(config, parsed), config)]
    if flags or parsed.name:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in flags) or "--name"
        raise ConfigurationError(
            f"{given} is for a tracker that is given by flags, and --tracker takes sections of a "
            "trackers.ini. Remedy: write a section of its own, or leave out --tracker"
        )
    sections = plugged_in(TRACKERS, "sections")
    if sections is None:
        raise ConfigurationError(
            "--tracker needs the installed package. Remedy: run `make setup` in the clone; outside "
            "of one, install the package again"
        )
    found = sections(parsed.tracker, parsed.trackers)
    suffix = _suffix(parsed)
    return [Contender(f"{name}{suffix}", *of_it) for name, of_it in found.items()]


def _default_name(config: TrackerConfig, parsed: argparse.Namespace) -> str:
    """Policy and model, fit for a folder."""
    name = re.sub(r"[^A-Za-z0-9.=_-]+", "-", f"{config.policy}-{config.model_name}")
    return f"{name}{_suffix(parsed)}"


def _suffix(parsed: argparse.Namespace) -> str:
    """Sets runs with another prompt apart."""
    return "" if parsed.prompt == "pixels" else f"-{parsed.prompt}-prompt"


def _run(
    dataset: Dataset,
    sequences: Sequence[AnySequence],
    trackers: Sequence[Contender],
    parsed: argparse.Namespace,
) -> tuple[list[Path], bool]:
    """Run all trackers; the folders of their results, and whether sequences have none."""
    from samurai.benchmark.run_report import running_score
    from samurai.benchmark.running import run_tracker

    options = _options(parsed)
    folders, faults = [], False
    for tracker in trackers:
        score = running_score(dataset, parsed.first)
        try:
            done = run_tracker(dataset, sequences, tracker, options, sys.stderr, score)
        except KeyboardInterrupt:
            again = "run the same command to continue"
            print(f"interrupted. Finished sequences are kept: {again}.", file=sys.stderr)
            raise
        if len(done.faults) < len(sequences):
            folders.append(done.folder)
        faults |= bool(done.faults)
        _say(dataset, sequences, tracker, done)
    return folders, faults


def _finished(dataset: Dataset, parsed: argparse.Namespace) -> list[Path]:
    """Folders of earlier runs: of the named trackers, else all.

    Raises:
        DatasetError: there are none.
    """
    above = parsed.results.expanduser() / dataset.name
    names = _names(parsed)
    found = [
        file.parent
        for file in sorted(above.glob("*/run.json"))
        if _noted(file).get("first") == parsed.first and len(list(file.parent.iterdir())) > 1
    ]
    chosen = [each for each in found if not names or each.name in names]
    if not chosen:
        runs = sorted(file.parent.name for file in above.glob("*/run.json"))
        there = ", ".join(runs) or "none"
        raise DatasetError(
            f"{above} has no results of {', '.join(names) or 'any tracker'}; there: {there}. "
            "Remedy: run it without --score-only, show smoke runs with their --first N, or name "
            "another folder with --results"
        )
    return chosen


def _names(parsed: argparse.Namespace) -> list[str]:
    """Folders of the trackers that the command line names; none: of all."""
    flags = any(getattr(parsed, name) is not None for name in setting_names(TrackerConfig))
    if not (parsed.tracker or parsed.name or flags):
        return []
    smoke = "" if parsed.first is None else f"-first-{parsed.first}"
    if parsed.tracker:
        return [f"{name}{_suffix(parsed)}{smoke}" for name in parsed.tracker]
    config = from_flags(TrackerConfig.from_environment(), parsed)
    return [f"{parsed.name or _default_name(config, parsed)}{smoke}"]


def _noted(record: Path) -> dict[str, Any]:
    """What a run noted.

    Raises:
        DatasetError: the file is damaged.
    """
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{record} can't be read ({error}). Remedy: delete it, and `samurai benchmark score` "
            "takes the results as they are"
        ) from error


def _options(parsed: argparse.Namespace) -> RunOptions:
    from samurai.benchmark.running import RunOptions

    return RunOptions(
        parsed.results.expanduser(),
        parsed.prompt,
        parsed.first,
        parsed.workers,
        parsed.devices,
        parsed.address,
        parsed.force,
    )


def _say(dataset: Dataset, sequences: Sequence[AnySequence], tracker: Contender, done: Any) -> None:
    """What became of a run: its place and speed, and what has no results."""
    from samurai.benchmark.speed import speed_of

    speed = speed_of(done.folder, [each.name for each in sequences])
    words = f"{len(sequences) - len(done.faults)} of {len(sequences)} sequences in {done.folder}"
    if speed is not None:
        words += f", {speed.tracking:.1f} frames/s ({speed.total:.1f} with reading)"
    print(f"{dataset.title}, {tracker.name}: {words}")
    for name, fault in done.faults.items():
        print(f"  {name} has no results: {fault}. The same command tries it again")
