"""Workers of a benchmark: each loads a tracker once and runs whole sequences."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samurai.benchmark.box_run import run_boxes
from samurai.benchmark.mask_files import MaskWriter
from samurai.benchmark.mask_run import run_masks
from samurai.benchmark.prompts import PromptRule
from samurai.benchmark.run_files import write_answers
from samurai.config import TrackerConfig
from samurai.datasets.base import AnySequence, MaskSequence
from samurai.errors import SamuraiError, StorageError
from samurai.loading import load_tracker
from samurai.runtime.scheduling import ends_everything


@dataclass(frozen=True)
class Job:
    """How sequences are run, the same for all workers.

    Attributes:
        config: of the tracker.
        folder: of its results.
        rule: how a first box becomes a prompt.
        per_object: whether masks of objects get files of their own.
        devices: worker i runs on device i modulo their number; empty: on that of the config.
        workers: how many share this machine's cores.
        environment: variables that the tracker's process needs.
        load: makes the tracker; must be importable in another process.
    """

    config: TrackerConfig
    folder: Path
    rule: PromptRule
    per_object: bool
    devices: tuple[str, ...] = ()
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    load: Callable[[TrackerConfig, int], Any] | None = None


@dataclass(frozen=True)
class Task:
    """A sequence and how many of its frames are tracked."""

    sequence: AnySequence
    frames: int


@dataclass(frozen=True)
class Outcome:
    """A sequence whose files are written.

    Attributes:
        notes: what a reader of the scores should know.
        fault: why it has no results instead; "" where it has.
    """

    notes: tuple[str, ...] = ()
    fault: str = ""


class SequenceBench:
    """A loaded tracker that runs sequences.

    Args:
        job: how.
        number: of the worker.

    Raises:
        SamuraiError: the tracker can't be loaded.
    """

    def __init__(self, job: Job, number: int) -> None:
        self._job = job
        os.environ.update(job.environment)
        config = job.config
        if job.devices:
            config = config.changed(device=job.devices[number % len(job.devices)])
        self._tracker = (job.load or load_tracker)(config, job.workers)

    def run(self, task: Task, progress: Callable[[float], None]) -> Outcome:
        """Run a sequence and write its files; what can't be run says why.

        Raises:
            StorageError: a file can't be written.
        """
        try:
            return self._run(task, progress)
        except StorageError:
            raise
        except SamuraiError as error:  # of this sequence alone
            return Outcome(fault=str(error))

    def _run(self, task: Task, progress: Callable[[float], None]) -> Outcome:
        sequence, job = task.sequence, self._job
        if isinstance(sequence, MaskSequence):
            folder = job.folder / sequence.name
            writer = MaskWriter(folder, sequence, job.per_object, task.frames)
            masks = run_masks(self._tracker, sequence, writer, task.frames, progress)
            write_answers(job.folder, sequence.name, masks)
            return Outcome(masks.notes)
        boxes = run_boxes(self._tracker, sequence, job.rule, task.frames, progress)
        write_answers(job.folder, sequence.name, boxes)
        return Outcome(boxes.notes)


class SequenceActor:
    """The same on Ray, which makes an actor of it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._bench: SequenceBench | None = None
        self._part = 0.0

    def run(self, task: Task) -> Outcome | SamuraiError:
        """Run a sequence; an error that ends everything is returned, to be raised again."""
        self._part = 0.0
        try:
            self._bench = self._bench or SequenceBench(self._job, 0)
            return self._bench.run(task, self._keep)
        except SamuraiError as error:
            assert ends_everything(error)
            return error

    def part(self) -> float:
        """Frames of the running sequence that are done."""
        return self._part

    def _keep(self, part: float) -> None:
        self._part = part
