"""A peer from outside: its process, and laps through its pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.speed.errors import BenchmarkError, PeerAbsentError
from benchmarks.speed.film import Film
from benchmarks.speed.lap import Lap
from benchmarks.speed.peers.catalogue import REFERENCE, Peer
from benchmarks.speed.variant import Variant
from benchmarks.where import python_path
from samurai.runtime.device import resolve_device
from samurai.runtime.precision import resolve_dtype

TAIL = 2000
"""Characters of its log that a failure shows."""


class PeerProcess:
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
        self.label = peer.label
        self._log = scratch / f"{len(list(scratch.iterdir())):04d}.log"
        device = resolve_device(variant.device)
        options = {
            "variant": asdict(variant),
            "way": peer.way,
            "threads": peer.threads,
            "device": str(device),
            "dtype": str(resolve_dtype(variant.dtype, device)).removeprefix("torch."),
        }
        if peer.module == "reference":
            options["weights"] = str(variant.weights_file(scratch))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    f"benchmarks.speed.peers.{peer.module}",
                    json.dumps(options),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=scratch,
                env={**os.environ, "PYTHONPATH": _path(peer)},
                text=True,
            )
        first = self._read()
        if "absent" in first:
            self._process.wait()
            raise PeerAbsentError(first["absent"])
        self.about: dict[str, Any] = first["ready"]

    def run(self, film: Film, objects: int) -> Lap:
        """Track that many objects through a film."""
        told = self._ask(film, objects)
        return Lap(told["total"], told["loading"], told["frames"])

    def count(self, film: Film, objects: int, first: int) -> dict[str, float]:
        """Waits and launches per frame, in the frames after the one with that number."""
        counts: dict[str, float] = self._ask(film, objects, first)["counts"]
        return counts

    def close(self) -> dict[str, Any]:
        """End the process; its threads and the most memory it held."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        last = self._read()
        self._process.wait()
        return {**self.about, **last}

    def kill(self) -> None:
        """End it at once, if it runs."""
        self._process.kill()
        self._process.wait()

    def _ask(self, film: Film, objects: int, count_from: int | None = None) -> dict[str, Any]:
        task = {
            "folder": str(film.folder),
            "size": film.size,
            "boxes": film.boxes(objects),
            "count_from": count_from,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.kill()
            log = self._log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
            raise BenchmarkError(f"the peer {self.label} failed:\n{log}")
        message: dict[str, Any] = json.loads(line)
        return message


def _path(peer: Peer) -> str:
    """Where a peer's process finds modules; the reference brings a `sam2` of its own."""
    if peer.module == "reference":
        return python_path(Path(os.environ[REFERENCE]) / "sam2")
    return python_path()
