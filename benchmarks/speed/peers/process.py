"""The client of a peer: its process, and tasks through its pipe."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.environment import python_path
from benchmarks.speed.errors import PeerAbsentError
from benchmarks.speed.peers.catalog import REFERENCE, Peer
from benchmarks.speed.processes import Contestant
from benchmarks.speed.timed_run import TimedRun
from benchmarks.speed.variant import Variant
from benchmarks.speed.video import Video
from samurai.runtime.device import resolve_device
from samurai.runtime.precision import resolve_dtype


class PeerProcess(Contestant):
    """A peer that is ready.

    Args:
        peer: which.
        variant: whose weights and prompts it gets, on which device, in which precision.
        scratch: an existing folder for its log.

    Raises:
        PeerAbsentError: it can't run here.
        BenchmarkError: it failed; with the end of its log.
    """

    def __init__(self, peer: Peer, variant: Variant, scratch: Path) -> None:
        device = resolve_device(variant.device)
        options = {
            "variant": asdict(variant),
            "way": peer.way,
            "threads": peer.threads,
            "device": str(device),
            "dtype": str(resolve_dtype(variant.dtype, device)).removeprefix("torch."),
        }
        path = python_path()
        if peer.way == "reference":  # its package contains a `sam2`
            options["weights"] = str(variant.weights_file(scratch))
            path = python_path(Path(os.environ[REFERENCE]) / "sam2")
        command = ["-m", f"benchmarks.speed.peers.{peer.module}", json.dumps(options)]
        super().__init__(peer.label, scratch, command, {**os.environ, "PYTHONPATH": path})
        first = self._read()
        if "absent" in first:
            self.kill()
            raise PeerAbsentError(first["absent"])
        self._about: dict[str, Any] = first["ready"]

    def run(self, video: Video, objects: int) -> TimedRun:
        """Track that many objects through a video."""
        return TimedRun(**self._ask(video, objects, None))

    def calls(self, video: Video, objects: int, first: int) -> dict[str, float]:
        """Calls per frame, see `profiled`, from the frame with that number on."""
        return self._ask(video, objects, first)

    def close(self) -> dict[str, Any]:
        """End the process; returns its threads and peak memory."""
        peak = self._memory.stop()
        self._input.close()
        last = self._read()
        self._process.wait()
        return {**self._about, "peak": {"host": peak, "device": last["device_peak"]}}

    def _ask(self, video: Video, objects: int, profile_from: int | None) -> dict[str, Any]:
        boxes = video.boxes(objects)
        task = {"folder": str(video.folder), "size": video.size, "boxes": boxes}
        self._input.write(json.dumps({**task, "profile_from": profile_from}).encode() + b"\n")
        self._input.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._output.readline()
        if not line:
            raise self.failure("it ended early")
        message: dict[str, Any] = json.loads(line)
        return message
