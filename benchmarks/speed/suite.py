"""Runs a plan: all contestants end to end, every variant in parts, the network alone; as one
result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.environment import environment
from benchmarks.speed.arithmetic import percentiles, ratio
from benchmarks.speed.errors import BenchmarkError, PeerAbsentError
from benchmarks.speed.peers.catalog import CATALOG, Peer
from benchmarks.speed.peers.process import PeerProcess
from benchmarks.speed.plan import FULL_MEMORY, Plan, Stage
from benchmarks.speed.processes import Contestant, closing
from benchmarks.speed.profiled import AFTER_REPLY, FRAME, Frame, mean_calls
from benchmarks.speed.timed_run import TimedRun
from benchmarks.speed.trax_client import TrackerProcess
from benchmarks.speed.variant import Variant
from benchmarks.speed.video import Video, make_video

PRACTICE = 2
"""Warm-up frames of each contestant on a CPU; on a GPU it is a whole video, in which all shapes are
compiled or recorded."""

COUNTED = 4
"""Frames in which a peer's calls are counted."""

Log = Callable[[str], None]
Result = dict[str, Any]


@dataclass(frozen=True)
class Suite:
    """A running plan.

    Attributes:
        scratch: an empty folder for videos, logs and reports.
        log: called with a line about the progress.
        keep: called with the result so far, after every stage.
    """

    plan: Plan
    scratch: Path
    log: Log
    keep: Callable[[Result], object]

    def run(self) -> Result:
        """Run the whole plan."""
        result: Result = {"kind": "speed", "where": environment(), "device": self.plan.device}
        result |= {"size": self.plan.size, "runs": [], "peers": [], "races": [], "absent": []}
        (self.scratch / "logs").mkdir()
        for stage in self.plan.stages:
            self._end_to_end(stage, result)
            runs = {run["label"]: run for run in result["runs"][-len(stage.variants) :]}
            for variant in stage.inspected:
                runs[variant.label] |= self._in_parts(stage, variant)
            self.keep(result)
        return result

    @functools.cache  # noqa: B019 - lives as long as the process
    def _video(self, frames: int) -> Video:
        return make_video(self.scratch / f"video{frames}", self.plan.size, frames)

    def _end_to_end(self, stage: Stage, result: Result) -> None:
        """Our processes and the peers', interleaved, and their ratios."""
        video, logs = self._video(stage.frames), self.scratch / "logs"
        on_cpu = self.plan.device == "cpu"
        practice = self._video(min(PRACTICE, stage.frames)) if on_cpu else video
        everybody: list[Contestant] = []
        with closing(everybody):
            for variant in stage.variants:
                process = TrackerProcess(variant, logs)
                everybody.append(process)
                process.run(practice, stage.objects)
            for peer in [peer for peer in CATALOG if peer.name in self.plan.peers]:
                self._start(peer, stage, practice, everybody, result)
            timed = interleaved(everybody, video, stage.objects, stage.rounds, self.log)
            ours = everybody[: len(stage.variants)]
            for ran, variant in zip(ours, stage.variants, strict=True):
                result["runs"].append(_run(ran, variant, stage, timed[ran.label]))
            theirs = [each for each in everybody if isinstance(each, PeerProcess)]
            for peer_ran in theirs:
                result["peers"].append(self._peer(peer_ran, stage, timed[peer_ran.label]))
        totals = {label: [run.total for run in runs] for label, runs in timed.items()}
        result["races"] += [
            {"objects": stage.objects, "run": us, "peer": them, **ratio(totals[them], totals[us])}
            for us in [process.label for process in ours]
            for them in [process.label for process in theirs]
        ]

    def _start(
        self, peer: Peer, stage: Stage, video: Video, everybody: list[Contestant], result: Result
    ) -> None:
        """Add a peer's warmed-up process; where it can't run, the result gets the reason."""
        reason = peer.absent(stage.model, self.plan.device)
        if reason is None and stage.objects > peer.objects:
            reason = "it tracks one object"
        try:
            if reason is not None:
                raise PeerAbsentError(reason)
            process = PeerProcess(peer, stage.variants[0], self.scratch / "logs")
            process.run(video, stage.objects)
            everybody.append(process)
        except BenchmarkError as error:
            entry = {"what": peer.label, "reason": str(error)}
            if entry not in result["absent"]:
                result["absent"].append(entry)

    def _peer(self, process: PeerProcess, stage: Stage, timed: Sequence[TimedRun]) -> Result:
        """A peer end to end; loading counts in its total time, not in a frame's latency."""
        calls = {}
        length = FULL_MEMORY + 1 + COUNTED
        if stage.objects == 1 and stage.frames >= length:
            calls = process.calls(self._video(length), stage.objects, FULL_MEMORY + 1)
        loading = sum(run.loading for run in timed) / (len(timed) * stage.frames)
        about = {"label": process.label, "model": stage.model, "objects": stage.objects}
        about |= {"loading": 1000 * loading, "counts": calls}
        return {**about, **end_to_end(timed), **process.close()}

    def _in_parts(self, stage: Stage, variant: Variant) -> Result:
        """Parts and calls of a frame, and the network alone, from a profiled process."""
        self.log(f"in parts, {stage.objects} objects: {variant.label}")
        asked = {"objects": stage.objects, "seconds": self.plan.seconds}
        process = TrackerProcess(variant, self.scratch / "logs", profile=asked)
        with closing([process]):
            process.run(self._video(stage.profiled_frames + 1), stage.objects)
            report = process.close()
        frames: list[Frame] = report["frames"][1:]
        settled = frames[min(FULL_MEMORY, len(frames) // 3) :]
        return {**in_parts(settled), "network": report["network"]}


def interleaved(
    contestants: Sequence[Contestant], video: Video, objects: int, rounds: int, log: Log
) -> dict[str, list[TimedRun]]:
    """Interleaved rounds, A B A B ..., so that a slow phase of the machine affects all contestants.
    Returns one run per round for each contestant, by its label.

    Args:
        contestants: ready, and warmed up by an uncounted run.
    """
    timed: dict[str, list[TimedRun]] = {contestant.label: [] for contestant in contestants}
    for number in range(rounds):
        for contestant in contestants:
            run = contestant.run(video, objects)
            timed[contestant.label].append(run)
            each = 1000 * run.total / len(video)
            turn = f"round {number + 1} of {rounds}, {objects} objects"
            log(f"{turn}: {each:8.1f} ms a frame, {contestant.label}")
    return timed


def end_to_end(timed: Sequence[TimedRun]) -> Result:
    """Frames per second over whole runs, and latencies (ms) once the memory is full.

    Where runs are too short for that, the last two thirds of a run are used.
    """
    length = len(timed[0].frames) + 1
    skipped = min(FULL_MEMORY, length // 3)
    settled = [1000 * seconds for run in timed for seconds in run.frames[skipped:]]
    return {
        "fps": length * len(timed) / sum(run.total for run in timed),
        "latency": percentiles(settled),
        "latencies": [round(value, 3) for value in settled],
        "skipped": skipped,
        "laps": [run.total for run in timed],
        "frames": length,
    }


def in_parts(frames: Sequence[Frame]) -> Result:
    """Percentiles (ms) of every part of profiled frames, of the whole ("all") and of the time to
    the reply; calls per frame."""
    host = [frame["host"] for frame in frames]
    parts = {
        "all" if part == FRAME else part: percentiles([frame[part] for frame in host])
        for part in host[0]
    }
    device = {
        part: percentiles([frame["device"][part] for frame in frames])
        for part in frames[0]["device"]
    }
    return {
        "parts": parts,
        "device_parts": device,
        "to_reply": percentiles([frame[FRAME] - frame[AFTER_REPLY] for frame in host]),
        "inspected": len(frames),
        "counts": mean_calls(frames),
    }


def _run(process: Contestant, variant: Variant, stage: Stage, timed: Sequence[TimedRun]) -> Result:
    """One variant end to end."""
    report = process.close()
    about = {"label": variant.label, "objects": stage.objects, "variant": asdict(variant)}
    about["weights"] = "random: timing only" if variant.random else "loaded"
    about["windows"] = variant.card().window is not None
    kept = {key: report[key] for key in ("hello", "startup", "peak")}
    return {**about, **report["about"], **end_to_end(timed), **kept}
