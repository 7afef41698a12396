"""Running the experiments that have no results yet, as `vot evaluate` does.

What `vot evaluate` lacks: it says which sequence it is at, keeps to chosen sequences, notices
result files that a killed run left incomplete, and tells a failed tracker from a successful one
(its exit code is 0 for both).
"""

from __future__ import annotations

import contextlib
import errno
import re
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from vot.dataset import Sequence
from vot.experiment import Experiment
from vot.experiment.multirun import UnsupervisedExperiment
from vot.tracker import Tracker, TrackerException

from vot_wrapper.toolkit import provenance, trajectories
from vot_wrapper.toolkit.experiments import WatchedFrames
from vot_wrapper.toolkit.runs import runs_of
from vot_wrapper.toolkit.shared_times import record_shared
from vot_wrapper.toolkit.workspaces import EvaluationContext

_TRACEBACK = "Traceback (most recent call last):"
TAIL_LINES = 8  # of a failed tracker's output that are shown
NO_REASON = (
    ": Unknown"  # libtrax, when the process is gone without a word; its exit code comes last
)
QUIT_REASON = re.compile(r'^@@TRAX:quit .*"trax\.reason=(.*)"\s*$', re.MULTILINE)
TOO_SLOW = re.compile(r"did not reply in (\d+) seconds")  # the toolkit, also when the process died
REPAIR = "complete the sequence's folder; the experiment skips it until then"
ALL_ALIKE = "every sequence fails with this error; the others weren't tried"
FULL_DISK = "free space on the disk of the workspace; then the same command continues"
HOPELESS = 3  # sequences that fail for one reason, and none succeeds: the others will fail, too
TRAX = "@@TRAX:"  # begins a message of the protocol, of which the output is full


@dataclass(frozen=True)
class Failure:
    """Why a tracker has no results for a sequence of an experiment.

    Attributes:
        sequence: its name; "" where the whole experiment can't be run.
        output: the last lines that the tracker wrote.
        log: all that it wrote.
        remedy: what has to be done before the same command can do better; "" if it may.
        last: whether trying more sequences is of no use.
    """

    tracker: str
    experiment: str
    sequence: str
    reason: str
    output: list[str] = field(default_factory=list)
    log: Path | None = None
    remedy: str = ""
    last: bool = False

    @property
    def place(self) -> str:
        """Tracker, experiment and sequence."""
        where = f"sequence {self.sequence}" if self.sequence else "all sequences"
        return f"{self.tracker}, {self.experiment}, {where}"


class ResultObserver(Protocol):
    """Is told what was found on disk."""

    def damaged(self, sequence: str, result: str) -> None:
        """A result file was cut short; it has been removed and is made again."""


class RunObserver(ResultObserver, Protocol):
    """Is told how far a tracker has come."""

    def experiment(self, name: str, kept: int, count: int) -> None:
        """An experiment begins; `kept` of `count` sequences have their results already."""

    def sequence(self, name: str, number: int, count: int) -> None:
        """A sequence of it begins, the `number`th of those that have to run."""

    def progress(self, part: float) -> None:
        """The part of the sequence that is done, 0..1."""

    def finished(self, seconds: float) -> None:
        """The sequence is complete."""

    def failed(self, failure: Failure) -> None:
        """A sequence, or a whole experiment, has no results; the others go on."""


@dataclass(frozen=True)
class Survey:
    """What an experiment has to run.

    Attributes:
        count: sequences that it can use.
        missing: those of them without complete results.
        failures: why it can't use the others.
    """

    count: int
    missing: list[Sequence]
    failures: list[Failure]


def run_missing(
    context: EvaluationContext,
    tracker: Tracker,
    observer: RunObserver,
    force: bool,
    *,
    timed_only: bool = False,
) -> list[Failure]:
    """Runs all of a tracker that has no results, or everything; one failure doesn't end the rest.

    Results are written as they come, so that a later call takes up where this one ended. The rest
    is only left out where it would fail alike: on a full disk, or when the tracker fails over
    every one of its first sequences for the same reason.

    Args:
        timed_only: leave out the experiments that don't measure the clock.
    """
    fingerprint = provenance.fingerprint_of(tracker)
    failures: list[Failure] = []
    plan = [
        (experiment, survey_runs(experiment, tracker, context.sequences, observer, force))
        for experiment in context.workspace.stack
        if experiment.realtime is not None or not timed_only
    ]
    reasons: list[str] = []  # of the sequences that were tried; "" for success
    for experiment, survey in plan:
        missing, count = survey.missing, survey.count
        observer.experiment(experiment.identifier, count - len(missing), count)
        for unusable in survey.failures:
            observer.failed(unusable)
        failures += survey.failures
        for number, sequence in enumerate(missing, start=1):
            observer.sequence(sequence.name, number, len(missing))
            started = time.monotonic()
            where = (context.folder, tracker, experiment.identifier, sequence.name)
            rerun = provenance.begin(*where, fingerprint) or force
            failure = run_one(experiment, tracker, sequence, observer.progress, rerun)
            reasons.append("" if failure is None else failure.reason)
            if failure is None:
                provenance.note(*where, fingerprint)
                record_shared(context.folder, tracker, {sequence.name}, experiment, shared=False)
                observer.finished(time.monotonic() - started)
                continue
            if same_reason(reasons):
                failure = replace(failure, last=True, remedy=ALL_ALIKE)
            observer.failed(failure)
            failures.append(failure)
            if failure.last:
                return failures
    return failures


def same_reason(reasons: list[str]) -> bool:
    """Whether the tracker fails over everything, and always for the same reason."""
    return len(reasons) >= HOPELESS and len(set(reasons)) == 1 and reasons[0] != ""


def survey_runs(
    experiment: Experiment,
    tracker: Tracker,
    chosen: list[Sequence],
    observer: ResultObserver,
    force: bool,
) -> Survey:
    """What is to be run of an experiment; results that are cut short are removed on the way.

    Sequences that it can't use are failures, and don't keep it from the others.
    """
    where = (tracker.identifier, experiment.identifier)
    try:
        sequences = experiment.transform(chosen)
    except Exception as error:  # data that the experiment can't use, or nobody can read
        return Survey(0, [], [Failure(*where, "", _describe(error), remedy=REPAIR)])
    missing, failures = [], []
    for sequence in sequences:
        try:
            complete = _is_complete(experiment, tracker, sequence, observer)
        except Exception as error:
            reason = _describe(error)
            failures.append(Failure(*where, sequence.name, reason, remedy=REPAIR))
            continue
        if force or not complete:
            missing.append(sequence)
    count = len(sequences) - len(failures)
    if len(failures) > 1 and not count:  # one line for all
        failures = [replace(failures[0], sequence="")]
    return Survey(count, missing, failures)


def _is_complete(
    experiment: Experiment, tracker: Tracker, sequence: Sequence, observer: ResultObserver
) -> bool:
    """Whether all results of a sequence are there and whole; removes those that are cut short.

    A process that is killed while it writes leaves a file that the toolkit would take for a
    result, and whose analysis then fails.
    """
    complete, _, results = experiment.scan(tracker, sequence)
    for run in runs_of(experiment, tracker, sequence):
        for name in run.files.values():
            file = trajectories.file_of(results, name)
            if file is not None and trajectories.validate(results, name, len(run.frames)):
                trajectories.remove(results, name)
                observer.damaged(sequence.name, file)
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
    started = time.monotonic()
    try:
        experiment.execute(tracker, watched(experiment, sequence, progress), force, progress)
    except TrackerException as error:
        output = error.log or ""
        log = _write_log(experiment, tracker, output)
        lines = [line for line in output.splitlines() if line.strip() and TRAX not in line]
        reason = str(error)
        late = TOO_SLOW.search(reason)
        died = late is not None and time.monotonic() - started < float(late[1])
        if died and (told := QUIT_REASON.search(output)):
            reason = f"Server terminated the session: {told[1]}"
        elif (died or reason.endswith(NO_REASON)) and lines:
            reason = f"the tracker gave no reason: {lines[-1]}"
        return Failure(*where, reason, _without_our_traceback(lines)[-TAIL_LINES:], log)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = f"the disk is full: {error}" if full else _describe(error)
        return Failure(*where, reason, [], None, FULL_DISK if full else "", last=full)
    except Exception as error:  # data that can't be read, a reply that can't be used
        log = _write_log(experiment, tracker, traceback.format_exc())
        return Failure(*where, _describe(error), [], log)
    if not experiment.scan(tracker, sequence)[0]:
        return Failure(*where, "the run ended without an error, but results are missing")
    return None


def watched(
    experiment: Experiment, sequence: Sequence, progress: Callable[[float], None]
) -> Sequence:
    """The sequence, telling which frame is read; the toolkit's own experiments tell nothing."""
    if not isinstance(experiment, UnsupervisedExperiment):
        return sequence
    return WatchedFrames(sequence, list(range(len(sequence))), progress)


def _without_our_traceback(lines: list[str]) -> list[str]:
    """Without the traceback of an error that samurai raises on purpose: its message says all."""
    begin = next((n for n, line in enumerate(lines) if line.endswith(_TRACEBACK)), None)
    if begin is None:
        return lines
    end = next((n for n in range(begin + 1, len(lines)) if not lines[n].startswith(" ")), None)
    if end is None or not lines[end].startswith("samurai.errors."):
        return lines
    return [*lines[:begin], lines[end].partition(": ")[2], *lines[end + 1 :]]


def _describe(error: Exception) -> str:
    """The message; with the type, unless it is ours and says everything."""
    return str(error) if type(error) is RuntimeError else f"{type(error).__name__}: {error}"


def _write_log(experiment: Experiment, tracker: Tracker, text: str) -> Path | None:
    with contextlib.suppress(OSError), experiment.log(tracker.identifier) as file:
        file.write(text)
        return Path(file.name)
    return None
