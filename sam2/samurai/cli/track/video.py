"""One video of `samurai track`: opened, tracked as a job, and written."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from samurai.cli.track.discovery import discoverer_of
from samurai.cli.track.inputs import check_same_span, span_of, warn
from samurai.cli.track.outputs import OutputOptions, Outputs
from samurai.cli.track.plan import VideoPlan
from samurai.cli.track.progress import TrackProgress
from samurai.cli.track.prompts import same_prompt
from samurai.cli.track.show import shown
from samurai.cli.track.style import style_of
from samurai.cli.track.summary import Summary
from samurai.core.snapshots import Snapshot
from samurai.discovery import Discoverer
from samurai.errors import DeviceError, PromptError, SourceError
from samurai.jobs.folder import delete_job, holds_job
from samurai.jobs.job import Job
from samurai.jobs.plan import union
from samurai.regions import ObjectId
from samurai.spelling import counted
from samurai.tracker import Tracker
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import Source, VideoFrame, VideoInfo
from samurai.video.sources.live import LiveSource
from samurai.video.tracked import TrackedFrame

RATE = 25.0
"""Frames per second of videos from images, which have none."""


@dataclass
class Run:
    """What all videos of a command share.

    Attributes:
        parsed: the command line.
        device: of the tracker, as its setting says.
        tracker: loads the tracker, or returns the loaded one.
        stop: is set when the run has to end.
        like: of the first video, for the others.
        labels: names of objects, those of the first video included.
    """

    parsed: argparse.Namespace
    device: str
    tracker: Callable[[], Tracker]
    stop: threading.Event
    like: Snapshot | None = None
    labels: dict[ObjectId, str] = field(default_factory=dict)


class FrameLimit(threading.Event):
    """Set once the run has to end, or so many frames were tracked; None sets no limit."""

    def __init__(self, stop: threading.Event, most: int | None) -> None:
        super().__init__()
        self._stop, self._most, self.count = stop, most, 0

    def is_set(self) -> bool:
        """See the class."""
        return self._stop.is_set() or (self._most is not None and self.count >= self._most)


def track_video(plan: VideoPlan, run: Run, source: Source, prompts: Sequence[ObjectPrompt]) -> None:
    """Track one source, and write its outputs.

    Raises:
        SamuraiError: it can't be done; what was tracked before is written.
    """
    complete = source.info.live  # which can't be gone on with
    resumed = run.parsed.resume and holds_job(plan.job)
    try:
        opened = _resumed_job if resumed else _new_job
        with (
            discoverer_of(run.parsed, run.device, source.info.live) as discoverer,
            opened(plan, run, source, prompts) as job,
        ):
            labels = _labels(run, job)
            with shown(run.parsed, plan, job, source, run.tracker, labels, run.stop):
                complete |= _tracked(plan, run, source, job, resumed, discoverer)
            if run.parsed.like_first and run.like is None:
                run.like, run.labels = job.snapshot(), _labels(run, job)
    except BrokenPipeError:  # who reads our answers has enough
        complete |= all(target.is_standard_output for target in plan.targets)
        raise
    finally:
        if complete and not plan.keep:
            delete_job(plan.job)


def _resumed_job(plan: VideoPlan, run: Run, source: Source, prompts: Sequence[ObjectPrompt]) -> Job:
    """The job to go on with, and its further prompts."""
    job = Job.open(plan.job, source, run.tracker())
    try:
        check_same_span(run.parsed, span_of(run.parsed, source.info), job.span)
        _check_objects(plan, [*job.objects, *(prompt.object_id for prompt in prompts)])
        for prompt in prompts:
            if not any(same_prompt(prompt, known) for known in job.prompts):
                job.prompt(prompt)
    except BaseException:
        job.close()
        raise
    return job


def _new_job(plan: VideoPlan, run: Run, source: Source, prompts: Sequence[ObjectPrompt]) -> Job:
    """A new job, in place of an older one."""
    span = span_of(run.parsed, source.info)
    _check_objects(plan, [prompt.object_id for prompt in prompts])
    for prompt in prompts:
        try:
            span.place(prompt.frame_index, source.info.frame_count)
        except PromptError as error:
            raise PromptError(f"object {prompt.object_id!r}: {error}") from error
    tracker = run.tracker()
    delete_job(plan.job)
    try:
        return Job.create(plan.job, source, tracker, prompts, span, like=run.like)
    except BaseException:
        delete_job(plan.job)
        raise


def _check_objects(plan: VideoPlan, object_ids: Sequence[ObjectId]) -> None:
    """Raise where a format can't hold so many objects, before they are tracked."""
    for target in plan.targets:
        if target.export is not None:
            target.export.check_objects(object_ids)


def _tracked(
    plan: VideoPlan,
    run: Run,
    source: Source,
    job: Job,
    resumed: bool,
    discoverer: Discoverer | None,
) -> bool:
    """Run the job and write the outputs.

    Returns:
        Whether it came to its end.
    """
    parsed, info = run.parsed, source.info
    stream = None if parsed.quiet else sys.stderr
    status = partial(_status, source) if isinstance(source, LiveSource) else None
    total = _total(parsed, job, info, discoverer is not None)
    progress = TrackProgress(plan.name, total, stream, status)
    summary, complete = Summary(), False
    try:
        options = _output_options(run, job, info)
        with Outputs(plan.targets, info, options) as out:
            if job.span.direction == "forward" and not resumed:
                given = Streamed(progress, summary, options.labels, discoverer)
                complete = _streamed(source, job, out, given, run)
            else:
                complete = job.run(
                    lambda frame, _: progress.frame(frame.index),
                    stop=run.stop,
                    discoverer=discoverer,
                )
                options.labels.update(_labels(run, job))
                _write_results(source, job, out, summary, complete)
    except (SourceError, DeviceError):
        _conclude(progress, summary.lines(plan, progress, _labels(run, job), _found(job)))
        raise
    finally:
        progress.close()
    _conclude(progress, summary.lines(plan, progress, _labels(run, job), _found(job)))
    if not complete:
        progress.say(summary.stopped(goes_on=not info.live and not summary.empty))
    return complete or (summary.empty and not resumed)


def _conclude(progress: TrackProgress, lines: Iterable[str]) -> None:
    """Say what it came to."""
    progress.close()
    for line in lines:
        progress.say(line)


@dataclass(frozen=True)
class Streamed:
    """What hears of frames as they are tracked.

    Attributes:
        progress, summary: of the run.
        labels: of the outputs; objects that are found get theirs while it goes on.
        discoverer: finds them; None where nobody does.
    """

    progress: TrackProgress
    summary: Summary
    labels: dict[ObjectId, str]
    discoverer: Discoverer | None


def _streamed(source: Source, job: Job, out: Outputs, heard: Streamed, run: Run) -> bool:
    """Write frames as they are tracked, those before the first prompt too."""
    first = min((prompt.frame_index for prompt in job.prompts), default=job.span.start)
    if source.info.seekable and out.needs_pixels and heard.discoverer is None:
        for frame in source.frames(job.span.start, first, job.span.stride):
            out.add(TrackedFrame(frame.index, (), frame.seconds, frame.name), frame.pixels)
    most = run.parsed.frames if source.info.live else None
    limit, known = FrameLimit(run.stop, most), set[ObjectId]()

    def answered(frame: VideoFrame, tracked: TrackedFrame) -> None:
        heard.progress.frame(frame.index)
        limit.count += 1
        heard.summary.add(tracked)
        names = {answer.object_id for answer in tracked.answers}
        if not names <= known:
            known.update(names)
            heard.labels.update(_labels(run, job))
        out.add(tracked, frame.pixels)

    try:
        complete = job.run(answered, stop=limit, discoverer=heard.discoverer)
    except (SourceError, DeviceError):
        out.finish()  # what was tracked is kept
        raise
    out.finish()
    return complete or not run.stop.is_set()


def _write_results(
    source: Source, job: Job, out: Outputs, summary: Summary, complete: bool
) -> None:
    """Write all answers that a job has; of a complete one the frames without answers, too."""
    if not out.needs_pixels:
        for tracked in job.results():
            summary.add(tracked)
            out.add(tracked, None)
        out.finish()
        return
    span, results = job.span, job.results()
    ahead = next(results, None)
    for frame in source.frames(span.start, span.stop, span.stride):
        if ahead is not None and ahead.index == frame.index:
            summary.add(ahead)
            out.add(ahead, frame.pixels)
            ahead = next(results, None)
        elif complete:
            out.add(TrackedFrame(frame.index, (), frame.seconds, frame.name), frame.pixels)
        if ahead is None and not complete:
            break
    out.finish()


def _total(parsed: argparse.Namespace, job: Job, info: VideoInfo, searched: bool) -> int | None:
    """How many frames will be tracked, if that can be known."""
    if info.live:
        most: int | None = parsed.frames
        return most
    if info.frame_count is None and job.span.stop is None:
        return None
    if searched:
        return job.span.places(info.frame_count)
    begin, stride = job.span.start, job.span.stride
    stale = union(
        ((frames.start - begin) // stride, (frames.stop - 1 - begin) // stride)
        for own in job.spans().values()
        for frames in own.stale
    )
    return sum(last - first + 1 for first, last in stale) or None


def _output_options(run: Run, job: Job, info: VideoInfo) -> OutputOptions:
    parsed = run.parsed
    audio = Path(info.name) if parsed.audio and info.has_audio else None
    if parsed.audio and audio is None:
        warn(f"{info.name} has no sound to be copied")
    rate = (info.rate or RATE) / job.span.stride
    return OutputOptions(style_of(parsed), _labels(run, job), rate, audio)


def _status(source: LiveSource) -> str:
    """Counters of a live source in words."""
    status = source.status
    words = [f"{status.dropped} skipped"]
    if status.latency is not None:
        words.append(f"latency {1000 * status.latency:.0f} ms")
    if status.reconnects:
        words.append(counted(status.reconnects, "reconnect"))
    return ", ".join(words)


def _labels(run: Run, job: Job) -> dict[ObjectId, str]:
    """Names of objects that have one."""
    own = {object_id: label for object_id, label in job.objects.items() if label}
    return {**run.labels, **own}


def _found(job: Job) -> dict[ObjectId, str]:
    """Why objects are there that nobody prompted."""
    return {each.object_id: each.reason for each in job.prompts if each.reason is not None}
