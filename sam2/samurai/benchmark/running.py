"""Runs trackers on a data set: what is done is kept, the rest goes to workers."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from samurai.benchmark.progress import Progress
from samurai.benchmark.prompts import PromptRule
from samurai.benchmark.run_record import (
    FORMAT,
    RunRecord,
    SequenceNote,
    first_pixels,
    forget_results,
    frames_of,
    input_digest,
    survey,
)
from samurai.benchmark.storage import OF_A_RUN
from samurai.benchmark.workers import Job, Outcome, SequenceActor, SequenceBench, Task
from samurai.config import TrackerConfig
from samurai.datasets.base import AnySequence, Dataset
from samurai.errors import ConfigurationError, DatasetError
from samurai.fingerprints.fingerprint import (
    CODE,
    VERSION,
    WEIGHTS,
    Fingerprint,
    digest,
    tracker_fingerprint,
)
from samurai.runtime.locking import locked
from samurai.runtime.processes import ProcessPool
from samurai.runtime.scheduling import InlinePool, Pool, Schedule
from samurai.runtime.whole_files import storing
from samurai.spelling import counted

LOCK = ".lock"
ATTEMPTS = 2
"""Runs of a sequence that crashes its worker: it goes back once."""

ROOTS = ("samurai.tracker", "samurai.benchmark.workers")
"""Modules between image and result file, with all that they import."""

RunningScore = Callable[[Sequence[AnySequence], Path], str]
"""Takes newly finished sequences and the folder of results; the score so far in a few words."""


@dataclass(frozen=True)
class Contender:
    """A tracker of a benchmark.

    Attributes:
        name: of its folder.
        config: its settings.
        environment: further variables of its process.
    """

    name: str
    config: TrackerConfig
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunOptions:
    """How a benchmark is run.

    Attributes:
        results: folder of all results.
        rule: how a first box becomes a prompt.
        first: frames of a smoke run; None for whole sequences.
        workers: processes on this machine, or actors on the cluster; None: one per device.
        devices: such as "cuda:0"; empty: that of the tracker's settings.
        address: of a Ray cluster; None for this machine.
        force: whether what is done is made anew.
        load: see `Job.load`.
    """

    results: Path
    rule: PromptRule = "pixels"
    first: int | None = None
    workers: int | None = None
    devices: tuple[str, ...] = ()
    address: str | None = None
    force: bool = False
    load: Callable[[TrackerConfig, int], Any] | None = None

    @property
    def count(self) -> int:
        """Of workers."""
        return self.workers or max(1, len(self.devices))


@dataclass(frozen=True)
class RunResult:
    """What became of a run.

    Attributes:
        folder: of the tracker's results.
        faults: reasons by sequence for those without results.
        notes: by sequence, of all that have any.
    """

    folder: Path
    faults: Mapping[str, str]
    notes: Mapping[str, tuple[str, ...]]


def tracker_folder(dataset: Dataset, name: str, options: RunOptions) -> Path:
    """The folder of a tracker's results. Smoke runs have one of their own."""
    smoke = "" if options.first is None else f"-first-{options.first}"
    return options.results / dataset.name / f"{name}{smoke}"


def run_tracker(
    dataset: Dataset,
    sequences: Sequence[AnySequence],
    contender: Contender,
    options: RunOptions,
    stream: TextIO,
    score: RunningScore | None = None,
) -> RunResult:
    """Run a tracker on those sequences that it has no results of.

    Args:
        stream: for the progress.
        score: for the progress.

    Raises:
        DatasetError: the folder has results of another run; nothing was changed.
        StorageError: a file can't be written. What is finished is kept, as after KeyboardInterrupt.
        SamuraiError: the tracker can't be loaded.
    """
    config = _fitting(dataset, contender.config)
    run = _Run(dataset, sequences, replace(contender, config=config), options, stream, score)
    return run.run()


def _fitting(dataset: Dataset, config: TrackerConfig) -> TrackerConfig:
    """The settings with which answers have the data set's form."""
    if config.offline:
        raise ConfigurationError(
            "a benchmark needs an answer to every frame at once: run it without offline"
        )
    return config if dataset.kind == "box" else config.changed(overlap=dataset.overlapping)


class _Run:
    """A tracker's run on a data set (the `Events` of runtime.scheduling)."""

    def __init__(
        self,
        dataset: Dataset,
        sequences: Sequence[AnySequence],
        contender: Contender,
        options: RunOptions,
        stream: TextIO,
        score: RunningScore | None,
    ) -> None:
        self._dataset, self._options, self._score = dataset, options, score
        self._per_object = dataset.kind == "mask" and dataset.overlapping
        self._folder = tracker_folder(dataset, contender.name, options)
        self._sequences = sequences
        self._contender = contender
        self._fingerprint = run_fingerprint(contender, options)
        self._faults: dict[str, str] = {}
        self._record = RunRecord({})
        self._progress: Progress
        self._stream = stream

    def run(self) -> RunResult:
        """See `run_tracker`."""
        with locked(self._folder / LOCK, self._taken):
            return self._run()

    def _run(self) -> RunResult:
        left = self._begin()
        tasks = [Task(each, frames_of(each, self._options.first)) for each in left]
        tasks.sort(key=lambda task: -task.frames)
        workers = min(self._options.count, max(1, len(tasks)))
        frames = sum(task.frames for task in tasks)
        title = f"{self._dataset.title}, {self._contender.name}"
        kept = len(self._sequences) - len(tasks)
        self._progress = Progress(title, len(tasks), frames, kept, self._stream)
        with closing(self._progress):
            if tasks:
                self._say_plan(len(tasks), kept, workers)
                self._count_kept({each.name for each in left})
                Schedule(self._pool(workers), self, ATTEMPTS).run(tasks, workers)
        names = [each.name for each in self._sequences]
        notes = {n: note.notes for n in names if (note := self._record.sequences.get(n))}
        return RunResult(self._folder, self._faults, {n: each for n, each in notes.items() if each})

    def started(self, worker: int, task: Task) -> None:
        """The progress counts frames."""

    def part(self, worker: int, part: float) -> None:
        """Frames of a worker's sequence that are done."""
        self._progress.part(worker, part)

    def finished(self, worker: int, task: Task, result: Outcome, seconds: float) -> bool:
        """A sequence's files are written, or it can't be run."""
        name, score = task.sequence.name, ""
        if result.fault:
            self._fail(task, result.fault)
        elif self._score is not None:
            score = self._score([task.sequence], self._folder)
        if result.notes:
            note = self._record.sequences[name]
            self._record.sequences[name] = replace(note, notes=result.notes)
            self._record.write(self._folder)
        self._progress.finished(worker, task.frames, score)
        return True

    def died(self, worker: int, task: Task, reason: str) -> None:
        """A worker crashed."""
        self._progress.lost(worker)
        self._progress.say(f"worker {worker + 1} crashed on {task.sequence.name}: {reason}")

    def given_up(self, worker: int, task: Task, reason: str) -> None:
        """A sequence crashed its worker again."""
        self._fail(task, f"{ATTEMPTS} workers crashed on it: {reason}")
        self._progress.finished(worker, task.frames)

    def _fail(self, task: Task, reason: str) -> None:
        self._faults[task.sequence.name] = reason
        self._progress.say(f"{task.sequence.name} has no results: {reason}")

    def _begin(self) -> Sequence[AnySequence]:
        """Note what will be run and with what; returns it."""
        empty = [each.name for each in self._sequences if not each.images]
        if empty:
            raise DatasetError(
                f"{self._dataset.title}: {empty[0]} and {len(empty) - 1} more have no images here. "
                "Remedy: name a root with images, or score results with --score-only"
            )
        options, record = self._options, RunRecord.read(self._folder)
        if record is not None and record.about.get("data_set") != self._dataset.name:
            raise DatasetError(
                f"{self._folder} holds results on {record.about.get('data_set')}, not on "
                f"{self._dataset.name}. Remedy: another --results or --name"
            )
        found = survey(
            *(self._folder, record, self._sequences, self._fingerprint),
            *(self._per_object, options.first),
        )
        found.refuse_mixing(self._folder, options.force)
        left = self._sequences if options.force else found.left
        self._note(record, left)
        stale = {name for names in found.other.values() for name in names}
        for each in left:
            if each.name in stale:
                forget_results(self._folder, each)
        self._record.write(self._folder)
        return left

    def _note(self, record: RunRecord | None, left: Sequence[AnySequence]) -> None:
        """The record of this run, with a note per sequence."""
        with storing(self._folder, OF_A_RUN):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._record = RunRecord(
            self._about(),
            dict(record.fingerprints) if record else {},
            dict(record.sequences) if record else {},
        )
        key = digest(self._fingerprint)
        self._record.fingerprints[key] = self._fingerprint
        for each in left:
            frames = frames_of(each, self._options.first)
            given = input_digest(each, self._options.first)
            self._record.sequences[each.name] = SequenceNote(key, given, frames)

    def _about(self) -> dict[str, Any]:
        made, config = self._fingerprint, self._contender.config
        code = {name: value for name, value in made.items() if name.startswith(CODE)}
        versions = {
            name[len(VERSION) :]: value for name, value in made.items() if name.startswith(VERSION)
        }
        return {
            "format": FORMAT,
            "data_set": self._dataset.name,
            "tracker": self._contender.name,
            "box": "pixels" if self._dataset.kind == "box" else None,
            "first_pixel": first_pixels(self._dataset, self._sequences),
            "prompt": self._options.rule,
            "first": self._options.first,
            "settings": config.texts(),
            "weights": made.get(WEIGHTS),
            "policy": config.policy,
            "code": digest(code),
            "device": made["device"],
            "dtype": config.dtype,
            "speed": config.speed,
            "versions": {"python": platform.python_version(), **versions},
        }

    def _taken(self, holder: str) -> Exception:
        return ConfigurationError(
            f"another run (process {holder}) writes into {self._folder}. Remedy: wait until it "
            "ends, or end it, or give this one another --name"
        )

    def _count_kept(self, left: set[str]) -> None:
        """Begin the running score with what is done."""
        kept = [each for each in self._sequences if each.name not in left]
        if self._score is not None and kept:
            self._progress.score(self._score(kept, self._folder))

    def _pool(self, workers: int) -> Pool[Task, Outcome]:
        options = self._options
        job = Job(
            *(self._contender.config, self._folder.absolute(), options.rule, self._per_object),
            *(options.devices, workers, self._contender.environment, options.load),
        )
        if options.address is not None:
            from samurai.runtime.ray_pool import RayPool, connect

            return RayPool(connect(options.address), SequenceActor, (job,), workers)
        if workers == 1 and not self._contender.environment:
            return InlinePool(partial(SequenceBench, job), self.part)
        return ProcessPool(partial(SequenceBench, job))

    def _say_plan(self, count: int, kept: int, workers: int) -> None:
        kept_text = f", {kept} done before" if kept else ""
        where = f" on {workers} workers" if workers > 1 else ""
        self._progress.say(
            f"{self._dataset.title}, {self._contender.name}: {counted(count, 'sequence')} to run"
            f"{where}{kept_text}"
        )


def run_fingerprint(contender: Contender, options: RunOptions) -> Fingerprint:
    """What decides a contender's results: as `tracker_fingerprint`, and how it is prompted.

    The device is that of this machine; of a cluster's the one that the settings name.
    """
    from samurai.runtime.device import resolve_device

    config = contender.config
    if options.address is None:
        device = resolve_device(options.devices[0] if options.devices else config.device)
        config = config.changed(device=device.type)
    environ = {**os.environ, **contender.environment}
    return {**tracker_fingerprint(config, environ, ROOTS), "prompt": options.rule}
