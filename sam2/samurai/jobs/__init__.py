"""A video tracked as a whole: prompts, results on disk, corrections of a part."""

from samurai.jobs.job import Job
from samurai.jobs.plan import ObjectSpans, Span

__all__ = ["Job", "ObjectSpans", "Span"]
