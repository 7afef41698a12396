"""Memory over a long video, the time to the first frame of one, and the latency of a live source
that is faster than the tracker."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.speed.arithmetic import median_slope
from benchmarks.track.clips import RATE, back_and_forth, first_box, frames, write_clip
from samurai import Tracker
from samurai.jobs import Job
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import VideoFrame
from samurai.video.sources.live import LiveSource
from samurai.video.sources.opening import open_source
from samurai.video.tracked import TrackedFrame
from samurai.video.writing.opening import open_writer

SMALL = (320, 240)

SETTLED = 10
"""Frames after which a live source and the tracker are in step."""


def memory(tracker: Tracker, count: int) -> dict[str, Any]:
    """The process's memory while a job tracks a long file and a video is written."""
    process, samples = psutil.Process(), []
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "long.mp4"
        write_clip(clip, SMALL, count)
        writer = open_writer(Path(folder) / "out.mp4", size=SMALL, rate=RATE)

        def answered(frame: VideoFrame, tracked: TrackedFrame) -> None:
            writer.add(frame.pixels, frame.seconds)
            if frame.index % 100 == 0:
                samples.append((frame.index, process.memory_info().rss / 2**20))

        with open_source(clip, warn=print) as source:
            prompts = [ObjectPrompt(1, 0, first_box(SMALL))]
            with Job.create(Path(folder) / "job", source, tracker, prompts) as job:
                job.run(answered)
        writer.finish()
    later = [sample for sample in samples if sample[0] >= count // 10]
    per_thousand = 1000 * 1024 * median_slope(*zip(*later, strict=True))
    print(
        f"{count} frames: {later[0][1]:.0f} MiB after a tenth, {later[-1][1]:.0f} at the end; "
        f"{per_thousand:.1f} KiB per 1,000 frames"
    )
    return {"kind": "track-memory", "samples": samples, "kib_per_1000": per_thousand}


def start(hours: float) -> dict[str, Any]:
    """Seconds from opening a long file to its first frame, and to a frame in its middle."""
    count = int(hours * 3600 * RATE)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "hours.mp4"
        write_clip(clip, (160, 120), count)
        first, middle = [], []
        for _ in range(5):
            began = time.perf_counter()
            with open_source(clip, warn=print) as source:
                next(iter(source.frames()))
                first.append(time.perf_counter() - began)
                source.frame(count // 2)
                middle.append(time.perf_counter() - began)
    print(
        f"{hours:g} hours ({count} frames): first frame after {max(first):.3f} s, "
        f"one of the middle after {max(middle):.3f} s (the slowest of 5)"
    )
    return {"kind": "track-start", "frames": count, "first": first, "middle": middle}


def latency(tracker: Tracker, count: int) -> dict[str, Any]:
    """Frames between what a live source shows and what is answered, at twice our rate."""
    rate = 2 * _rate(tracker)
    ages, stop = list[int](), threading.Event()
    source = open_source(f"lavfi:testsrc2=size={SMALL[0]}x{SMALL[1]}:rate={rate:.0f}", warn=print)
    assert isinstance(source, LiveSource)
    live: LiveSource = source

    def answered(frame: VideoFrame, tracked: TrackedFrame) -> None:
        ages.append(live.status.received - 1 - frame.index)
        if len(ages) >= count:
            stop.set()

    with live, tempfile.TemporaryDirectory() as folder:
        prompts = [ObjectPrompt(1, 0, first_box(SMALL))]
        with Job.create(Path(folder) / "job", live, tracker, prompts) as job:
            job.run(answered, stop=stop)
    behind = np.percentile(ages[SETTLED:], (50, 95, 100))
    print(
        f"live at {rate:.0f} frames/s, twice our rate: {behind[0]:.0f} frames behind "
        f"(95 %: {behind[1]:.0f}, most: {behind[2]:.0f})"
    )
    return {"kind": "track-latency", "rate": rate, "behind": ages}


def _rate(tracker: Tracker) -> float:
    """Frames per second of the tracker on the same frames."""
    shown: list[NDArray[np.uint8]] = list(back_and_forth(frames(SMALL), 60))
    with tracker.session() as session:
        session.start(shown[0], {1: first_box(SMALL)})
        began = time.perf_counter()
        for frame in shown[1:]:
            session.step(frame)
            session.update_memory_async()
    return (len(shown) - 1) / (time.perf_counter() - began)
