"""Times and memory of interactive use: previews, corrections, proposals, objects that come and go.

    python -m benchmarks.interactive time               # 640x480, nano
    python -m benchmarks.interactive time --model tiny --random
    python -m benchmarks.interactive stream --objects 10000

`time` prints medians with the lowest and highest value; `stream` adds an object in every frame,
removes it two frames later, and records the memory of the process. Both write JSON.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.environment import write_result
from benchmarks.footage import pictures, resized
from benchmarks.speed.arithmetic import median_slope, slope
from benchmarks.speed.variant import Variant
from samurai import Box, Points, Tracker
from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number
from samurai.core.proposals import Proposal, ProposalSettings
from samurai.core.session import Session

SIZE = (640, 480)
BOX = Box(240, 160, 120, 140)
CLICKS = Points([[300.0, 230.0], [250.0, 165.0]], [1, 0])
SAMPLES = 200


def frames() -> list[NDArray[np.uint8]]:
    """A bundled sequence as RGB frames of one size."""
    shown = [resized(picture, SIZE) for picture in pictures("camera")]
    return [np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8) for frame in shown]


def measured(call: Callable[[int], object], rounds: int) -> dict[str, float]:
    """Milliseconds of a call, which is told its round; the first one isn't counted."""
    times = []
    for number in range(rounds + 1):
        start = time.perf_counter()
        call(number)
        times.append(1000 * (time.perf_counter() - start))
    del times[0]
    return {"median": statistics.median(times), "least": min(times), "most": max(times)}


def tasks(
    tracker: Tracker, video: list[NDArray[np.uint8]]
) -> Iterator[tuple[str, Callable[[int], object]]]:
    """What is timed, by name. Frames alternate where a new frame is the point."""
    session = tracker.session()
    session.start(video[0], {"object": BOX})
    session.step(video[1])
    yield "box, new frame", lambda n: session.preview(video[n % len(video)], BOX)
    yield "box, same frame", lambda _: session.preview(video[0], BOX)
    yield "clicks, new frame", lambda n: session.preview(video[n % len(video)], CLICKS)
    yield "clicks, same frame", lambda _: session.preview(video[0], CLICKS)
    yield "correction", lambda _: session.correct("object", CLICKS, replace=True)
    yield "snapshot and restore", lambda _: go_back(session)


def go_back(session: Session) -> None:
    """Take a snapshot and restore it."""
    snapshot = session.snapshot()
    session.restore(snapshot)
    snapshot.close()


def time_all(variant: Variant, rounds: int) -> dict[str, Any]:
    """Milliseconds of previews, corrections and snapshots, and seconds of proposals."""
    tracker, video = variant.tracker(), frames()
    tracker.warm_up()
    rows = []
    for name, call in tasks(tracker, video):
        rows.append({"name": name, "unit": "ms", **measured(call, rounds)})
        print_row(rows[-1])
    for side in (16, 32):
        settings = ProposalSettings(side, min_predicted_iou=0.5, min_stability=0.5)
        found = len(tracker.propose(video[0], settings))
        times = measured(partial(propose, tracker, video[0], settings), max(1, rounds // 10))
        seconds = {key: value / 1000 for key, value in times.items()}
        name = f"proposals, {side} x {side} clicks"
        rows.append({"name": name, "unit": "s", "found": found, **seconds})
        print_row(rows[-1])
    return {"kind": "interactive", "model": variant.label, "random": variant.random, "rows": rows}


def propose(
    tracker: Tracker, frame: NDArray[np.uint8], settings: ProposalSettings, _: int
) -> list[Proposal]:
    """Everything on a frame."""
    return tracker.propose(frame, settings)


def print_row(row: dict[str, Any]) -> None:
    """One line of the table."""
    found = f"  {row['found']} found" if "found" in row else ""
    spread = f"{row['least']:.3g} to {row['most']:.3g}"
    print(f"{row['name']:28} {row['median']:8.3g} {row['unit']:2}  ({spread}){found}", flush=True)


def stream(variant: Variant, objects: int) -> dict[str, Any]:
    """Memory of the process while objects join in every frame and leave two frames later."""
    tracker, video, process = variant.tracker(), frames(), psutil.Process()
    tracker.warm_up(3)
    session = tracker.session()
    session.start(video[0])
    every, samples = max(1, objects // SAMPLES), []
    for number in range(objects):
        frame = video[(number + 1) % len(video)]
        session.step(frame, {number: BOX})
        if number >= 2:
            session.remove(number - 2)
        if number % every == 0:
            samples.append((number, process.memory_info().rss / 2**20, session.memory_bytes))
    later = samples[len(samples) // 10 :]
    places, sizes = [sample[0] for sample in later], [1024 * sample[1] for sample in later]
    grown = {
        "slope": 1000 * slope(places, sizes),
        "median_slope": 1000 * median_slope(places, sizes),
    }
    bank = max(sample[2] for sample in samples)
    print(
        f"{objects} objects: {samples[0][1]:.0f} MiB at first, {later[0][1]:.0f} after a tenth, "
        f"{later[-1][1]:.0f} at the end; {grown['median_slope']:.1f} KiB per 1,000 objects; "
        f"memory bank at most {bank / 1024:.0f} KiB"
    )
    return {"kind": "stream", "model": variant.label, "samples": samples, **grown, "bank": bank}


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's docstring; returns the exit status, see `samurai.cli.ending`."""
    return status_of(lambda: _run(arguments), "benchmarks.interactive")


def _run(arguments: Sequence[str] | None) -> None:
    parser = Parser(prog="python -m benchmarks.interactive", description=__doc__)
    parser.add_argument("what", choices=("time", "stream"), help="times, or memory of a stream")
    model = "a name of checkpoints/manifest.toml (default: %(default)s)"
    parser.add_argument("--model", default="nano", help=model)
    parser.add_argument("--random", action="store_true", help="random weights: for times alone")
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)"
    )
    parser.add_argument(
        "--rounds",
        type=whole_number(1),
        default=30,
        help="calls of each kind (default: %(default)s)",
    )
    parser.add_argument(
        "--objects",
        type=whole_number(1),
        default=10000,
        help="objects of the stream (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, help="the JSON file (default: a new one in benchmarks/results)"
    )
    options = parser.parse_args(arguments)
    variant = Variant(options.model, random=options.random, device=options.device)
    if options.what == "time":
        result = time_all(variant, options.rounds)
    else:
        result = stream(variant, options.objects)
    write_result(result, options.output, f"-{options.model}")


if __name__ == "__main__":
    raise SystemExit(main())
