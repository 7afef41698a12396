"""A video tracked as a whole: prompts, results on disk, corrections of a part.

`Job` is imported when it is first used: plans and spans work without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from samurai.jobs.plan import ObjectSpans, Span

if TYPE_CHECKING:
    from samurai.jobs.job import Job

__all__ = ["Job", "ObjectSpans", "Span"]


def __getattr__(name: str) -> object:
    if name != "Job":
        raise AttributeError(f"module 'samurai.jobs' has no attribute {name!r}")
    return import_module("samurai.jobs.job").Job
