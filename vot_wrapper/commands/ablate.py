"""`samurai ablate`: memory policies side by side, over models and workspaces of the VOT toolkit."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import os
import platform
import subprocess
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.values import whole_number
from samurai.config import TrackerConfig
from samurai.config.settings import setting_named
from samurai.errors import ConfigurationError
from samurai.evaluation.ablation.values import Ablation, Combination
from samurai.models.manifest import (
    card_file,
    checkpoint_path,
    model_card,
    require_weights,
    sha256_of,
)
from samurai.policies import PolicyChoice, policy_names
from samurai.spelling import duration
from vot_wrapper.commands.ablation_progress import Progress
from vot_wrapper.commands.console import Console, Interrupt
from vot_wrapper.commands.evaluate import split_names
from vot_wrapper.toolkit import bundled

if TYPE_CHECKING:
    from vot_wrapper.toolkit.ablation import Task

REFERENCE = "samurai"
OUTPUT = "ablation"  # in the bundled workspace
HARD = "hard"  # in the bundled workspace; not part of the wheel
PAGE = "ablation.md"
POLL_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    _add_what_runs(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help=f"folder of the results (default: {OUTPUT} in the bundled workspace, outside of a "
        "clone in your copy of it)",
    )
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="Markdown page for the tables, with pictures and numbers beside it in a folder of its "
        f"name (default: {PAGE} in the output); what isn't a table there is left alone",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="combinations that run at once, each on one thread (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="run again what has results already")


def _add_what_runs(parser: argparse.ArgumentParser) -> None:
    """Arguments that say what is combined."""
    parser.add_argument(
        "--policies",
        nargs="+",
        default=[],
        metavar="NAME",
        help="memory policies (default: all), with parameters if need be: "
        "samurai:motion_weight=0.1 samurai:motion_weight=0.2",
    )
    parser.add_argument(
        "--settings",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="settings that each policy also runs with, one at a time: memory_check=motion "
        "memory_overlap=none (docs/settings.md lists them)",
    )
    parser.add_argument(
        "--models", nargs="+", default=["nano"], metavar="NAME", help="models (default: nano)"
    )
    parser.add_argument(
        "--workspace",
        nargs="+",
        type=Path,
        default=[],
        metavar="DIR",
        help="workspaces to take sequences and experiments from (default: the bundled ones; "
        "the hard sequences among them come with a clone, not with the installed package)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run what is missing and compare what is complete; returns 0 if everything is complete, else
    1.

    Raises:
        ConfigurationError: a policy, a model, a workspace or the page can't be used, or matplotlib
            is missing.
        CheckpointError: the weights of a model are missing.
    """
    from samurai.evaluation.pictures.figure import require_matplotlib

    started = time.monotonic()
    combinations = chosen(
        policies_of(arguments.policies),
        split_names(arguments.models),
        split_names(arguments.settings),
    )
    for model in split_names(arguments.models):
        require_weights(model_card(model))
    require_matplotlib()
    interrupt = Interrupt()
    console = Console(interrupt)
    sources = _sources([path.expanduser().resolve() for path in arguments.workspace], console)
    output = _output(arguments.output, console)
    folders = _derive(sources, output, combinations)
    try:
        with interrupt:
            complete = _run(combinations, folders, arguments, console)
    except KeyboardInterrupt:
        console.interrupted()
        return 130
    ablation = _measured(combinations, folders, arguments.workers)
    _show(ablation, (arguments.page or output / PAGE).expanduser().resolve(), console)
    console.say(f"{duration(time.monotonic() - started)} in all")
    return 0 if complete else 1


def chosen(
    policies: tuple[str, ...], models: tuple[str, ...], settings: tuple[str, ...] = ()
) -> tuple[Combination, ...]:
    """Every policy with every model, without any setting and with each of them.

    Raises:
        ConfigurationError: an unknown name, or two names that would have the same results folder.
    """
    for model in models:
        model_card(model)
    files = [card_file(model) for model in models]
    named = [
        model if file is None else str(file) for model, file in zip(models, files, strict=True)
    ]
    choices = [str(PolicyChoice.of(policy)) for policy in policies or policy_names()]
    found: dict[str, Combination] = {}
    checked = ["", *(_checked_setting(each) for each in settings)]
    for model, policy, setting in product(named, choices, checked):
        combination = Combination(policy, model, setting)
        other = found.setdefault(combination.identifier, combination)
        if other != combination:
            raise ConfigurationError(
                f"{other.what} with {other.model} and {combination.what} with "
                f"{combination.model} would both be called {combination.identifier}: name one of "
                "them differently, or run them apart"
            )
    return tuple(found.values())


def _checked_setting(text: str) -> str:
    """A setting, NAME=VALUE, if it can vary within an ablation.

    Raises:
        ConfigurationError: there is no such setting, or its value isn't allowed.
    """
    name, equals, value = text.partition("=")
    if not equals or name in ("policy", "model"):
        raise ConfigurationError(
            f"--settings {text}: write NAME=VALUE; policies and models have options of their own"
        )
    setting_named(TrackerConfig, name).read(value)
    return text


def policies_of(given: list[str]) -> tuple[str, ...]:
    """Policies separated by spaces or commas; commas between the parameters of one policy don't
    separate."""
    found: list[str] = []
    for part in given:
        whole: list[str] = []
        for piece in part.split(","):
            if whole and ":" in whole[-1] and "=" in piece and ":" not in piece:
                whole[-1] += f",{piece}"
            elif piece:
                whole.append(piece)
        found += whole
    return tuple(found)


def _output(given: Path | None, console: Console) -> Path:
    if given is not None:
        return given.expanduser().resolve()
    return bundled.open_user_workspace(console.say) / OUTPUT


def _sources(given: list[Path], console: Console) -> list[Path]:
    """The workspaces to take sequences from.

    Raises:
        ConfigurationError: two of the same name, whose results would collide.
    """
    if not given:
        return _bundled(console)
    if len({path.name for path in given}) < len(given):
        raise ConfigurationError("two workspaces have the same name: rename the folder of one")
    return given


def _bundled(console: Console) -> list[Path]:
    """The bundled workspaces: the hard sequences are among them unless the package is installed."""
    workspace = bundled.source()
    hard = workspace / HARD
    if (hard / "sequences" / "list.txt").is_file():
        return [workspace, workspace / "multiobject", hard]
    console.say(
        f"hard sequences left out: {hard / 'sequences'} does not exist; a clone of the repository "
        "has it, the installed package does not"
    )
    return [workspace, workspace / "multiobject"]


def _derive(
    sources: list[Path], output: Path, combinations: tuple[Combination, ...]
) -> tuple[Path, ...]:
    from vot_wrapper.toolkit.ablation import derive

    folders = []
    for source in sources:
        name = "bundled" if source == bundled.source() else source.name
        derive(source, output / name, combinations)
        folders.append(output / name)
    return tuple(folders)


def _run(
    combinations: tuple[Combination, ...],
    folders: tuple[Path, ...],
    arguments: argparse.Namespace,
    console: Console,
) -> bool:
    """Run every combination in every workspace, also after a failure; returns whether all
    succeeded."""
    from vot_wrapper.toolkit.ablation import Task, run_task, workload_of

    if arguments.workers > 1:  # trackers inherit it
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    tasks = [Task(combination, folder) for combination in combinations for folder in folders]
    progress = Progress(console, {t: workload_of(t, console, arguments.force) for t in tasks})

    def work(task: Task) -> bool:
        progress.check()
        started = time.monotonic()
        failures = run_task(task, progress.observer(task), arguments.force)
        progress.check()
        progress.ended(task, time.monotonic() - started)
        return not failures

    pool = ThreadPoolExecutor(arguments.workers)
    try:
        return _results([pool.submit(work, task) for task in tasks], console)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _results(pending: list[Future[bool]], console: Console) -> bool:
    """Wait for all, checking for Ctrl-C; raises the first error."""
    complete = True
    waiting = set(pending)
    while waiting:
        done, waiting = wait(waiting, POLL_SECONDS, FIRST_COMPLETED)
        console.check()
        for future in done:
            complete &= future.result()
    return complete


def _measured(
    combinations: tuple[Combination, ...], folders: tuple[Path, ...], workers: int
) -> Ablation:
    from vot_wrapper.toolkit.ablation import measure, stale

    return Ablation(
        combinations,
        tuple(measure(folder, combinations) for folder in folders),
        REFERENCE,
        {
            c: list(dict.fromkeys(line for folder in folders for line in stale(folder, c)))
            for c in combinations
        },
        _made(combinations, workers),
    )


def _show(ablation: Ablation, page: Path, console: Console) -> None:
    """The tables, what is out of date in them, and where the files are."""
    from samurai.evaluation.ablation.documents import write_all
    from samurai.evaluation.ablation.tables import tables, text

    for table in tables(ablation):
        console.say(f"\n{text(table)}")
    for combination, changes in ablation.stale.items():
        for change in changes:
            console.say(f"STALE {combination.identifier}: {change}")
    if any(ablation.stale.values()):
        console.say("Run those again with --force and --policies.")
    console.say()
    for file in write_all(ablation, page):
        console.say(f"wrote        {file}")


def _made(combinations: tuple[Combination, ...], workers: int) -> dict[str, str]:
    """Date and versions for the tables."""
    found = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {workers} at once",
        "python": platform.python_version(),
    }
    for package in ("sam2", "torch", "vot-toolkit"):
        found[package] = importlib.metadata.version(package)
    for model in dict.fromkeys(combination.model for combination in combinations):
        card = model_card(model)
        weights = checkpoint_path(card)
        found[f"weights of {card.name}"] = (
            sha256_of(weights)[:12] if weights.is_file() else "missing"
        )
    return found


def _commit() -> str:
    """Commit of the clone, with a mark for uncommitted changes; `none` outside of a clone."""
    clone = bundled.clone()
    if clone is None:
        return "none"
    command = ["git", "describe", "--always", "--dirty", "--abbrev=7"]
    try:
        done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return done.stdout.strip()
