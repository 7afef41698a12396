"""Named spans of a frame's work, for `torch.profiler`; they cost nothing unless recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

_recording = False
_NOTHING: AbstractContextManager[object] = nullcontext()


def span(name: str) -> AbstractContextManager[object]:
    """A region that profilers show under a name while `recorded_spans` holds."""
    if not _recording:
        return _NOTHING
    from torch.profiler import record_function  # here: the server's module must load without torch

    return record_function(name)


@contextmanager
def recorded_spans() -> Iterator[None]:
    """In this context spans are passed to torch's profiler; for the whole process."""
    global _recording
    before, _recording = _recording, True
    try:
        yield
    finally:
        _recording = before
