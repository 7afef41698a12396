"""Running the experiments that have no results yet, as `vot evaluate` does.

Unlike `vot evaluate`, it reports its progress, can be restricted to some sequences, detects
truncated result files of a killed run, and distinguishes a failed tracker from a successful one
(`vot evaluate` exits with 0 for both).
"""

from __future__ import annotations

import contextlib
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
from vot.experiment.multistart import MultiStartExperiment
from vot.tracker import Tracker, TrackerException

from samurai.runtime.whole_files import is_full
from vot_wrapper.toolkit import provenance, trajectories
from vot_wrapper.toolkit.folder_log import captured_output
from vot_wrapper.toolkit.runs import runs_of
from vot_wrapper.toolkit.shared_times import record_shared
from vot_wrapper.toolkit.watched import WatchedFrames
from vot_wrapper.toolkit.workspaces import EvaluationContext

_TRACEBACK = "Traceback (most recent call last):"
TAIL_LINES = 8  # of a failed tracker's output to show
NO_REASON = ": Unknown"  # libtrax, when the process ended without a message; its exit code follows
QUIT_REASON = re.compile(r'^@@TRAX:quit .*"trax\.reason=(.*)"\s*$', re.MULTILINE)
TOO_SLOW = re.compile(r"did not reply in (\d+) seconds")  # the toolkit, also when the process died
REPAIR = "complete the sequence's folder; the experiment skips it until then"
ALL_ALIKE = "every sequence fails with this error; the others weren't tried"
FULL_DISK = "free space on the disk of the workspace; then the same command continues"
HOPELESS = 3  # sequences that fail for one reason, and none succeeds: the others will fail, too
FAILS = "the tracker process fails: "  # in the log of vot_wrapper.trax.process
TRAX = "@@TRAX:"  # begins a protocol message


@dataclass(frozen=True)
class Failure:
    """Why a tracker has no results for a sequence of an experiment.

    Attributes:
        sequence: its name; "" where the whole experiment can't be run.
        output: the last lines of the tracker's output.
        log: file with its whole output.
        remedy: what to do before the command is repeated; "" where nothing has to be done.
        last: whether other sequences would fail for the same reason.
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
    """Receives findings about result files."""

    def damaged(self, sequence: str, result: str) -> None:
        """A truncated result file was removed; it will be computed again."""


class RunObserver(ResultObserver, Protocol):
    """Receives the progress of a tracker."""

    def experiment(self, name: str, kept: int, count: int) -> None:
        """An experiment begins; `kept` of `count` sequences have their results already."""

    def sequence(self, name: str, number: int, count: int, frames: int = 0) -> None:
        """A sequence of it begins, the `number`th of those to be run; 0 frames are unknown."""

    def progress(self, part: float) -> None:
        """The part of the sequence that is done, 0..1."""

    def finished(self, seconds: float) -> None:
        """The sequence is complete."""

    def failed(self, failure: Failure) -> None:
        """A sequence, or a whole experiment, has no results; the others go on."""


@dataclass(frozen=True)
class Survey:
    """The state of an experiment's sequences before a run.

    Attributes:
        count: usable sequences.
        missing: those of them without complete results.
        failures: reasons why the others can't be used.
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
    """Run a tracker's missing results, or everything; a failure doesn't end the run.

    Results are written at once, so that a later call continues where this one ended. The remaining
    sequences are skipped where they would fail too: on a full disk, or when all so far fail alike.

    Args:
        timed_only: run the real-time experiments only.
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
            frames = frames_to_run(experiment, tracker, sequence, force)
            observer.sequence(sequence.name, number, len(missing), frames)
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
    """Whether every sequence failed, always for the same reason."""
    return len(reasons) >= HOPELESS and len(set(reasons)) == 1 and reasons[0] != ""


def survey_runs(
    experiment: Experiment,
    tracker: Tracker,
    chosen: list[Sequence],
    observer: ResultObserver,
    force: bool,
) -> Survey:
    """Survey an experiment's sequences; truncated results are removed.

    Unusable sequences become failures; the others are run.
    """
    where = (tracker.identifier, experiment.identifier)
    try:
        sequences = experiment.transform(chosen)
    except Exception as error:  # unusable or unreadable data
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
    """Whether a sequence has all its results; truncated ones are removed.

    A process that is killed while writing leaves a file that the toolkit accepts as a result, and
    whose analysis then fails.
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
    """Run one sequence of an experiment; returns its failure, or None.

    Args:
        progress: called with the part that is done, 0..1.
        force: replace existing results.
    """
    where = (tracker.identifier, experiment.identifier, sequence.name)
    started = time.monotonic()
    printed: list[str] = []
    try:
        with captured_output() as printed:
            _execute(experiment, tracker, sequence, progress, force)
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
        full = is_full(error)
        reason = f"the disk is full: {error}" if full else _describe(error)
        return Failure(*where, reason, [], None, FULL_DISK if full else "", last=full)
    except Exception as error:  # data that can't be read, a reply that can't be used
        if printed:  # by a tracker of the folder protocol
            return _of_folder(Failure(*where, _describe(error)), experiment, tracker, printed[0])
        log = _write_log(experiment, tracker, traceback.format_exc())
        return Failure(*where, _describe(error), [], log)
    if not experiment.scan(tracker, sequence)[0]:
        return Failure(*where, "the run ended without an error, but results are missing")
    return None


def _execute(
    experiment: Experiment,
    tracker: Tracker,
    sequence: Sequence,
    progress: Callable[[float], None],
    force: bool,
) -> None:
    """Run an experiment; the toolkit's own reports know no frames, and go back to 0 at the end."""
    frames = watched(experiment, sequence, progress)
    experiment.execute(tracker, frames, force, progress if frames is sequence else None)
    progress(1.0)


def _of_folder(failure: Failure, experiment: Experiment, tracker: Tracker, output: str) -> Failure:
    """The failure of a tracker that is run by folders, with what it printed."""
    lines = [line for line in output.splitlines() if line.strip()]
    told = [line.partition(FAILS)[2] for line in lines if FAILS in line]
    return replace(
        failure,
        reason=told[-1] if told else f"{failure.reason}: {lines[-1] if lines else 'no output'}",
        output=_without_our_traceback(lines)[-TAIL_LINES:],
        log=_write_log(experiment, tracker, output),
    )


def watched(
    experiment: Experiment, sequence: Sequence, progress: Callable[[float], None]
) -> Sequence:
    """The sequence, wrapped to report which frame is read; the toolkit's experiments report
    nothing."""
    if not isinstance(experiment, UnsupervisedExperiment):
        return sequence
    frames = list(range(len(sequence)))
    return WatchedFrames(sequence, frames, progress, experiment.repetitions)


def frames_to_run(experiment: Experiment, tracker: Tracker, sequence: Sequence, force: bool) -> int:
    """How many frames `run_one` will track; 0 where that isn't known, as after failures."""
    if isinstance(experiment, MultiStartExperiment):
        runs = runs_of(experiment, tracker, sequence)
        return sum(len(run.frames) for run in runs if force or not run.exists)
    if isinstance(experiment, UnsupervisedExperiment):
        return len(sequence) * int(experiment.repetitions)
    return 0


def _without_our_traceback(lines: list[str]) -> list[str]:
    """The lines without the traceback of a samurai error, whose message is complete."""
    begin = next((n for n, line in enumerate(lines) if line.endswith(_TRACEBACK)), None)
    if begin is None:
        return lines
    end = next((n for n in range(begin + 1, len(lines)) if not lines[n].startswith(" ")), None)
    if end is None or not lines[end].startswith("samurai.errors."):
        return lines
    return [*lines[:begin], lines[end].partition(": ")[2], *lines[end + 1 :]]


def _describe(error: Exception) -> str:
    """The message of an error, with its type unless the message is ours."""
    return str(error) if type(error) is RuntimeError else f"{type(error).__name__}: {error}"


def _write_log(experiment: Experiment, tracker: Tracker, text: str) -> Path | None:
    with contextlib.suppress(OSError), experiment.log(tracker.identifier) as file:
        file.write(text)
        return Path(file.name)
    return None
