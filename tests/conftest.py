"""For all tests: hypothesis draws the same examples in every run, however long each takes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    # Threads of torch that share cores with another worker's wait for each other most of the time.
    # It is read when torch is imported.
    share = max(1, (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(share))

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the tracker comes from the shell."""
    for name in [name for name in os.environ if name.startswith("SAMURAI_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """A small network computes on one thread, as in the tracker's process."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
