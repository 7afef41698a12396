"""How often a frame makes the host wait for the device, and how much it asks of the device.

On CUDA both are counted where they happen, by torch's profiler: runtime calls that wait (stream,
device and event synchronisation), and launches of kernels and of graphs. Beside them stands how
many operations torch's own sync debug mode warned of.

On a CPU nothing waits, so what would wait on a device is counted in Python: reading numbers out
(`item`, `tolist`, truth, int, float), copies to the host (`cpu`, or `numpy` without that), and
shapes that depend on values (`nonzero`, boolean masks as indices). `Tensor.to` isn't counted: there
it can't be told from an upload. Instead of launches it is operator calls: those of torch's `aten`
library, without those that they call.
"""

from __future__ import annotations

import warnings
import weakref
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

import torch
from torch.autograd import DeviceType  # type: ignore[attr-defined]
from torch.overrides import TorchFunctionMode
from torch.profiler import ProfilerActivity, profile, record_function

WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "cudaMemcpy")
LAUNCHES = (
    "cudaLaunchKernel",
    "cudaLaunchKernelExC",
    "cuLaunchKernel",
    "cuLaunchKernelEx",
    "cudaLaunchCooperativeKernel",
)
GRAPHS = ("cudaGraphLaunch",)
SYNC_WARNING = "synchronizing CUDA operation"
FRAME = "one frame of the benchmark"

READS = frozenset(
    ("item", "tolist", "nonzero", "masked_select")
    + ("__bool__", "__int__", "__float__", "__index__")
)
COPIES = frozenset(("cpu", "numpy", "__array__"))


class Counter:
    """Counts over some frames: `start`, one frame that isn't counted, `begin`, the frames, each in
    `frame()`, `stop`.

    Args:
        device_type: "cpu", or "cuda" for the counters of CUDA.
    """

    def __init__(self, device_type: str) -> None:
        self._cuda = device_type == "cuda"
        self._stack = ExitStack()
        self._reads = HostReads()
        self._warned: list[warnings.WarningMessage] = []
        self._profile: Any = None

    def start(self) -> None:
        """Put the counters in place; what they do once is then not counted."""
        if not self._cuda:
            self._stack.enter_context(self._reads)
            return
        torch.cuda.set_sync_debug_mode("warn")
        self._stack.callback(torch.cuda.set_sync_debug_mode, "default")
        self._warned = self._stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")

    def begin(self) -> None:
        """Count from here on."""
        activities = [ProfilerActivity.CPU]
        if self._cuda:
            activities.append(ProfilerActivity.CUDA)
        self._profile = self._stack.enter_context(profile(activities=activities))
        self._reads.count = 0
        self._warned.clear()

    def frame(self) -> AbstractContextManager[Any]:
        """Around each frame: calls of the profiler itself, outside, don't count."""
        return record_function(FRAME)

    def stop(self) -> dict[str, float]:
        """What was counted, per frame."""
        warned = sum(SYNC_WARNING in str(warning.message) for warning in self._warned)
        reads = self._reads.count
        self._stack.close()
        frames, events = within_frames(self._profile.events())
        if self._cuda:
            counted = {**device_calls(event.name for event in events), "sync warnings": warned}
        else:
            counted = {"host syncs": reads, "operator calls": outermost(events)}
        return {name: count / frames for name, count in counted.items()}


class LapCounter:
    """A counter for the frames of one lap after the one with a number, which itself isn't counted;
    None: it counts nothing."""

    def __init__(self, device_type: str, first: int | None) -> None:
        self._first = first
        self._counter = Counter(device_type)
        self._last = -1

    def frame(self, number: int) -> AbstractContextManager[Any]:
        """Around the frame with that number; numbers go up by one."""
        self._last = number
        if self._first is None or number < self._first:
            return nullcontext()
        if number == self._first:
            self._counter.start()
        elif number == self._first + 1:
            self._counter.begin()
        return self._counter.frame()

    def counts(self, number: int) -> bool:
        """Whether that frame is slower for being counted."""
        return self._first is not None and number >= self._first

    def stop(self) -> dict[str, float]:
        """What was counted, per frame; nothing if no frame was."""
        if self._first is None or self._last <= self._first:
            return {}
        return self._counter.stop()


def within_frames(events: Iterable[Any]) -> tuple[int, list[Any]]:
    """How many frames the profiler saw, and what the host did in them."""
    host = [event for event in events if event.device_type == DeviceType.CPU]
    spans = [event.time_range for event in host if event.name == FRAME]
    inside = [
        event
        for event in host
        if event.name != FRAME
        and any(span.start <= event.time_range.start <= span.end for span in spans)
    ]
    return len(spans), inside


def device_calls(names: Iterable[str]) -> dict[str, int]:
    """Waits and launches among the names of the profiler's events."""
    tally = Tally(names)
    return {
        "host syncs": sum(tally[name] for name in WAITS),
        "kernel launches": sum(tally[name] for name in LAUNCHES),
        "graph launches": sum(tally[name] for name in GRAPHS),
    }


def outermost(events: Iterable[Any]) -> int:
    """Calls of aten's operators that no other operator made."""
    return sum(_is_operator(event) and not _is_operator(event.cpu_parent) for event in events)


def _is_operator(event: Any) -> bool:
    return event is not None and str(event.name).startswith("aten::")


class HostReads(TorchFunctionMode):
    """Counts what would make the host wait if the tensors were on a device.

    In the thread that entered it; operations inside a compiled or traced graph aren't seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._copied: Callable[[], Any] = lambda: None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "")
        # a single value is written through a mask without looking for its places
        writes = name == "__setitem__" and isinstance(args[2], torch.Tensor) and args[2].ndim > 0
        if name in READS or ((writes or name == "__getitem__") and _has_mask(args[1])):
            self.count += 1
        if name in COPIES and args[0] is not self._copied():
            self.count += 1
        result = func(*args, **(kwargs or {}))
        if name == "cpu":
            self._copied = weakref.ref(result)
        return result


def _has_mask(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, torch.Tensor) and part.dtype == torch.bool for part in parts)
