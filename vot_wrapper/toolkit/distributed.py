"""Sequences over several processes, one per GPU or per share of the cores, on Ray.

The toolkit runs one sequence after another. Here every worker opens the same workspace (a folder
that is mounted on all machines), runs whole sequences, and writes the same files as a run without
workers; only the times depend on the worker. A worker that crashes is replaced and its sequence
runs again; finished results stay on disk. Real-time experiments measure the
clock, so they are left out: `samurai evaluate` runs them afterwards, alone.
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from vot.tracker import Tracker

from samurai.errors import ConfigurationError
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

POLL_SECONDS = 0.5

NO_RAY = (
    "--workers needs Ray, which isn't installed. Remedy: in the clone `make setup "
    "EXTRAS=distributed`, outside of one `pip install 'ray>=2.30'`"
)


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
    attempt: int = 1


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
    try:
        scheduler = _Scheduler(ray, context, tracker, cluster, observer, force)
        return failures + scheduler.work(tasks, workers)
    finally:
        ray.shutdown()


def _tasks(
    context: EvaluationContext, tracker: Tracker, observer: WorkersObserver, force: bool
) -> tuple[deque[Task], int, list[Failure]]:
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
    return deque(task for _, task in tasks), kept, failures


def _ray(cluster: Cluster) -> Any:
    try:
        import ray
    except ImportError as error:
        raise ConfigurationError(NO_RAY) from error
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    options: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
    if cluster.address is not None:
        options = {"address": cluster.address, "log_to_driver": False}
    try:
        ray.init(logging_level="ERROR", **options)
    except Exception as error:  # it raises bare ones too
        why = " ".join(str(error).split())
        if cluster.address is None:
            raise ConfigurationError(f"Ray doesn't start here: {why}") from error
        raise ConfigurationError(
            f"no Ray cluster answers at {cluster.address} ({why}): start one with `ray start "
            "--head`, or leave out --address"
        ) from error
    return ray


class _Scheduler:
    """Hands out tasks and replaces workers that crash."""

    def __init__(
        self,
        ray: Any,
        context: EvaluationContext,
        tracker: Tracker,
        cluster: Cluster,
        observer: WorkersObserver,
        force: bool,
    ) -> None:
        self._ray = ray
        self._arguments = (str(context.folder), cluster.stack, (tracker.reference,))
        self._folder = context.folder
        self._tracker = tracker
        self._made_with = provenance.fingerprint_of(tracker)
        self._watcher = observer
        self._force = force
        # With GPUs each worker gets its share of them and sees no other. Two calls at once: the
        # sequence, and the question how far it is.
        gpus = min(1.0, ray.cluster_resources().get("GPU", 0.0) / cluster.workers)
        self._bench = ray.remote(num_cpus=0, num_gpus=gpus, max_concurrency=2)(WorkerActor)
        self._several = cluster.workers > 1
        self._reasons: list[str] = []  # of the sequences that were tried; "" for success
        self._busy: dict[Any, tuple[int, Any, Task, float]] = {}

    def work(self, tasks: deque[Task], workers: int) -> list[Failure]:
        failures: list[Failure] = []
        for number in range(workers):
            self._hand_out(tasks, number, self._bench.remote(*self._arguments))
        while self._busy:
            done, _ = self._ray.wait(list(self._busy), timeout=POLL_SECONDS)
            for reference in done:
                failure = self._collect(reference, tasks)
                if failure is None:
                    continue
                self._watcher.failed(failure)
                failures.append(failure)
            self._ask()
        return failures

    def _hand_out(self, tasks: deque[Task], number: int, bench: Any) -> None:
        if not tasks:
            return
        task = tasks.popleft()
        self._watcher.started(number, task.experiment, task.sequence)
        made = (self._tracker, task.experiment, task.sequence, self._made_with)
        rerun = provenance.begin(self._folder, *made) or self._force
        reference = bench.run.remote(self._tracker.reference, task, rerun)
        self._busy[reference] = (number, bench, task, time.monotonic())

    def _collect(self, reference: Any, tasks: deque[Task]) -> Failure | None:
        """Collect a worker's result or its crash, and give it or its replacement the next task."""
        number, bench, task, started = self._busy.pop(reference)
        failure: Failure | None = None
        try:
            failure = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = " ".join(str(error).split())[:200]
            self._watcher.died(number, task.experiment, task.sequence, reason)
            bench = self._bench.remote(*self._arguments)
            if task.attempt < ATTEMPTS:
                tasks.appendleft(Task(task.experiment, task.sequence, task.attempt + 1))
            else:
                where = (self._tracker.identifier, task.experiment, task.sequence)
                failure = Failure(*where, f"{ATTEMPTS} workers crashed on it: {reason}")
        else:
            self._reasons.append("" if failure is None else failure.reason)
            if failure is not None and same_reason(self._reasons):
                failure = replace(failure, last=True, remedy=ALL_ALIKE)
            if failure is not None and failure.last:
                tasks.clear()
            if failure is None:
                made = (self._tracker, task.experiment, task.sequence, self._made_with)
                provenance.note(self._folder, *made)
                record_shared(
                    self._folder,
                    self._tracker,
                    {task.sequence},
                    task.experiment,
                    shared=self._several,
                )
                seconds = time.monotonic() - started
                self._watcher.finished(number, task.experiment, task.sequence, seconds)
        self._hand_out(tasks, number, bench)
        return failure

    def _ask(self) -> None:
        """The workers' progress; one that starts or crashes reports none."""
        for number, bench, _, _ in self._busy.values():
            try:
                self._watcher.part(number, self._ray.get(bench.part.remote(), timeout=0.2))
            except self._ray.exceptions.RayError:
                continue


def _silent(_: str) -> None:
    """Drops the lines of `open_workspace`, which were printed once already."""
