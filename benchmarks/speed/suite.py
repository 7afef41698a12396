"""Runs a plan: races, every variant in parts, the network alone; all of it as one result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.arithmetic import percentiles, ratio
from benchmarks.speed.components import AFTER_REPLY, PARTS
from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.film import Film, make_film
from benchmarks.speed.lap import Contestant, Lap
from benchmarks.speed.model_only import measured
from benchmarks.speed.peers.catalogue import Peer, peers
from benchmarks.speed.peers.process import PeerProcess
from benchmarks.speed.plan import FULL_MEMORY, Plan, Stage
from benchmarks.speed.race import Laps, closing, race
from benchmarks.speed.served import Instruments
from benchmarks.speed.variant import Variant
from benchmarks.speed.wire import TrackerProcess
from benchmarks.speed.work import work_of
from benchmarks.where import where

PRACTICE = 2
"""Frames that everybody runs before the first round on a CPU; on a GPU it is a whole lap, in which
whatever is compiled or recorded gets its shapes."""

Tell = Callable[[str], None]


def run(
    plan: Plan, scratch: Path, tell: Tell, keep: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Everything in the plan.

    Args:
        scratch: an empty folder for films, logs and reports.
        tell: gets a line for whoever waits.
        keep: gets the result as far as it is, after every stage.
    """
    result: dict[str, Any] = {
        "kind": "speed",
        "where": where(),
        "device": plan.device,
        "size": plan.size,
        "runs": [],
        "peers": [],
        "races": [],
        "work": {},
        "absent": [],
    }
    films = functools.cache(lambda frames: make_film(scratch / f"film{frames}", plan.size, frames))
    logs = scratch / "logs"
    logs.mkdir()
    for stage in plan.stages:
        _race(plan, stage, films, logs, result, tell)
        for variant in stage.inspected:
            _inspect(stage, variant, films, logs, result, tell)
            _run_alone(plan, stage, variant, result, tell)
        if stage.model not in result["work"]:
            result["work"][stage.model] = asdict(work_of(stage.model))
        keep(result)
    return result


def _race(
    plan: Plan,
    stage: Stage,
    films: Callable[[int], Film],
    logs: Path,
    result: dict[str, Any],
    tell: Tell,
) -> None:
    """One stage's race, its runs and peers and the ratios between them."""
    film = films(stage.frames)
    practice = films(min(PRACTICE, stage.frames)) if plan.device == "cpu" else film
    ours: list[TrackerProcess] = []
    theirs: list[PeerProcess] = []
    everybody: list[Contestant] = []
    with closing(everybody):
        for variant in stage.variants:
            ours.append(TrackerProcess(variant, logs))
            everybody.append(ours[-1])
            ours[-1].run(practice, stage.objects)
        for peer in peers(list(plan.peers)):
            started = _start(peer, stage, plan.device, practice, logs, result)
            if started is not None:
                theirs.append(started)
                everybody.append(started)
        laps = race(everybody, film, stage.objects, stage.rounds, tell)
        for process, variant in zip(ours, stage.variants, strict=True):
            result["runs"].append(_run(process, variant, stage, laps[process.label]))
        for other in theirs:
            result["peers"].append(_peer(other, stage, films, laps[other.label]))
    result["races"] += _ratios(stage, laps, [o.label for o in ours], [t.label for t in theirs])


def _start(
    peer: Peer,
    stage: Stage,
    device: str,
    practice: Film,
    logs: Path,
    result: dict[str, Any],
) -> PeerProcess | None:
    """A peer's process, warm; None, with the reason in the results, where it can't run."""
    reason = peer.absent(stage.model, device)
    if reason is None and stage.objects > peer.objects:
        reason = "it follows one object"
    if reason is None:
        try:
            process = PeerProcess(peer, stage.variants[0], logs)
            process.run(practice, stage.objects)
            return process
        except BenchmarkError as error:
            reason = str(error)
    entry = {"what": peer.label, "reason": reason}
    if entry not in result["absent"]:
        result["absent"].append(entry)
    return None


def _run(
    process: TrackerProcess, variant: Variant, stage: Stage, laps: Sequence[Lap]
) -> dict[str, Any]:
    """One variant end to end."""
    report = process.close()
    return {
        "label": variant.label,
        "objects": stage.objects,
        "variant": asdict(variant),
        "weights": "random: timing only" if variant.random else "loaded",
        "windows": variant.card().window is not None,
        **report["about"],
        **_end_to_end(laps),
        "hello": report["hello"],
        "startup": report["startup"],
        "peak": report["peak"],
    }


def _peer(
    process: PeerProcess, stage: Stage, films: Callable[[int], Film], laps: Sequence[Lap]
) -> dict[str, Any]:
    """One peer over the same film; its loading counts for the whole, not for a frame's latency."""
    counts = {}
    if stage.objects == 1 and stage.frames >= FULL_MEMORY + 1 + stage.count_frames:
        short = films(FULL_MEMORY + 1 + stage.count_frames)
        counts = process.count(short, stage.objects, FULL_MEMORY)
    return {
        "label": process.label,
        "model": stage.model,
        "objects": stage.objects,
        "loading": 1000 * sum(lap.loading for lap in laps) / (len(laps) * stage.frames),
        **_end_to_end(laps),
        "counts": counts,
        **process.close(),
    }


def _end_to_end(laps: Sequence[Lap]) -> dict[str, Any]:
    """Frames per second over whole laps, and latencies (ms) once the memory is full.

    Where laps are too short for that, the last two thirds of a lap stand for it.
    """
    length = len(laps[0].frames) + 1
    skipped = min(FULL_MEMORY, length // 3)
    settled = [1000 * seconds for lap in laps for seconds in lap.frames[skipped:]]
    return {
        "fps": length * len(laps) / sum(lap.total for lap in laps),
        "latency": percentiles(settled),
        "latencies": [round(value, 3) for value in settled],
        "skipped": skipped,
        "laps": [lap.total for lap in laps],
        "frames": length,
    }


def _ratios(
    stage: Stage, laps: Laps, ours: Sequence[str], theirs: Sequence[str]
) -> list[dict[str, Any]]:
    """Every variant against every peer, per round."""
    totals = {label: [lap.total for lap in mine] for label, mine in laps.items()}
    return [
        {"objects": stage.objects, "run": us, "peer": them, **ratio(totals[them], totals[us])}
        for us in ours
        for them in theirs
    ]


def _inspect(
    stage: Stage,
    variant: Variant,
    films: Callable[[int], Film],
    logs: Path,
    result: dict[str, Any],
    tell: Tell,
) -> None:
    """The parts of a frame, and what is counted, in a process of their own."""
    tell(f"in parts, {stage.objects} objects: {variant.label}")
    instruments = Instruments(parts=True, count_from=stage.inspect_frames)
    process = TrackerProcess(variant, logs, instruments)
    with closing([process]):
        process.run(films(stage.inspect_frames + 1 + stage.count_frames), stage.objects)
        report = process.close()
    skipped = min(FULL_MEMORY, stage.inspect_frames // 3)
    frames = report["frames"][1 + skipped :]
    recalled = np.mean(report["recalled"][-len(frames) * stage.objects :], axis=0)
    _entry(result, stage, variant).update(
        parts=parts_of(frames),
        to_reply=percentiles([1000 * (sum(f.values()) - f.get(AFTER_REPLY, 0.0)) for f in frames]),
        inspected=len(frames),
        counts=report["counts"],
        maps=float(recalled[0]),
        pointers=float(recalled[1]),
    )


def parts_of(frames: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Percentiles of every part, in ms, and of all of them together."""
    parts = {part: percentiles([1000 * frame.get(part, 0.0) for frame in frames]) for part in PARTS}
    return {**parts, "all": percentiles([1000 * sum(frame.values()) for frame in frames])}


def _run_alone(
    plan: Plan, stage: Stage, variant: Variant, result: dict[str, Any], tell: Tell
) -> None:
    tell(f"the network alone, {stage.objects} objects: {variant.label}")
    alone = measured(variant, stage.objects, plan.seconds)
    _entry(result, stage, variant)["network"] = alone


def _entry(result: dict[str, Any], stage: Stage, variant: Variant) -> dict[str, Any]:
    """The results of a variant with that many objects."""
    return next(
        run
        for run in result["runs"]
        if run["label"] == variant.label and run["objects"] == stage.objects
    )
