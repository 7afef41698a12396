"""What looking for objects costs: a pass over a frame, tracking beside it, memory in the long run.

    python -m benchmarks.discovery pass                 # 640x480, nano, 16 clicks a side
    python -m benchmarks.discovery tracking --rounds 7  # frames/s with a budget over those without
    python -m benchmarks.discovery memory --frames 10000

`pass` times whole passes; `tracking` alternates rounds with and without a search within its budget;
`memory` lets found objects come and go. All write JSON.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.environment import write_result
from benchmarks.interactive import BOX, frames
from benchmarks.speed.arithmetic import median_slope
from benchmarks.speed.variant import Variant
from samurai import Box, Tracker
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number
from samurai.discovery import Discoverer, DiscoverySettings
from samurai.discovery.detectors import Detection, Words

Video = list[NDArray[np.uint8]]

LOOSE = {"points_per_side": 16, "min_predicted_iou": 0.5, "min_stability": 0.5}
"""Thresholds at which nano finds something, so that all steps of a pass are paid."""

ROUND = 60
"""Frames of a round of `tracking`."""

LIFE = 40
"""Frames after which `memory` takes an object out of the video."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def passes(tracker: Tracker, video: Video, rounds: int) -> dict[str, Any]:
    """Seconds of a pass of 16 x 16 clicks over a frame with nothing tracked in it."""
    times = []
    for number in range(rounds + 1):
        discoverer = Discoverer(DiscoverySettings(**LOOSE))  # type: ignore[arg-type]
        with tracker.session() as session:
            frame = video[number % len(video)]
            session.start(frame)
            begun = time.perf_counter()
            discoverer.look(session, frame, 0, [])
            times.append(time.perf_counter() - begun)
    return {"seconds": spread(times[1:])}


def tracking(tracker: Tracker, video: Video, rounds: int) -> dict[str, Any]:
    """Frames per second with a search within its default budget of live sources, over those
    without; rounds alternate, and the first one isn't counted."""
    ratios = []
    for _ in range(rounds + 1):
        alone = _rate(tracker, video, None)
        settings = DiscoverySettings(gap=1, budget=0.1, max_objects=9, **LOOSE)  # type: ignore[arg-type]
        ratios.append(_rate(tracker, video, Discoverer(settings)) / alone)
    return {"ratio": spread(ratios[1:]), "budget": 0.1}


def _rate(tracker: Tracker, video: Video, discoverer: Discoverer | None) -> float:
    with tracker.session() as session:
        session.start(video[0], {0: BOX})
        begun = time.perf_counter()
        for number in range(1, ROUND + 1):
            frame = video[number % len(video)]
            answers = session.step(frame)
            if discoverer is not None:
                discoverer.look(session, frame, number, answers)
        return ROUND / (time.perf_counter() - begun)


class Passing:
    """A detector that sees an object somewhere else in every pass."""

    def __init__(self) -> None:
        self._asked = 0

    def detect(self, frame: NDArray[np.uint8], words: Words) -> list[Detection]:
        """A box that wanders over the frame."""
        self._asked += 1
        x, y = 40 * (self._asked % 13), 60 * (self._asked % 5)
        return [Detection(words.names[0], 0.9, Box(x, y, 110, 130))]


def memory(tracker: Tracker, video: Video, count: int) -> dict[str, Any]:
    """Memory of the process while found objects come, are lost in black frames, and are retired."""
    settings = DiscoverySettings(gap=10, retire_after=5, max_objects=6, min_new=0.3, largest=0.9)
    discoverer = Discoverer(settings, words="thing", detector=Passing())
    process, samples, found = psutil.Process(), list[tuple[int, float]](), 0
    black = np.zeros_like(video[0])
    with tracker.session() as session:
        session.start(video[0])
        for number in range(1, count + 1):
            frame = black if number % LIFE >= LIFE - 6 else video[number % len(video)]
            before = set(session.object_ids)
            discoverer.update(session, frame, session.step(frame), number)
            found += len(set(session.object_ids) - before)
            if number % max(1, count // 200) == 0:
                samples.append((number, process.memory_info().rss / 2**20))
    later = samples[len(samples) // 10 :]
    grown = median_slope([each[0] for each in later], [1024 * each[1] for each in later])
    return {
        "frames": count,
        "found": found,
        "samples": samples,
        "kib_per_1000_frames": 1000 * grown,
        "first_mib": later[0][1],
        "last_mib": later[-1][1],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's docstring; returns the exit status, see `samurai.cli.ending`."""
    return status_of(lambda: _run(arguments), "benchmarks.discovery")


def _run(arguments: Sequence[str] | None) -> None:
    parser = Parser(prog="python -m benchmarks.discovery", description=__doc__)
    parser.add_argument("what", choices=("pass", "tracking", "memory"))
    parser.add_argument("--model", default="nano", help="a model (default: %(default)s)")
    parser.add_argument("--random", action="store_true", help="with random weights")
    parser.add_argument("--rounds", type=whole_number(1), default=7, help="default: %(default)s")
    parser.add_argument("--frames", type=whole_number(50), default=10000, help="of memory")
    parser.add_argument("--output", type=Path, help="a JSON file; benchmarks/results if not named")
    parsed = parser.parse_args(arguments)
    variant = Variant(parsed.model, random=parsed.random)
    tracker, video = variant.tracker(), frames()
    tracker.warm_up()
    if parsed.what == "memory":
        result = memory(tracker, video, parsed.frames)
    else:
        measure = passes if parsed.what == "pass" else tracking
        result = measure(tracker, video, parsed.rounds)
    shown = {name: value for name, value in result.items() if name != "samples"}
    print(json.dumps(shown))
    write_result(
        {"kind": f"discovery-{parsed.what}", "model": variant.label, **result}, parsed.output
    )


if __name__ == "__main__":
    raise SystemExit(main())
