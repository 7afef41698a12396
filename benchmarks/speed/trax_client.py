"""A real TraX client of the tracker process that times its requests."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import trax
from trax.client import Client

from benchmarks.environment import python_path
from benchmarks.speed.processes import Contestant
from benchmarks.speed.timed_run import TimedRun
from benchmarks.speed.variant import Variant
from benchmarks.speed.video import Video
from samurai.models.manifest import FOLDER_VARIABLE
from vot_wrapper.settings import PREFIX

END_WAIT = 600.0
"""Seconds for the process to measure the network alone, if requested, and to end."""


class TrackerProcess(Contestant):
    """A running tracker process after its hello.

    Args:
        variant: what it tracks with.
        scratch: an existing folder for its log and report.
        instruments: arguments of `instrumented_server.Observer`.

    Raises:
        BenchmarkError: it didn't start; with the end of its log.
    """

    def __init__(self, variant: Variant, scratch: Path, **instruments: Any) -> None:
        self._report = scratch / f"{len(list(scratch.iterdir())):04d}.json"
        options = {"variant": asdict(variant), "report": str(self._report), **instruments}
        module = ["-m", "benchmarks.speed.instrumented_server"]
        ours = {name for name in os.environ if name.startswith(PREFIX) and name != FOLDER_VARIABLE}
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        environment |= {**variant.environment(), "TRAX": "1", "PYTHONPATH": python_path()}
        started = time.perf_counter()
        super().__init__(variant.label, scratch, [*module, json.dumps(options)], environment)
        streams = (self._input.fileno(), self._output.fileno())
        try:
            self._client = Client(stream=streams, log=lambda _: None)
        except trax.TraxException as error:
            raise self.failure(error) from error
        self.hello = time.perf_counter() - started
        """Seconds from the start of the process to its hello."""

    def run(self, video: Video, objects: int) -> TimedRun:
        """Track a video; each frame is sent as soon as the previous one is answered.

        So the time of a frame includes the rest of the previous frame's memory update.
        """
        regions: list[Any] = [(trax.Rectangle.create(*box), {}) for box in video.boxes(objects)]
        images = [{trax.ImageChannel.COLOR: trax.FileImage.create(str(p))} for p in video.paths]
        ends, started = [], time.perf_counter()
        try:
            self._client.initialize(images[0], regions, {})
            ends.append(time.perf_counter())
            for image in images[1:]:
                self._client.frame(image, {}, [])
                ends.append(time.perf_counter())
        except trax.TraxException as error:
            raise self.failure(error) from error
        return TimedRun.between(started, started, ends)

    def close(self) -> dict[str, Any]:
        """Quit; returns the report of `instrumented_server`, with the seconds to the hello."""
        peak = self._memory.stop()
        self._client.quit()
        self._input.close()
        try:
            code = self._process.wait(END_WAIT)
        except subprocess.TimeoutExpired as error:
            raise self.failure(error) from error
        if code or not self._report.is_file():
            raise self.failure(f"exit code {code}")
        report: dict[str, Any] = json.loads(self._report.read_text(encoding="utf-8"))
        peaks = {"host": peak, "device": report.pop("device_peak")}
        return {**report, "peak": peaks, "hello": self.hello}
