"""For all tests: hypothesis draws the same examples in every run."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the tracker comes from the shell."""
    for name in [name for name in os.environ if name.startswith("SAMURAI_")]:
        monkeypatch.delenv(name)
