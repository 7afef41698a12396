"""Memory over ten thousand frames, and what a process holds before the first one.

The tracker process runs a bundled sequence at its own size, forward and backward, and notes its
memory along the way. What grows with the video shows as a slope, in KiB per 1,000 frames: that of
the least-squares line through the samples after the start, and the median of the slopes between all
pairs of them. A step, as when the allocator takes another block, shows in the first only, a leak in
both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2

from benchmarks.footage import pictures
from benchmarks.speed.arithmetic import median_slope, slope
from benchmarks.speed.film import SEQUENCE, Film, loop, make_film
from benchmarks.speed.race import closing
from benchmarks.speed.served import Instruments
from benchmarks.speed.variant import Variant
from benchmarks.speed.wire import TrackerProcess
from benchmarks.where import where

SAMPLES = 200
"""Along a whole run."""

START = 0.05
"""Share of a run that counts as its start, in which caches fill."""


def run(
    variants: Sequence[Variant],
    startups: Sequence[Variant],
    objects: int,
    frames: int,
    device: str,
    scratch: Path,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """The curve of every variant, and the memory at the start of others."""
    logs = scratch / "logs"
    logs.mkdir()
    film = loop(_native_film(scratch / "film"), frames)
    curves = []
    for variant in variants:
        tell(f"{frames} frames: {variant.label}")
        curves.append(_curve(variant, film, objects, logs))
    started = []
    for variant in startups:
        tell(f"start: {variant.label}")
        started.append(_startup(variant, logs))
    return {
        "kind": "memory",
        "where": where(),
        "device": device,
        "curves": curves,
        "startup": started,
    }


def _native_film(folder: Path) -> Film:
    """The whole bundled sequence at its own size."""
    first = cv2.imread(str(pictures(SEQUENCE)[0]))
    assert first is not None
    height, width = first.shape[:2]
    return make_film(folder, (width, height), len(pictures(SEQUENCE)))


def _curve(variant: Variant, film: Film, objects: int, logs: Path) -> dict[str, Any]:
    every = max(1, len(film) // SAMPLES)
    process = TrackerProcess(variant, logs, Instruments(sample_every=every))
    with closing([process]):
        lap = process.run(film, objects)
        report = process.close()
    return {
        "label": variant.label,
        "objects": objects,
        "size": film.size,
        "frames": len(film),
        "fps": len(film) / lap.total,
        **growth(report["samples"]),
        "samples": report["samples"],
        "peak": report["peak"],
    }


def growth(samples: Sequence[Sequence[float]]) -> dict[str, float]:
    """Slopes in KiB per 1,000 frames, of (frame, host MiB, device MiB) after the start: of the
    least-squares line, and the median between all pairs of samples."""
    begin = START * samples[-1][0]
    later = [sample for sample in samples if sample[0] >= begin]
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
    return {
        "label": variant.label,
        "weights": "random" if variant.random else "loaded",
        "variant": asdict(variant),
        **report["startup"],
        "peak": report["peak"],
        "hello": report["hello"],
    }
