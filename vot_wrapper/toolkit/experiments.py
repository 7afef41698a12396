"""Experiments that vot-toolkit 0.9.0 offers but can't run, repaired.

0.9.0 moved its experiments from single regions to lists of queries. On the way three were
left behind: multi-start builds its query from the wrong type and never runs, every real-time
experiment wraps the tracker in a runtime that has no `run`, and supervised still speaks the old
interface. The classes here do what 0.7.4, the last version that ran them, did: the measures
computed from their results are equal to the digit (tests/toolkit/test_parity.py). Two things work
here and in no version of the toolkit: objects that start late in a real-time experiment, and
points, which the toolkit has but TraX hasn't.

They are registered under names of our own (group `vot_experiment`, setup.cfg), so a stack names
them in its `type:`; the toolkit's own names stay as they are. Being subclasses of the toolkit's
experiments they fit every analysis that fits the original, and write the same result files.
"""

from __future__ import annotations

from vot.dataset import Frame, Sequence
from vot.dataset.proxy import FrameMapSequence
from vot.experiment.multirun import SupervisedExperiment, UnsupervisedExperiment
from vot.experiment.multistart import MultiStartExperiment
from vot.experiment.transformer import Transformer
from vot.region import Mask, Point, Rectangle, Region, Special, calculate_overlap
from vot.tracker import (
    ObjectQuery,
    ObjectStatus,
    OnlineTrackerRuntime,
    RealtimeTrackerRuntime,
    Results,
    Tracker,
    TrackerRuntime,
    Trajectory,
)
from vot.tracker.trax import TraxTrackerRuntime
from vot.workspace import LocalStorage

from vot_wrapper.toolkit.runs import runs_of
from vot_wrapper.toolkit.watched import Progress, WatchedFrames

Reply = tuple[list[ObjectStatus], float]  # of a runtime: all objects so far, and its seconds


class Forwarding(OnlineTrackerRuntime):  # type: ignore[misc]  # vot has no types
    """A runtime that delegates to another one; subclasses change what passes through.

    "No new objects" is passed on as an empty list: the toolkit's real-time runtime passes None,
    which its TraX runtime rejects as an attempt to add objects.
    """

    def __init__(self, runtime: OnlineTrackerRuntime) -> None:
        super().__init__(runtime.tracker)
        self._runtime = runtime

    @property
    def multiobject(self) -> bool:
        """Whether the wrapped runtime tracks several objects in one process."""
        return bool(self._runtime.multiobject)

    def initialize(self, frame: Frame, new: list[ObjectStatus] | None = None) -> Reply:
        """The wrapped runtime's answer to the first frame."""
        return self._runtime.initialize(frame, new or [])  # type: ignore[no-any-return]

    def update(self, frame: Frame, new: list[ObjectStatus] | None = None) -> Reply:
        """The wrapped runtime's answer to a frame; `new`: objects that begin in it."""
        return self._runtime.update(frame, new or [])  # type: ignore[no-any-return]

    def restart(self) -> None:
        """Restart the tracker process."""
        self._runtime.restart()

    def stop(self) -> None:
        """Stop the tracker process."""
        self._runtime.stop()


class PointsOverTrax(Forwarding):
    """Carries points, for which TraX has no region, as rectangles of no size.

    A point is sent as a rectangle with the property `prompt = point`, which marks it as no broken
    box; an answer is read back as the point at its middle. The measure leaves out frames
    whose answer is not a point, so a tracker would gain by empty answers. An empty mask
    therefore repeats the last point.
    """

    def __init__(self, runtime: OnlineTrackerRuntime) -> None:
        super().__init__(runtime)
        self._last: list[Region] = []  # per object, in the order of introduction
        self._points: list[bool] = []

    def initialize(self, frame: Frame, new: list[ObjectStatus] | None = None) -> Reply:
        """Send the prompts as rectangles; points of earlier runs are forgotten."""
        self._last, self._points = [], []
        return self._back(super().initialize(frame, self._out(new or [])))

    def update(self, frame: Frame, new: list[ObjectStatus] | None = None) -> Reply:
        """Send new prompts as rectangles, and return answers to points as points."""
        return self._back(super().update(frame, self._out(new or [])))

    def _out(self, new: list[ObjectStatus]) -> list[ObjectStatus]:
        self._last += [status.region for status in new]
        self._points += [isinstance(status.region, Point) for status in new]
        return [
            ObjectStatus(
                Rectangle(status.region.x, status.region.y, 0, 0),
                {**status.properties, "prompt": "point"},
            )
            if isinstance(status.region, Point)
            else status
            for status in new
        ]

    def _back(self, reply: Reply) -> Reply:
        states, elapsed = reply
        triples = zip(states, self._last, self._points, strict=True)
        self._last = [
            _middle(state.region, last) if is_point else state.region
            for state, last, is_point in triples
        ]
        pairs = zip(self._last, states, strict=True)
        return [ObjectStatus(region, state.properties) for region, state in pairs], elapsed


def _middle(region: Region, last: Point) -> Point:
    """The middle of an answer's extent; the last point for an empty mask."""
    if isinstance(region, Mask):
        if not region.mask.any():  # is_empty() is also true for a mask of one column
            return last
        left, top, right, bottom = region.bounds()
        return Point((left + right + 1) / 2, (top + bottom + 1) / 2)
    box = Rectangle.convert(region)
    return Point(*box.center())


class RepairedRealtimeRuntime(RealtimeTrackerRuntime):  # type: ignore[misc]
    """The toolkit's real-time clock, able to run a whole sequence and to take late objects."""

    _time: float  # lag of the tracker in seconds

    run = OnlineTrackerRuntime.run

    def update(self, frame: Frame, new: list[ObjectStatus] | None = None) -> Reply:
        """Answers of all objects, and the tracker's seconds (0 for a frame that it missed).

        The toolkit refuses objects that start after the first frame, because the tracker may miss
        the frame that they start in. Here such a frame is never missed: it waits for the tracker,
        and the lag is added to the time of this reply.
        """
        if not new:
            return super().update(frame, None)  # type: ignore[no-any-return]
        backlog = (
            self._time if self._time > self._interval else 0.0
        )  # a shorter delay counts as on time, as in the toolkit
        self._time, self._status = 0, None
        status, elapsed = self._runtime.update(frame, new)
        if backlog + elapsed > self._interval:
            if self._countdown > 0:
                self._countdown -= 1
            else:
                self._time = backlog + elapsed - self._interval
                self._status = status
        return status, elapsed


class Repaired:
    """Marks a repaired experiment; lets any experiment run against the clock and with points."""

    identifier: str  # as every experiment has it: its name in the stack
    transformers: list[Transformer]
    storage: LocalStorage | None

    def transform(self, sequences: list[Sequence]) -> list[Sequence]:
        """The experiment's sequences.

        The toolkit makes transformers before it gives their experiment a storage, and then the
        one that keeps images, redetection, fails because it has none.
        """
        for transformer in self.transformers:
            if transformer._cache is None and self.storage is not None:
                folder = self.storage.substorage("cache").substorage("transformer")
                transformer._cache = folder
        return super().transform(sequences)  # type: ignore[misc, no-any-return]

    def _get_runtime(
        self, tracker: Tracker, sequence: Sequence, multiobject: bool = False
    ) -> TrackerRuntime:
        runtime = super()._get_runtime(tracker, sequence, multiobject)  # type: ignore[misc]
        timed = isinstance(runtime, RealtimeTrackerRuntime)
        inner = runtime._runtime if timed else runtime
        if isinstance(inner, TraxTrackerRuntime) and has_points(sequence):
            inner = PointsOverTrax(inner)
        if not timed:
            return inner
        # Deadline and grace are read back from the toolkit's own object, so that they can't
        # drift from how the toolkit computes them.
        return RepairedRealtimeRuntime(Forwarding(inner), runtime._grace, runtime._interval)


def has_points(sequence: Sequence) -> bool:
    """Whether any object of a sequence is annotated by points."""
    return any(isinstance(r, Point) for name in sequence.objects() for r in sequence.object(name))


def annotated(sequence: Sequence, frame: int) -> bool:
    """Whether the object of a sequence has a region in a frame, from which a run can start."""
    return not isinstance(sequence.groundtruth(frame), Special)


class RepairedMultiStart(Repaired, MultiStartExperiment):  # type: ignore[misc]
    """One run from every anchor: to the end of the sequence, or backwards to its start."""

    def scan(self, tracker: Tracker, sequence: Sequence) -> tuple[bool, list[str], Results]:
        """Whether all results are there, their files, and where they lie.

        Raises RuntimeError if the sequence has no anchor.
        """
        runs_of(self, tracker, sequence)  # says what is wrong where there is none
        return super().scan(tracker, sequence)  # type: ignore[no-any-return]

    def execute(
        self,
        tracker: Tracker,
        sequence: Sequence,
        force: bool = False,
        callback: Progress | None = None,
    ) -> None:
        """Runs what has no results yet (everything, if `force`) and writes one file per anchor.

        Raises RuntimeError if the sequence has no anchor, or one where nothing is annotated;
        TrackerException if the tracker fails.
        """
        runs = runs_of(self, tracker, sequence)
        self._require_regions(sequence, [run.frames[0] for run in runs])

        missing = [run for run in runs if force or not run.exists]
        total = sum(len(run.frames) for run in missing)
        done = 0  # frames of finished runs
        with self._get_runtime(tracker, sequence) as runtime:
            for run in missing:

                def progress(part: float, before: int = done, own: int = len(run.frames)) -> None:
                    if callback is not None:
                        callback((before + part * own) / total)

                (name,) = run.files.values()
                frames = WatchedFrames(sequence, run.frames, progress)
                self._run(runtime, frames).write(run.results, name)
                progress(1.0)
                done += len(run.frames)

    def _require_regions(self, sequence: Sequence, anchors: list[int]) -> None:
        """Checked before the first run, because the toolkit's own error names neither sequence nor
        frame."""
        bare = [str(frame + 1) for frame in sorted(anchors) if not annotated(sequence, frame)]
        if bare:
            raise RuntimeError(
                f"sequence {sequence.name}: no run can start in frame {', '.join(bare)}, where the "
                f"object isn't annotated: in {self.anchor}.value put the anchor (line "
                f"{', '.join(bare)}) on a frame in which it is visible"
            )

    def _run(self, runtime: TrackerRuntime, frames: FrameMapSequence) -> Trajectory:
        start = self._get_initialization(frames, 0)
        outcome = runtime.run(frames, [ObjectQuery(start.region, start.properties, 0)])

        trajectory = Trajectory(len(frames))
        trajectory.set(0, Special(Trajectory.INITIALIZATION), {"time": outcome.times[0]})
        for index in range(1, len(frames)):
            state = outcome.objects[0][index]
            properties = {**state.properties, "time": outcome.times[index]}
            trajectory.set(index, state.region, properties)
        return trajectory


class RepairedSupervised(Repaired, SupervisedExperiment):  # type: ignore[misc]
    """Re-initialization after every failure, as VOT measured until 2019."""

    def execute(
        self,
        tracker: Tracker,
        sequence: Sequence,
        force: bool = False,
        callback: Progress | None = None,
    ) -> None:
        """Runs the repetitions that have no results yet (all, if `force`) and writes each.

        Raises ValueError for several objects or a runtime that isn't driven frame by frame,
        TrackerException if the tracker fails.
        """
        if len(sequence.objects()) != 1:
            raise ValueError(f"supervised runs take one object, {sequence.name} has several")

        with self._get_runtime(tracker, sequence) as runtime:
            if not isinstance(runtime, (OnlineTrackerRuntime, RealtimeTrackerRuntime)):
                raise ValueError("supervised runs need a tracker that is driven frame by frame")

            for run in runs_of(self, tracker, sequence):
                if run.exists and not force:
                    continue
                if self._can_stop(tracker, sequence):
                    return
                trajectory = Trajectory(len(sequence))
                frame = 0
                while frame < len(sequence):
                    frame = self._run_until_failure(runtime, sequence, trajectory, frame)
                (name,) = run.files.values()
                trajectory.write(run.results, name)
                if callback is not None:
                    callback(run.repetition / self.repetitions)

    def _run_until_failure(
        self, runtime: TrackerRuntime, sequence: Sequence, trajectory: Trajectory, start: int
    ) -> int:
        """Tracks from `start` to a failure or the end; the frame at which to start again."""
        first = self._get_initialization(sequence, start)
        _, elapsed = runtime.initialize(sequence.frame(start), [first])
        trajectory.set(start, Special(Trajectory.INITIALIZATION), {"time": elapsed})

        for frame in range(start + 1, len(sequence)):
            (state,), elapsed = runtime.update(sequence.frame(frame), [])
            properties = {**state.properties, "time": elapsed}
            overlap = calculate_overlap(state.region, sequence.groundtruth(frame), sequence.size)
            if overlap <= self.failure_overlap:
                trajectory.set(frame, Special(Trajectory.FAILURE), properties)
                return self._next_start(sequence, frame + self.skip_initialize)
            trajectory.set(frame, state.region, properties)
        return len(sequence)

    def _next_start(self, sequence: Sequence, frame: int) -> int:
        """The first frame from `frame` on that has a region and none of the tags that forbid it."""
        while frame < len(sequence) and not self._may_start(sequence, frame):
            frame += 1
        return frame

    def _may_start(self, sequence: Sequence, frame: int) -> bool:
        forbidden = any(tag in self.skip_tags for tag in sequence.tags(frame))
        return annotated(sequence, frame) and not forbidden


class RepairedUnsupervised(Repaired, UnsupervisedExperiment):  # type: ignore[misc]
    """The unsupervised experiment; the toolkit's own fails in real time, with points, and at
    redetection."""
