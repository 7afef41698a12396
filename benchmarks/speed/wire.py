"""The tracker process from outside: a real TraX client, and a clock around its questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import trax
from trax.client import Client

from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.film import Film
from benchmarks.speed.lap import Lap
from benchmarks.speed.served import Instruments
from benchmarks.speed.variant import Variant
from benchmarks.where import python_path
from samurai.models.manifest import FOLDER_VARIABLE
from vot_wrapper.settings import PREFIX

END_WAIT = 60.0
"""Seconds for the process to end by itself."""

TAIL = 2000
"""Characters of its log that a failure shows."""


class TrackerProcess:
    """A running tracker process that has said hello.

    Args:
        variant: what it tracks with.
        scratch: an existing folder for its log and report.
        instruments: what it measures inside; nothing unless given.

    Raises:
        BenchmarkError: it didn't start; with the end of its log.
    """

    def __init__(
        self, variant: Variant, scratch: Path, instruments: Instruments | None = None
    ) -> None:
        self.label = variant.label
        name = f"{len(list(scratch.iterdir())):04d}"
        self._report = scratch / f"{name}.json"
        self._log = scratch / f"{name}.log"
        started = time.perf_counter()
        self._process = self._start(variant, instruments or Instruments())
        assert self._process.stdin is not None and self._process.stdout is not None
        streams = (self._process.stdin.fileno(), self._process.stdout.fileno())
        try:
            self._client = Client(stream=streams, log=lambda _: None)
        except trax.TraxException as error:
            raise self._failure(error) from error
        self.hello = time.perf_counter() - started
        """Seconds from the start of the process to its hello."""

    def _start(self, variant: Variant, instruments: Instruments) -> subprocess.Popen[bytes]:
        options = {
            "variant": asdict(variant),
            "instruments": asdict(instruments),
            "report": str(self._report),
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(PREFIX) or name == FOLDER_VARIABLE
        }
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "benchmarks.speed.served", json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._log.parent,
                env={**kept, **variant.environment(), "TRAX": "1", "PYTHONPATH": python_path()},
            )

    def run(self, film: Film, objects: int) -> Lap:
        """Track a film, each frame sent as soon as the answer to the one before is there.

        So the time of a frame holds what isn't finished of the memory write of the frame before.
        """
        regions: list[tuple[Any, dict[str, str]]] = [
            (trax.Rectangle.create(*box), {}) for box in film.boxes(objects)
        ]
        started = time.perf_counter()
        try:
            self._client.initialize(_colour(film.paths[0]), regions, {})
            frames, before = [], time.perf_counter()
            for path in film.paths[1:]:
                self._client.frame(_colour(path), {}, [])
                now = time.perf_counter()
                frames.append(now - before)
                before = now
        except trax.TraxException as error:
            raise self._failure(error) from error
        return Lap(before - started, 0.0, frames)

    def close(self) -> dict[str, Any]:
        """Say goodbye; the process's report (see `served.Notes`), with the seconds to its hello."""
        self._client.quit()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            code = self._process.wait(END_WAIT)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            raise self._failure(error) from error
        self._process.stdout.close()
        if code or not self._report.is_file():
            raise self._failure(f"exit code {code}")
        notes: dict[str, Any] = json.loads(self._report.read_text(encoding="utf-8"))
        return {**notes, "hello": self.hello}

    def kill(self) -> None:
        """End it at once, if it runs."""
        self._process.kill()
        self._process.wait()

    def _failure(self, reason: object) -> BenchmarkError:
        self.kill()
        log = self._log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
        return BenchmarkError(f"the tracker process ({self.label}) failed: {reason}\n{log}")


def _colour(path: Path) -> dict[str, Any]:
    return {trax.ImageChannel.COLOR: trax.FileImage.create(str(path))}
