"""The network alone: no file, no resize, no policy, no wire.

    python -m benchmarks.speed.model_only '{"variant": {...}, "objects": 1, "seconds": 3}'

Everything that a tracked frame asks of the network with a full memory, by the functions that the
session calls: encode, attend, decode, and the memory write. Nothing is read back, so that a device
may run ahead; the clock stops when it has finished. Beside it: what the same machine makes of one
large matrix product in the same precision, which is what the work is held against.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.stopwatch import waiter
from benchmarks.speed.variant import Variant
from benchmarks.where import python_path

LEAST, MOST = 2, 200
"""Stretches of frames, within the time that there is."""

STRETCH = {"cuda": 10, "cpu": 1}
"""Frames between two looks at the clock."""

SIDES = {"cuda": 8192, "cpu": 2048}
"""Of the square matrices that are multiplied."""


def measured(variant: Variant, objects: int, seconds: float) -> dict[str, Any]:
    """Milliseconds per frame and the rate of the matrix product (10^9 operations a second), from a
    process of its own.

    Raises:
        BenchmarkError: it failed.
    """
    options = {"variant": asdict(variant), "objects": objects, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.model_only", json.dumps(options)],
        env={**os.environ, **variant.environment(), "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"the network alone ({variant.label}) failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    from samurai.runtime.threads import set_thread_count
    from vot_wrapper.trax.process import spin_briefly

    spin_briefly(os.environ)  # before torch is imported, as in the tracker process
    options = json.loads(sys.argv[1])
    variant = Variant(**options["variant"])
    tracker = load(variant)
    set_thread_count(tracker.network.spec.input_size, os.environ)
    tracker.warm_up()
    device = tracker.network.device.type
    times = _stretches(frame_of(tracker, options["objects"]), device, options["seconds"])
    result = {
        "median": statistics.median(times),
        "least": min(times),
        "most": max(times),
        "frames": len(times) * STRETCH.get(device, 1),
        "matrix_rate": _matrix_rate(tracker.network.device, tracker.network.dtype),
    }
    print(json.dumps(result))


def load(variant: Variant) -> Any:
    """The variant's tracker."""
    from samurai import Tracker

    with variant.loaded_instead():
        return Tracker.load(
            variant.model,
            policy=variant.policy,
            device=variant.device,
            dtype=variant.dtype,
            speed=variant.speed,
        )


def frame_of(tracker: Any, objects: int) -> Callable[[], None]:
    """What runs one frame of that many objects, each with a window of its own if the model has
    windows."""
    import torch

    from samurai.core.mask_resize import resized_logits

    network = tracker.network
    side, device = network.spec.input_size, network.device
    windows = list(range(objects if tracker.window is not None else 1))
    rows = list(range(objects))
    image = torch.randn(len(windows), 3, side, side, device=device)
    shape = (
        objects,
        network.spec.map_slots,
        network.spec.memory_tokens,
        network.spec.memory_channels,
    )
    maps = torch.randn(shape, device=device).to(torch.bfloat16)
    pointers = torch.randn(
        objects, network.spec.pointer_slots, network.spec.feature_channels, device=device
    )
    slots = [list(range(network.spec.map_slots))] * objects
    distances = [list(range(1, network.spec.pointer_slots + 1))] * objects

    @torch.inference_mode()
    def frame() -> None:
        with network.precision():
            seen = network.encode(image).of(rows)
            memory = network.prepare_memory(maps, slots, pointers, distances)
            decoded = network.decode(network.condition(seen, memory), seen, 0.0)
            full = resized_logits(decoded.logits, side)[:, :1]
            network.encode_memory(seen, full, decoded.object_scores, [False] * objects)
            network.object_pointer(decoded.tokens[:, 0], decoded.pointer_scores, 0.0)

    return frame


def _stretches(frame: Callable[[], None], device: str, seconds: float) -> list[float]:
    """Milliseconds per frame of one stretch after the other."""
    wait = waiter(device)
    length = STRETCH.get(device, 1)
    for _ in range(length):
        frame()
    wait()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < LEAST or (time.perf_counter() < end and len(times) < MOST):
        started = time.perf_counter()
        for _ in range(length):
            frame()
        wait()
        times.append(1000 * (time.perf_counter() - started) / length)
    return times


def _matrix_rate(device: Any, dtype: Any) -> float:
    """The best of a few products of square matrices, in 10^9 operations a second."""
    import torch

    side = SIDES.get(device.type, 2048)
    wait = waiter(device.type)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(6):
        started = time.perf_counter()
        a @ b
        wait()
        best = min(best, time.perf_counter() - started)
    return 2 * side**3 / best / 1e9


if __name__ == "__main__":
    main()
