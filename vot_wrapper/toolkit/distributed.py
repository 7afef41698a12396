"""Sequences over several processes, one per GPU or per share of the cores, on Ray.

The toolkit runs one sequence after another. Here every worker opens the same workspace (a folder
that is mounted on all machines), runs whole sequences, and writes the same files as a run without
workers; only the times depend on the worker. A worker that crashes is replaced and its sequence
runs again; finished results stay on disk. Real-time experiments measure the
clock, so they are left out: `samurai evaluate` runs them afterwards, alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from vot.tracker import Tracker

from samurai.fingerprints.fingerprint import Fingerprint
from samurai.runtime.ray_pool import RayPool, connect
from samurai.runtime.scheduling import Schedule
from vot_wrapper.toolkit import provenance
from vot_wrapper.toolkit.running import (
    ALL_ALIKE,
    Failure,
    ResultObserver,
    run_one,
    same_reason,
    survey_runs,
)
from vot_wrapper.toolkit.shared_times import record_shared
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

ATTEMPTS = 3
"""Runs of a sequence that crashes its worker, before it is given up."""


class WorkersObserver(ResultObserver, Protocol):
    """Receives the progress of the workers."""

    def plan(self, tracker: str, runs: int, kept: int, workers: int) -> None:
        """The run begins: `runs` sequences are left, `kept` are complete."""

    def started(self, worker: int, experiment: str, sequence: str) -> None:
        """A worker takes a sequence."""

    def part(self, worker: int, part: float) -> None:
        """The part of its sequence that a worker has done, 0..1."""

    def finished(self, worker: int, experiment: str, sequence: str, seconds: float) -> None:
        """A worker has completed a sequence."""

    def died(self, worker: int, experiment: str, sequence: str, reason: str) -> None:
        """A worker crashed; its sequence will be run again."""

    def failed(self, failure: Failure) -> None:
        """A sequence, or a whole experiment, has no results; the others go on."""

    def postponed(self, experiment: str) -> None:
        """A real-time experiment waits until no worker runs."""


@dataclass(frozen=True)
class Cluster:
    """The number of workers, and where they run.

    Attributes:
        workers: processes.
        address: of a running Ray cluster; None starts a local one for the run.
        stack: as given to `open_workspace`.
    """

    workers: int
    address: str | None = None
    stack: str | None = None


@dataclass(frozen=True)
class Task:
    """A sequence of an experiment, to be run."""

    experiment: str
    sequence: str


class WorkerActor:
    """A worker; Ray makes an actor of it.

    Args:
        folder, stack, trackers: as for `open_workspace`.
    """

    def __init__(self, folder: str, stack: str | None, trackers: tuple[str, ...]) -> None:
        registry = Path(folder) / "trackers.ini"
        self._opened = open_workspace(Path(folder), trackers, stack, (), registry, _silent)
        self._part = 0.0

    def run(self, tracker: str, task: Task, force: bool) -> Failure | None:
        """Run one sequence; returns its failure, or None."""
        self._part = 0.0
        found = next(t for t in self._opened.trackers if t.reference == tracker)
        experiment = self._opened.workspace.stack[task.experiment]
        sequences = experiment.transform(self._opened.sequences)
        sequence = next(s for s in sequences if s.name == task.sequence)
        failure: Failure | None = run_one(experiment, found, sequence, self._progress, force)
        return failure

    def part(self) -> float:
        """The part of the running sequence that is done, 0..1."""
        return self._part

    def _progress(self, part: float) -> None:
        self._part = part


def run_distributed(
    context: EvaluationContext,
    tracker: Tracker,
    cluster: Cluster,
    observer: WorkersObserver,
    force: bool,
) -> list[Failure]:
    """Run a tracker's missing results, or everything, on several workers.

    Returns:
        The failures; other sequences go on after one.

    Raises:
        ConfigurationError: Ray isn't there, or no cluster answers at the address.
    """
    tasks, kept, failures = _tasks(context, tracker, observer, force)
    workers = min(cluster.workers, max(1, len(tasks)))
    observer.plan(tracker.reference, len(tasks), kept, workers)
    for failure in failures:
        observer.failed(failure)
    if not tasks:
        return failures
    ray = _ray(cluster)
    run = _TrackerRun(context, tracker, cluster, observer, force)
    pool = _TrackerPool(ray, run, cluster.workers)
    Schedule(pool, run, ATTEMPTS).run(tasks, workers)
    return failures + run.failures


def _tasks(
    context: EvaluationContext, tracker: Tracker, observer: WorkersObserver, force: bool
) -> tuple[list[Task], int, list[Failure]]:
    """What is to be run, longest sequences first; how many are complete; and what can't be run."""
    tasks, kept = [], 0
    failures: list[Failure] = []
    for experiment in context.workspace.stack:
        if experiment.realtime is not None:
            observer.postponed(experiment.identifier)
            continue
        survey = survey_runs(experiment, tracker, context.sequences, observer, force)
        kept += survey.count - len(survey.missing)
        failures += survey.failures
        tasks += [(len(s), Task(experiment.identifier, s.name)) for s in survey.missing]
    tasks.sort(key=lambda item: -item[0])
    return [task for _, task in tasks], kept, failures


def _ray(cluster: Cluster) -> Any:
    return connect(cluster.address)


class _TrackerRun:
    """Keeps the provenance of results while workers make them, and collects the failures (the
    `Events` of samurai.runtime.scheduling)."""

    def __init__(
        self,
        context: EvaluationContext,
        tracker: Tracker,
        cluster: Cluster,
        observer: WorkersObserver,
        force: bool,
    ) -> None:
        self.arguments = (str(context.folder), cluster.stack, (tracker.reference,))
        self.tracker = tracker
        self.failures: list[Failure] = []
        self._folder = context.folder
        self._made_with = provenance.fingerprint_of(tracker)
        self._watcher = observer
        self._force = force
        self._several = cluster.workers > 1
        self._reasons: list[str] = []  # of the sequences that were tried; "" for success

    def anew(self, task: Task) -> bool:
        """Note that a sequence begins; whether it begins at its first frame."""
        return provenance.begin(self._folder, *self._made(task)) or self._force

    def started(self, worker: int, task: Task) -> None:
        """A worker takes a sequence."""
        self._watcher.started(worker, task.experiment, task.sequence)

    def part(self, worker: int, part: float) -> None:
        """The part of its sequence that a worker has done."""
        self._watcher.part(worker, part)

    def finished(self, worker: int, task: Task, result: Failure | None, seconds: float) -> bool:
        """Note a sequence's results or its failure; False after one that the others would share."""
        self._reasons.append("" if result is None else result.reason)
        if result is None:
            provenance.note(self._folder, *self._made(task))
            where = (self._folder, self.tracker, {task.sequence}, task.experiment)
            record_shared(*where, shared=self._several)
            self._watcher.finished(worker, task.experiment, task.sequence, seconds)
            return True
        if same_reason(self._reasons):
            result = replace(result, last=True, remedy=ALL_ALIKE)
        self._fail(result)
        return not result.last

    def died(self, worker: int, task: Task, reason: str) -> None:
        """A worker crashed."""
        self._watcher.died(worker, task.experiment, task.sequence, reason)

    def given_up(self, worker: int, task: Task, reason: str) -> None:
        """A sequence crashed its last worker."""
        where = (self.tracker.identifier, task.experiment, task.sequence)
        self._fail(Failure(*where, f"{ATTEMPTS} workers crashed on it: {reason}"))

    def _fail(self, failure: Failure) -> None:
        self._watcher.failed(failure)
        self.failures.append(failure)

    def _made(self, task: Task) -> tuple[Tracker, str, str, Fingerprint]:
        return self.tracker, task.experiment, task.sequence, self._made_with


class _TrackerPool(RayPool[Task, "Failure | None"]):
    """Actors that run a tracker's sequences."""

    def __init__(self, ray: Any, run: _TrackerRun, workers: int) -> None:
        super().__init__(ray, WorkerActor, run.arguments, workers)
        self._run = run

    def give(self, worker: Any, task: Task) -> Any:
        """Begin a sequence."""
        return worker.run.remote(self._run.tracker.reference, task, self._run.anew(task))


def _silent(_: str) -> None:
    """Drops the lines of `open_workspace`, which were printed once already."""
