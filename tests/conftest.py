"""For all tests: hypothesis draws the same examples in every run, however long each takes."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
