"""`samurai evaluate`: run trackers in a workspace of the VOT toolkit, score them, print a table."""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.values import whole_number
from samurai.errors import ConfigurationError
from samurai.spelling import duration
from vot_wrapper.commands.console import Console, Interrupt, WorkersConsole
from vot_wrapper.commands.evaluation_output import show_scores
from vot_wrapper.toolkit import bundled

if TYPE_CHECKING:
    from vot.tracker import Tracker

    from vot_wrapper.toolkit.provenance import ResultStatus
    from vot_wrapper.toolkit.running import Failure
    from vot_wrapper.toolkit.workspaces import EvaluationContext

REPORT_NAME = "latest"
MOST_NAMED = 10  # sequences that a command is written out for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "trackers",
        nargs="*",
        metavar="TRACKER",
        help="identifiers in the workspace's trackers.ini; samurai if none is given",
    )
    add_workspace_argument(parser)
    parser.add_argument(
        "--stack",
        help="experiments to run instead of the workspace's own, for example vot2022/shortterm; "
        "makes a workspace where there is none",
    )
    parser.add_argument(
        "--score-with",
        metavar="STACK",
        help="score the results with the measures of this stack, for stacks without local scores: "
        "--score-with tests/multiobject",
    )
    parser.add_argument(
        "--per-sequence",
        action="store_true",
        help="also print the measures of every sequence, the worst first",
    )
    add_sequences_argument(parser)
    parser.add_argument("--force", action="store_true", help="run again what has results already")
    parser.add_argument(
        "--workers",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="share the sequences out to N processes (Ray), one per GPU or per share of the cores "
        "(default: none, one tracker after the other)",
    )
    parser.add_argument(
        "--address", help="of a Ray cluster that sees this folder (default: one of its own, here)"
    )
    parser.add_argument(
        "--name", default=REPORT_NAME, help="name of the report (default: %(default)s)"
    )


def add_workspace_argument(parser: argparse.ArgumentParser) -> None:
    """Declares --workspace, which `workspace_folder` reads."""
    parser.add_argument(
        "--workspace",
        type=Path,
        help="folder of the workspace (default: the current folder if it is one, else the bundled "
        "one: vot_workspace in a clone, outside of one a copy in your data folder)",
    )


def add_sequences_argument(parser: argparse.ArgumentParser) -> None:
    """Declares --sequences, which `split_names` reads."""
    parser.add_argument(
        "--sequences",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only these sequences (names separated by spaces or commas)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs what is missing and scores what is complete; 0 if everything is, else 1.

    Raises:
        ConfigurationError: the workspace can't be used; the message says what to do.
    """
    started = time.monotonic()
    from vot_wrapper.toolkit.local_scores import rescored
    from vot_wrapper.toolkit.locks import tracker_locks
    from vot_wrapper.toolkit.provenance import section_of
    from vot_wrapper.toolkit.staleness import refuse_faulty
    from vot_wrapper.toolkit.workspaces import UnusableData, open_workspace

    interrupt = Interrupt()
    console = Console(interrupt)
    try:
        context = open_workspace(
            workspace_folder(arguments.workspace, console.say, arguments.stack),
            tuple(arguments.trackers or ["samurai"]),
            arguments.stack,
            split_names(arguments.sequences),
            bundled.template(),
            console.say,
        )
    except UnusableData as unusable:
        console.findings(unusable.findings)
        console.say(f"\nnothing was run: repair the data{_or_choose(unusable.sound)}")
        return 1
    refuse_faulty(map(section_of, context.trackers))
    scored = rescored(context, arguments.score_with) if arguments.score_with else context
    _introduce(console, context)
    identifiers = [tracker.reference for tracker in context.trackers]
    try:
        with interrupt, tracker_locks(context.folder, identifiers):
            failures = _run_trackers(console, interrupt, context, arguments)
    except KeyboardInterrupt:
        console.interrupted()
        return 130
    written = _score(console, scored, arguments)
    console.failures(failures)
    if written:
        console.say(f"{duration(time.monotonic() - started)} in all")
    return 1 if failures or not written else 0


def _score(console: Console, context: EvaluationContext, arguments: argparse.Namespace) -> bool:
    """Score what is complete and print it; returns whether the scores could be written."""
    from vot_wrapper.toolkit.locks import scoring_lock
    from vot_wrapper.toolkit.scoring import score
    from vot_wrapper.toolkit.staleness import marked

    try:
        with scoring_lock(context.folder):
            scores, statuses = marked(context, score(context, arguments.name))
    except OSError as error:
        console.say(f"\nthe scores can't be written: {error.strerror or error} ({error.filename})")
        console.say(f"Remedy: free space, or allow writing, in {context.folder}; results are kept")
        return False
    show_scores(console, context, scores, _staleness(statuses, arguments), arguments.per_sequence)
    return True


def _run_trackers(
    console: Console,
    interrupt: Interrupt,
    context: EvaluationContext,
    arguments: argparse.Namespace,
) -> list[Failure]:
    """Runs every tracker, also after one that failed; all failures."""
    from vot_wrapper.toolkit.running import run_missing

    failures: list[Failure] = []
    for tracker in context.trackers:
        console.tracker(tracker.reference, tracker.label)
        if arguments.workers:
            failures += _run_on_workers(console, context, tracker, arguments)
        # Workers leave the real-time experiments and their failures.
        failures += run_missing(
            context, tracker, console, arguments.force, timed_only=bool(arguments.workers)
        )
        interrupt.check()
    return failures


def _run_on_workers(
    console: Console, context: EvaluationContext, tracker: Tracker, arguments: argparse.Namespace
) -> list[Failure]:
    from vot_wrapper.toolkit.distributed import Cluster, run_distributed

    stack = str(context.stack) if arguments.stack else None
    cluster = Cluster(arguments.workers, arguments.address, stack)
    return run_distributed(context, tracker, cluster, WorkersConsole(console), arguments.force)


def _or_choose(sound: tuple[str, ...]) -> str:
    """Advice to leave out the sequences with problems, if others remain."""
    if not sound:
        return ""
    if len(sound) > MOST_NAMED:
        return f", or choose from the {len(sound)} sequences without a problem with --sequences"
    return f", or run only what has no problem: --sequences {shlex.join(sound)}"


def split_names(given: list[str]) -> tuple[str, ...]:
    """Names separated by spaces or commas."""
    return tuple(name for part in given for name in part.split(",") if name)


def workspace_folder(
    given: Path | None, say: Callable[[str], None] | None = None, stack: str | None = None
) -> Path:
    """The workspace of the command line, else the current folder if it is one, else the bundled
    one.

    Args:
        given: the option's value.
        say: called with a line about the copy of the bundled workspace, which is created if needed;
            None for commands that only read results, which need an existing one.
        stack: the stack of the command line, if any.

    Raises:
        ConfigurationError: there is no workspace; or the current folder is not one yet, and its
            `sequences` or a given `stack` show that the bundled one isn't meant.
    """
    if given is not None:
        return given.expanduser().resolve()
    if (Path.cwd() / "config.yaml").exists():
        return Path.cwd()
    _refuse_to_guess(Path.cwd(), stack)
    if say is not None:
        return bundled.open_user_workspace(say)
    folder = bundled.user_workspace()
    if not (folder / "config.yaml").exists():
        raise ConfigurationError(
            f"not a VOT workspace: no config.yaml in the current folder, nor in {folder}. Remedy: "
            "name one with --workspace FOLDER, or run `samurai evaluate` first, which creates it"
        )
    return folder


def _refuse_to_guess(here: Path, stack: str | None) -> None:
    """Refuse the bundled workspace where the current folder may be meant."""
    if (here / "config.yaml").exists() or here == bundled.clone():
        return
    own = (here / "sequences").is_dir()
    if not own and stack is None:
        return
    reason = "has sequences/ but no config.yaml" if own else "is not a VOT workspace yet"
    wanted = stack or "tests/multiobject"
    raise ConfigurationError(
        f"the current folder {reason}. Remedy: `--workspace . --stack {wanted}` makes a workspace "
        f"of it; `--workspace {bundled.user_workspace()}` takes the bundled one"
    )


def _introduce(console: Console, context: EvaluationContext) -> None:
    workspace = context.workspace
    count, known = len(context.sequences), len(workspace.dataset)
    console.say(f"workspace    {context.folder}")
    console.say(f"experiments  {', '.join(workspace.stack.experiments)} ({workspace.stack.title})")
    console.say(f"sequences    {count if count == known else f'{count} of {known}'}")
    console.findings(context.warnings)


def _staleness(
    statuses: list[tuple[str, ResultStatus]], arguments: argparse.Namespace
) -> list[str]:
    """A line for every stale number of the table, with the command that renews it."""
    from vot_wrapper.toolkit.staleness import command, lines

    where = (arguments.stack, arguments.workspace, split_names(arguments.sequences))
    return [
        f"{mark:8}  {text}"
        for name, found in statuses
        for mark, text in lines(name, found, command(name, *where))
    ]
