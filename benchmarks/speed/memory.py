"""Memory over ten thousand frames, and of a process before the first one.

The tracker process runs a bundled sequence at its own size, forward and backward, and records its
memory. Growth with the video shows as a slope, in KiB per 1,000 frames: that of the least-squares
line through the samples after the start, and the median of the slopes between all pairs of them. A
step, as when the allocator takes another block, shows in the first only, a leak in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2

from benchmarks.environment import environment
from benchmarks.footage import pictures
from benchmarks.speed.arithmetic import median_slope, slope
from benchmarks.speed.processes import closing
from benchmarks.speed.trax_client import TrackerProcess
from benchmarks.speed.variant import Variant
from benchmarks.speed.video import SEQUENCE, Video, loop, make_video

SAMPLES = 200
"""Along a whole run."""

START = 0.05
"""Share of a run that counts as its start, in which caches fill."""


def run(
    curves: Sequence[Variant],
    startups: Sequence[Variant],
    objects: int,
    frames: int,
    device: str,
    scratch: Path,
    log: Callable[[str], None],
) -> dict[str, Any]:
    """The memory of some variants over many frames, and of others at their start."""
    result: dict[str, Any] = {"kind": "memory", "where": environment(), "device": device}
    result |= {"curves": [], "startup": []}
    logs = scratch / "logs"
    logs.mkdir()
    first = cv2.imread(str(pictures(SEQUENCE)[0]))
    assert first is not None
    native = make_video(scratch / "video", first.shape[1::-1], len(pictures(SEQUENCE)))
    for variant in curves:
        log(f"{frames} frames: {variant.label}")
        result["curves"].append(_curve(variant, loop(native, frames), objects, logs))
    for variant in startups:
        log(f"start: {variant.label}")
        result["startup"].append(_startup(variant, logs))
    return result


def _curve(variant: Variant, video: Video, objects: int, logs: Path) -> dict[str, Any]:
    process = TrackerProcess(variant, logs, sample_every=max(1, len(video) // SAMPLES))
    with closing([process]):
        timed = process.run(video, objects)
        report = process.close()
    samples, peak = report["samples"], report["peak"]
    about = {"label": variant.label, "objects": objects, "size": video.size, "frames": len(video)}
    speed = {"fps": len(video) / timed.total}
    return {**about, **speed, **growth(samples), "samples": samples, "peak": peak}


def growth(samples: Sequence[Sequence[float]]) -> dict[str, float]:
    """Slopes in KiB per 1,000 frames, of (frame, host MiB, device MiB) after the start: of the
    least-squares line, and the median between all pairs of samples."""
    later = [sample for sample in samples if sample[0] >= START * samples[-1][0]]
    frames = [sample[0] for sample in later]
    grown = {"from": frames[0]}
    for kind, place in ("host", 1), ("device", 2):
        values = [1000 * 1024 * sample[place] for sample in later]
        grown[f"{kind}_slope"] = slope(frames, values)
        grown[f"{kind}_median_slope"] = median_slope(frames, values)
    return grown


def _startup(variant: Variant, logs: Path) -> dict[str, Any]:
    """MiB after the import of the libraries, with the model, and after the warm-up."""
    process = TrackerProcess(variant, logs)
    with closing([process]):
        report = process.close()
    weights = "random" if variant.random else "loaded"
    about = {"label": variant.label, "weights": weights, "variant": asdict(variant)}
    return {**about, **report["startup"], "peak": report["peak"], "hello": report["hello"]}
