"""Reads the parts of a frame from the events of `torch.profiler`.

The tracker and its server name their parts by spans (`samurai.runtime.profiling`), and so does
every frame as a whole. A part's time is the host's, from the span's begin to its end. On CUDA the
host runs ahead of the device, so each part also has the time of the kernels that it started, and
calls that launch work or wait for the device are counted. On a CPU it is operator calls: those of
torch's `aten` library, without the ones that they call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypedDict

from torch.autograd import DeviceType  # type: ignore[attr-defined]
from torch.profiler import ProfilerActivity, profile

FRAME = "frame"
"""The span of a whole frame: from the received request to the finished memory update."""

AFTER_REPLY = "update memory"
"""The part after the answer."""

PARTS = (
    *("read image", "preprocess", "encode", "recall", "condition", "decode", "choose"),
    *("postprocess", "reply", AFTER_REPLY),
)
"""Spans of a tracked frame, in the order of its work. None lies inside another."""

REST = "rest"
"""Time of a frame outside all parts, mostly Python."""

CALLS = {
    "host syncs": tuple(f"cuda{what}Synchronize" for what in ("Stream", "Device", "Event"))
    + ("cudaMemcpy",),
    "kernel launches": (
        *("cudaLaunchKernel", "cudaLaunchKernelExC", "cudaLaunchCooperativeKernel"),
        *("cuLaunchKernel", "cuLaunchKernelEx"),
    ),
    "graph launches": ("cudaGraphLaunch",),
}
"""Names of CUDA's calls by their kind."""


class Frame(TypedDict):
    """One profiled frame: milliseconds of every part on the host, of the rest and of the whole
    "frame"; of the kernels that each part started (empty without a GPU); calls of each kind."""

    host: dict[str, float]
    device: dict[str, float]
    calls: dict[str, int]


def profiler(device_type: str) -> profile:
    """A profiler of this thread's work and, on CUDA, of the device's."""
    cuda = [ProfilerActivity.CUDA] if device_type == "cuda" else []
    return profile(activities=[ProfilerActivity.CPU, *cuda], acc_events=True)


def read_frames(finished: profile) -> list[Frame]:
    """All frames that a profiler saw, in their order."""
    events: Sequence[Any] = finished.events() or []  # type: ignore[no-untyped-call]
    host = [event for event in events if event.device_type == DeviceType.CPU]
    spans = sorted((e.time_range.start, e.time_range.end) for e in host if e.name == FRAME)
    starts = [start for start, _ in spans]
    inside: list[list[Any]] = [[] for _ in spans]
    for event in host:
        number = bisect_right(starts, event.time_range.start) - 1
        if number >= 0 and event.name != FRAME and event.time_range.start <= spans[number][1]:
            inside[number].append(event)
    cuda = ProfilerActivity.CUDA in finished.activities
    whole = [(end - start) / 1000 for start, end in spans]
    return [_frame(each, own, cuda) for each, own in zip(whole, inside, strict=True)]


def _frame(whole: float, events: Sequence[Any], cuda: bool) -> Frame:
    host, device = dict.fromkeys(PARTS, 0.0), dict.fromkeys(PARTS, 0.0)
    for event in events:
        if event.name in host:
            host[event.name] += event.time_range.elapsed_us() / 1000
            device[event.name] += event.device_time_total / 1000
    return {
        "host": {**host, REST: whole - sum(host.values()), FRAME: whole},
        "device": device if cuda else {},
        "calls": _calls(events, cuda),
    }


def _calls(events: Sequence[Any], cuda: bool) -> dict[str, int]:
    if not cuda:
        outermost = [e for e in events if _is_operator(e) and not _is_operator(e.cpu_parent)]
        return {"operator calls": len(outermost)}
    tally = Counter(event.name for event in events)
    return {kind: sum(tally[name] for name in names) for kind, names in CALLS.items()}


def _is_operator(event: Any) -> bool:
    return event is not None and str(event.name).startswith("aten::")


def mean_calls(frames: Sequence[Frame]) -> dict[str, float]:
    """Calls per frame."""
    kinds = frames[0]["calls"] if frames else {}
    return {kind: sum(frame["calls"][kind] for frame in frames) / len(frames) for kind in kinds}
