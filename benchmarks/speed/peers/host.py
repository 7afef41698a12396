"""The peer's side: a process that reads tasks from standard input, a JSON line each.

Standard output carries JSON lines only; whatever libraries print goes to the log.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.speed.errors import PeerAbsentError
from benchmarks.speed.timed_run import TimedRun


@dataclass(frozen=True)
class Task:
    """One pass over a video: a folder of 00000.jpg and so on, the size of its frames, boxes in
    the first one, and the first frame to be profiled (which takes time); None: no frame is."""

    folder: str
    size: tuple[int, int]
    boxes: list[tuple[float, float, float, float]]
    profile_from: int | None


Frames = Iterator[Callable[[], object]]
"""Functions that track one frame after the other."""

Opener = Callable[[Task], Frames]
"""Load a video: everything before the first frame."""


def host(prepare: Callable[[dict[str, Any]], Opener]) -> None:
    """Prepare a peer from the options of the command line, then run tasks until input ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    options = json.loads(sys.argv[1])
    import torch

    from benchmarks.speed.instrumented_server import device_memory

    if options["threads"] is not None:
        torch.set_num_threads(options["threads"])
    try:
        opener = prepare(options)
    except PeerAbsentError as error:
        print(json.dumps({"absent": str(error)}), file=out)
        return
    print(json.dumps({"ready": {"threads": torch.get_num_threads()}}), file=out)
    with torch.inference_mode():
        for line in sys.stdin:
            task = Task(**json.loads(line))
            print(json.dumps(_run(opener, task, torch.device(options["device"]))), file=out)
    print(json.dumps({"device_peak": device_memory(peak=True)}), file=out)


def _run(opener: Opener, task: Task, device: Any) -> dict[str, Any]:
    """Run a task: a `TimedRun`, or calls per profiled frame."""
    import torch

    from benchmarks.speed.profiled import FRAME, mean_calls, profiler, read_frames

    profile = profiler(device.type)
    ends, started = [], time.perf_counter()
    frames = opener(task)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    loaded = time.perf_counter()
    for number, track in enumerate(frames):
        if number == task.profile_from:
            profile.start()
        profiled = task.profile_from is not None and number >= task.profile_from
        with torch.profiler.record_function(FRAME) if profiled else nullcontext():
            track()
        ends.append(time.perf_counter())
    if task.profile_from is None:
        return asdict(TimedRun.between(started, loaded, ends))
    profile.stop()
    return mean_calls(read_frames(profile))
