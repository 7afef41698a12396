"""`samurai visualize`: draw results as PNG sheets or videos, from the toolkit's files alone."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.values import whole_number
from samurai.errors import ConfigurationError, FrameError, StorageError
from samurai.evaluation.pictures.report import link_pictures, pictures_folder, reports_of
from vot_wrapper.commands.console import Console, Interrupt
from vot_wrapper.commands.evaluate import (
    add_sequences_argument,
    add_workspace_argument,
    split_names,
    workspace_folder,
)
from vot_wrapper.toolkit import bundled

if TYPE_CHECKING:
    from vot.experiment import Experiment
    from vot.tracker import Tracker

    from samurai.evaluation.pictures.page import Entry
    from samurai.evaluation.pictures.recording import Recording
    from vot_wrapper.toolkit.runs import Run
    from vot_wrapper.toolkit.workspaces import EvaluationContext

FRAMES_PER_SHEET = 12
FORMATS = ("sheet", "mp4")
CODEC_NAMES = ("mpeg4", "vp9")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    _add_selection(parser)
    _add_drawing(parser)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Options that select the results to draw."""
    parser.add_argument(
        "trackers",
        nargs="*",
        metavar="TRACKER",
        help="trackers whose results to draw (default: all that have results)",
    )
    add_workspace_argument(parser)
    parser.add_argument("--stack", help="experiments of this stack instead of the workspace's own")
    parser.add_argument(
        "--experiment",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only these experiments (default: all)",
    )
    add_sequences_argument(parser)
    parser.add_argument(
        "--every-run",
        action="store_true",
        help="draw every repetition and the run from every anchor; else the longest alone",
    )


def _add_drawing(parser: argparse.ArgumentParser) -> None:
    """Options of the drawing and its output."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default=FORMATS[0],
        help="a PNG of sampled frames, or a video of all (default: %(default)s)",
    )
    parser.add_argument(
        "--frames",
        type=whole_number(1),
        default=FRAMES_PER_SHEET,
        metavar="N",
        help="how many frames a sheet shows (default: %(default)s)",
    )
    parser.add_argument(
        "--codec",
        choices=CODEC_NAMES,
        default=CODEC_NAMES[0],
        help="of the video: mpeg4 is quick and for players; vp9 takes thirty times as long, and "
        "browsers play it (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="folder of the pictures (default: reports/pictures in the workspace)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw the selected results; returns 0 if anything was drawn, else 1.

    Raises:
        ConfigurationError: the workspace or the output can't be used, or matplotlib is missing; the
            message says what to do.
    """
    folder = workspace_folder(arguments.workspace)
    _require_results(folder)
    from samurai.evaluation.pictures.figure import require_matplotlib
    from vot_wrapper.toolkit.recordings import trackers_to_show
    from vot_wrapper.toolkit.workspaces import open_workspace

    require_matplotlib()
    interrupt = Interrupt()
    console = Console(interrupt)
    context = open_workspace(
        folder,
        (),
        arguments.stack,
        split_names(arguments.sequences),
        bundled.template(),
        console.say,
        to_run=False,
    )
    output = (arguments.output or pictures_folder(folder)).expanduser().resolve()
    artist = _Artist(console, output, _drawer(arguments, console))
    experiments = _experiments(context, split_names(arguments.experiment))
    trackers = trackers_to_show(context, tuple(arguments.trackers))
    try:
        with interrupt:
            for tracker in trackers:
                console.tracker(tracker.reference, tracker.label)
                for experiment in experiments:
                    artist.draw_all(context, experiment, tracker, arguments.every_run)
    except KeyboardInterrupt:
        console.say("\ninterrupted. What is drawn is kept.")
        return 130
    finally:
        page = _publish(artist, folder, arguments.output is None)
    console.say()
    console.say(f"pictures     {page}" if page else "nothing was drawn")
    return 0 if page else 1


Drawer = Callable[["Recording", Path], None]  # what to draw, and its file without the ending


@dataclass
class _Artist:
    """Draws runs one by one, prints its progress, and remembers the files."""

    console: Console
    output: Path
    draw: Drawer

    def __post_init__(self) -> None:
        self.drawn: list[Entry] = []

    def draw_all(
        self, context: EvaluationContext, experiment: Experiment, tracker: Tracker, every: bool
    ) -> None:
        """Draw all results of a tracker in an experiment."""
        self.console.experiment(experiment.identifier, 0, 1)
        runs = self._choose(context, experiment, tracker, every)
        for number, run in enumerate(runs, start=1):
            label = f"{run.sequence.name}, {run.title}" if every and run.title else ""
            self.console.sequence(label or run.sequence.name, number, len(runs))
            started = time.monotonic()
            if self._draw_one(run):
                self.console.finished(time.monotonic() - started)

    def _choose(
        self, context: EvaluationContext, experiment: Experiment, tracker: Tracker, every: bool
    ) -> list[Run]:
        """The runs to draw; reports the sequences without results."""
        from vot_wrapper.toolkit.runs import runs_of

        where = f"{tracker.reference}, {experiment.identifier}"
        chosen: list[Run] = []
        missing = []
        try:
            sequences = experiment.transform(context.sequences)
        except Exception as error:  # unusable or unreadable annotations
            self.console.skipped(f"{where}: {type(error).__name__}: {error}")
            return []
        for sequence in sequences:
            try:
                there = [run for run in runs_of(experiment, tracker, sequence) if run.exists]
            except Exception as error:  # no anchor or prompt to start from
                self.console.skipped(f"{where}, {sequence.name}: {error}")
                continue
            longest = max(there, key=lambda run: len(run.frames), default=None)
            if longest is None:
                missing.append(sequence.name)
            else:
                chosen.extend(there if every else [longest])
        if missing:
            which = ", ".join(missing) if chosen else "all sequences"
            self.console.skipped(f"{where}, {which}: no results")
        return chosen

    def _draw_one(self, run: Run) -> bool:
        from samurai.evaluation.pictures.page import entry_of
        from vot_wrapper.toolkit.recordings import ResultError, read_recording

        try:
            found = read_recording(run)
            entry = entry_of(found)
            stem = entry.file(self.output, "")
            stem.parent.mkdir(parents=True, exist_ok=True)
            self.draw(found, stem)
        except (ResultError, FrameError) as error:
            self.console.skipped(f"{run}: {error}")
            return False
        except OSError as error:
            raise StorageError(
                f"can't write pictures to {self.output}: {error.strerror or error}. Remedy: "
                "make room there, or name another folder with --output"
            ) from error
        self.drawn.append(entry)
        return True


def _drawer(arguments: argparse.Namespace, console: Console) -> Drawer:
    """The function that draws a run and its thumbnail in the selected format."""
    from samurai.evaluation.pictures.sheet import draw_sheet, draw_thumbnail
    from samurai.evaluation.pictures.video import write_video
    from samurai.painting.files import write_picture

    def draw(found: Recording, stem: Path) -> None:
        if arguments.format == "sheet":
            write_picture(draw_sheet(found, arguments.frames), stem.with_suffix(".png"))
        else:
            write_video(found, stem.with_suffix(".mp4"), arguments.codec, console.progress)
        write_picture(draw_thumbnail(found), stem.with_suffix(".jpg"))

    return draw


def _require_results(folder: Path) -> None:
    # Before the workspace is opened, which would download missing sequences.
    if not any((folder / "results").glob("*/*")):
        raise ConfigurationError(
            f"there are no results in {folder}. Remedy: `samurai evaluate`, or --workspace FOLDER"
        )


def _experiments(context: EvaluationContext, wanted: tuple[str, ...]) -> list[Experiment]:
    known = {experiment.identifier: experiment for experiment in context.workspace.stack}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ConfigurationError(
            f"there is no experiment {', '.join(unknown)} in this stack. Available: "
            f"{', '.join(known)}"
        )
    return [known[name] for name in wanted] or list(known.values())


def _publish(artist: _Artist, workspace: Path, usual_place: bool) -> Path | None:
    """Writes the page of pictures and links the reports to it; None if nothing was drawn."""
    from samurai.evaluation.pictures.page import write_page

    if not artist.drawn:
        return None
    reports = reports_of(workspace) if usual_place else []
    page = write_page(artist.output, artist.drawn, reports)
    for report in reports:
        link_pictures(report, page)
    return page
