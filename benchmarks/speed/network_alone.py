"""The network alone, without files, resizing, policy and TraX.

The network's work for a tracked frame with a full memory, by the functions that the session calls.
Also: the operations of such a frame, counted by torch on a model without data (a multiply-add is
two; matrix products, attention and convolutions count), and the rate of one large matrix product in
the same precision on the same machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.benchmark import Timer
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed.variant import Variant, random_model
from samurai.core.mask_resize import resized_logits
from samurai.networks.sam2.network import Sam2Network

SIDES = {"cuda": 8192, "cpu": 2048}
"""Side of the square matrices that are multiplied."""


def measured(network: Any, variant: Variant, objects: int, seconds: float) -> dict[str, float]:
    """Milliseconds per frame (median, least, most of some stretches of frames), 10^9 operations of
    a frame, and the rate of the matrix product in 10^9 a second.

    Args:
        network: the variant's, warmed up.
    """
    views = objects if variant.card().window is not None else 1
    times = _times(frame_of(network, objects, views), seconds)
    side = SIDES.get(network.device.type, 2048)
    a, b = (torch.randn(side, side, device=network.device).to(network.dtype) for _ in range(2))
    return {
        "median": 1000 * times.median,
        "least": 1000 * min(times.times),
        "most": 1000 * max(times.times),
        "gflop": gflop(variant, objects, views),
        "matrix_rate": 2 * side**3 / min(_times(lambda: a @ b, 0.5).times) / 1e9,
    }


def _times(frame: Callable[[], object], seconds: float) -> Any:
    """Seconds per call; on a device until it has finished."""
    timer = Timer("frame()", globals={"frame": frame}, num_threads=torch.get_num_threads())
    return timer.blocked_autorange(min_run_time=seconds)


def gflop(variant: Variant, objects: int, views: int) -> float:
    """10^9 operations of a frame of that many objects, seen in that many views."""
    network = Sam2Network(random_model(variant.card()), torch.device("meta"), torch.float32)
    frame = frame_of(network, objects, views)
    with FlopCounterMode(display=False) as counter:
        frame()
    return float(counter.get_total_flops() / 1e9)


def frame_of(network: Any, objects: int, views: int) -> Callable[[], None]:
    """Runs the network for one frame of that many objects, seen in that many views (each object in
    its own, or all in one). Nothing is read back, so that a device may run ahead."""
    spec, device = network.spec, network.device
    image = torch.randn(views, 3, spec.input_size, spec.input_size, device=device)
    size = (objects, spec.map_slots, spec.memory_tokens, spec.memory_channels)
    maps = torch.randn(size, device=device).to(spec.map_dtype)
    pointers = torch.randn(objects, spec.pointer_slots, spec.pointer_size, device=device)
    slots = [list(range(spec.map_slots))] * objects
    distances = [list(range(1, spec.pointer_slots + 1))] * objects

    @torch.inference_mode()
    def frame() -> None:
        with network.precision():
            seen = network.encode(image).of(list(range(objects)))  # one view serves all
            memory = network.prepare_memory(maps, slots, pointers, distances)
            decoded = network.decode(network.condition(seen, memory), seen, 0.0)
            full = resized_logits(decoded.logits, spec.memory_mask_size)[:, :1]
            network.encode_memory(seen, full, decoded.object_scores, [False] * objects)
            network.object_pointer(decoded.tokens[:, 0], decoded.pointer_scores, 0.0)

    return frame
