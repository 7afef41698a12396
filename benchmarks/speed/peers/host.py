"""The peer's side: a process that reads laps to run from standard input, a JSON line each.

Standard output carries JSON lines only; whatever libraries print goes to the log.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from benchmarks.speed.errors import PeerAbsentError

BoxList = list[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Lap:
    """Seconds, as `benchmarks.speed.lap.Lap`, and what was counted per frame if that was asked."""

    total: float
    loading: float
    frames: list[float]
    counts: dict[str, float]


@dataclass(frozen=True)
class Task:
    """One lap: a folder of 00000.jpg and so on, the size of its frames, boxes in the first one,
    and the number of the frame after which waits and launches are counted (which takes time)."""

    folder: str
    size: tuple[int, int]
    boxes: BoxList
    count_from: int | None


Runner = Callable[[Task], Lap]


def host(prepare: Callable[[dict[str, Any]], Runner]) -> None:
    """Prepare a runner from the options of the command line, then run laps until input ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    options = json.loads(sys.argv[1])
    if options["threads"] is not None:
        import torch

        torch.set_num_threads(options["threads"])
    try:
        run = prepare(options)
    except PeerAbsentError as error:
        _say(out, {"absent": str(error)})
        return
    _say(out, {"ready": _about()})
    for line in sys.stdin:
        _say(out, asdict(run(Task(**json.loads(line)))))
    _say(out, {"peak": _peak()})


def _say(out: TextIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


def _about() -> dict[str, Any]:
    import torch

    return {"threads": torch.get_num_threads()}


def _peak() -> dict[str, float]:
    from benchmarks.speed import resident

    return {"host": resident.peak_host(), "device": resident.peak_device()}
