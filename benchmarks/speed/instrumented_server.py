"""The tracker process under measurement.

    python -m benchmarks.speed.instrumented_server '{"variant": {...}, "report": "x.json", ...}'

It is `samurai serve` with the model of a variant (random weights, whole frames). If profiled, the
tracker's spans go to torch's profiler, and each frame's memory is updated before the next request
and not beside it, so that the parts of a frame don't overlap. The report is written when the client
has quit. Nothing heavy is imported before the process has redirected its standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from samurai.runtime.profiling import recorded_spans

if TYPE_CHECKING:
    from benchmarks.speed.variant import Variant
    from vot_wrapper.settings import Settings

MIB = 2**20


class Observer:
    """Loads a variant's tracker, takes the requested measurements, and fills a report.

    The server uses it as the tracker and as its session, if it measures during tracking.

    Args:
        profile: report the parts and calls of every frame, see `profiled.Frame`, and, after the
            last one, the network alone: {"objects": number, "seconds": to spend on it}. None: not.
        sample_every: report (frame, host MiB, device MiB) after so many frames; 0: never.
    """

    def __init__(
        self, variant: Variant, profile: dict[str, Any] | None = None, sample_every: int = 0
    ) -> None:
        self.report: dict[str, Any] = {"startup": {}, "samples": []}
        self._variant, self._profile, self._sample_every = variant, profile, sample_every
        self._stack = ExitStack()
        self._answered = 0

    def load(self, settings: Settings) -> Any:
        """A warmed-up tracker, as the tracker process loads it."""
        import torch

        from benchmarks.speed.profiled import profiler
        from samurai.runtime.threads import set_thread_count

        startup = self.report["startup"]
        importlib.import_module("samurai.tracker")
        startup["import"] = resident()
        self._tracker = self._variant.tracker()
        startup["load"] = resident()
        network = self._tracker.network
        set_thread_count(network.spec.input_size, os.environ)
        self._tracker.warm_up()
        startup["warm-up"] = resident()
        self.report["about"] = {
            "threads": torch.get_num_threads(),
            "device": str(network.device),
            "dtype": str(network.dtype).removeprefix("torch."),
            "input": network.spec.input_size,
        }
        if self._profile:
            self._stack.enter_context(recorded_spans())
            self._profiler = self._stack.enter_context(profiler(network.device.type))
        return self if self._profile or self._sample_every else self._tracker

    def session(self) -> Observer:
        """One session, of the one client."""
        self._session = self._tracker.session()
        self.start, self.step = self._session.start, self._session.step
        return self

    def update_memory_async(self) -> None:
        """Called by the server after every answer."""
        if self._profile:
            self._session.update_memory()
        else:
            self._session.update_memory_async()
        if self._sample_every and self._answered % self._sample_every == 0:
            self.report["samples"].append((self._answered, resident(), device_memory()))
        self._answered += 1

    def finish(self) -> dict[str, Any]:
        """The report, of a process whose client has quit."""
        self._stack.close()
        self.report["device_peak"] = device_memory(peak=True)
        if self._profile and self._answered:
            from benchmarks.speed.network_alone import measured
            from benchmarks.speed.profiled import read_frames

            self.report["frames"] = read_frames(self._profiler)
            network = self._tracker.network
            self.report["network"] = measured(network, self._variant, **self._profile)
        return self.report


def resident() -> float:
    """MiB of memory that this process holds."""
    return float(psutil.Process().memory_info().rss / MIB)


def device_memory(peak: bool = False) -> float:
    """MiB that torch holds of the GPU now, its cache included, or the most that tensors took at any
    time; 0 without one."""
    import torch

    if not torch.cuda.is_available():
        return 0.0
    return (torch.cuda.max_memory_allocated() if peak else torch.cuda.memory_reserved()) / MIB


def main() -> int:
    """Serve TraX with the options (JSON) of the command line; write the report at the end."""
    from benchmarks.speed.variant import Variant
    from vot_wrapper.trax.process import run

    options = json.loads(sys.argv[1])
    variant, report = Variant(**options.pop("variant")), Path(options.pop("report"))
    observer = Observer(variant, **options)
    code = run(observer.load)
    if code == 0:
        report.write_text(json.dumps(observer.finish()), encoding="utf-8")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
