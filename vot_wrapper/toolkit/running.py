"""Running the experiments that have no results yet, as `vot evaluate` does.

What `vot evaluate` lacks: it says which sequence it is at, keeps to chosen sequences, notices
result files that a killed run left incomplete, and tells a failed tracker from a successful one
(its exit code is 0 for both).
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.tracker import Tracker, TrackerException

from vot_wrapper.toolkit import provenance, trajectories
from vot_wrapper.toolkit.runs import runs_of
from vot_wrapper.toolkit.workspaces import Opened

TAIL_LINES = 8  # of a failed tracker's output that are shown
NO_REASON = (
    ": Unknown"  # libtrax, when the process is gone without a word; its exit code comes last
)
TRAX = "@@TRAX:"  # begins a message of the protocol, of which the output is full


@dataclass(frozen=True)
class Failure:
    """Why a tracker has no results for a sequence of an experiment."""

    tracker: str
    experiment: str
    sequence: str
    reason: str
    output: list[str] = field(default_factory=list)  # the last lines that the tracker wrote
    log: Path | None = None  # all that it wrote


class Inspector(Protocol):
    """Is told what was found on disk."""

    def damaged(self, sequence: str, result: str) -> None:
        """A result file was cut short; it has been removed and is made again."""


class Watcher(Inspector, Protocol):
    """Is told how far a tracker has come."""

    def experiment(self, name: str, kept: int, count: int) -> None:
        """An experiment begins; `kept` of `count` sequences have their results already."""

    def sequence(self, name: str, number: int, count: int) -> None:
        """A sequence of it begins, the `number`th of those that have to run."""

    def progress(self, part: float) -> None:
        """The part of the sequence that is done, 0..1."""

    def finished(self, seconds: float) -> None:
        """The sequence is complete."""


def run_missing(opened: Opened, tracker: Tracker, watcher: Watcher, force: bool) -> Failure | None:
    """Runs all of a tracker that has no results, or everything; stops at the first failure.

    Results are written as they come, so that a later call takes up where this one ended.
    """
    made_with = provenance.fingerprint_of(tracker)
    plan = []
    for experiment in opened.workspace.stack:
        try:
            sequences = experiment.transform(opened.sequences)
            missing = missing_runs(experiment, tracker, sequences, watcher)
        except Exception as error:  # data that the experiment can't use, or nobody can read
            return Failure(tracker.identifier, experiment.identifier, "", _describe(error))
        plan.append((experiment, sequences if force else missing, len(sequences)))

    for experiment, sequences, count in plan:
        watcher.experiment(experiment.identifier, count - len(sequences), count)
        for number, sequence in enumerate(sequences, start=1):
            watcher.sequence(sequence.name, number, len(sequences))
            started = time.monotonic()
            where = (opened.folder, tracker, experiment.identifier, sequence.name)
            anew = provenance.begin(*where, made_with) or force
            failure = run_one(experiment, tracker, sequence, watcher.progress, anew)
            if failure is not None:
                return failure
            provenance.note(*where, made_with)
            watcher.finished(time.monotonic() - started)
    return None


def missing_runs(
    experiment: Experiment, tracker: Tracker, sequences: list[Sequence], watcher: Inspector
) -> list[Sequence]:
    """The sequences without complete results; what is cut short is removed on the way."""
    return [s for s in sequences if not _is_complete(experiment, tracker, s, watcher)]


def _is_complete(
    experiment: Experiment, tracker: Tracker, sequence: Sequence, watcher: Inspector
) -> bool:
    """Whether all results of a sequence are there and whole; removes those that are cut short.

    A process that is killed while it writes leaves a file that the toolkit would take for a
    result, and whose analysis then fails.
    """
    complete, _, results = experiment.scan(tracker, sequence)
    for run in runs_of(experiment, tracker, sequence):
        file = trajectories.file_of(results, run.name)
        if file is not None and trajectories.flaws(results, run.name, run.frames):
            trajectories.remove(results, run.name)
            watcher.damaged(sequence.name, file)
            complete = False
    return bool(complete)


def run_one(
    experiment: Experiment,
    tracker: Tracker,
    sequence: Sequence,
    progress: Callable[[float], None],
    force: bool,
) -> Failure | None:
    """Run one sequence of an experiment to its end; why it failed, or None.

    Args:
        progress: is told the part that is done, 0..1.
        force: also where there are results.
    """
    where = (tracker.identifier, experiment.identifier, sequence.name)
    try:
        experiment.execute(tracker, sequence, force=force, callback=progress)
    except TrackerException as error:
        output = error.log or ""
        log = _write_log(experiment, tracker, output)
        lines = [line for line in output.splitlines() if line.strip() and TRAX not in line]
        reason = str(error)
        if reason.endswith(NO_REASON) and lines:
            reason = f"the tracker gave no reason: {lines[-1]}"
        return Failure(*where, reason, lines[-TAIL_LINES:], log)
    except Exception as error:  # data that can't be read, a reply that can't be used, a full disk
        log = _write_log(experiment, tracker, traceback.format_exc())
        return Failure(*where, _describe(error), [], log)
    if not experiment.scan(tracker, sequence)[0]:
        return Failure(*where, "the run ended without an error, but results are missing")
    return None


def _describe(error: Exception) -> str:
    """The message; with the type, unless it is ours and says everything."""
    return str(error) if type(error) is RuntimeError else f"{type(error).__name__}: {error}"


def _write_log(experiment: Experiment, tracker: Tracker, text: str) -> Path | None:
    with contextlib.suppress(OSError), experiment.log(tracker.identifier) as file:
        file.write(text)
        return Path(file.name)
    return None
