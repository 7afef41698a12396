"""Jobs on a network that costs nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, colored_video, place_of

from samurai.jobs import Job, Span, identity
from samurai.jobs.store import RecordFile
from samurai.tracker import Tracker
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import Pixels

Jobs = Callable[..., Job]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings count by their values, without digests of code, and one thread is enough."""
    monkeypatch.setattr(
        identity,
        "tracker_fingerprint",
        lambda config: {k: str(v) for k, v in asdict(config).items()},
    )
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tracker() -> Tracker:
    return color_tracker()


@pytest.fixture(scope="session")
def video() -> list[Pixels]:
    return colored_video(24)


@pytest.fixture
def source(video: list[Pixels]) -> ArraySource:
    return ArraySource(video)


@pytest.fixture
def create(tmp_path: Path, source: ArraySource, tracker: Tracker) -> Iterator[Jobs]:
    """Jobs in a folder each, closed at the end."""
    made: list[Job] = []

    def make(prompts: list[ObjectPrompt], span: Any = None, **changed: Any) -> Job:
        place = changed.pop("folder", tmp_path / str(len(made)))
        given = {"source": source, "tracker": tracker, **changed}
        job = Job.create(place, prompts=prompts, span=span or Span(), **given)
        made.append(job)
        return job

    yield make
    for job in made:
        job.close()


def prompt(color: str, index: int, name: Any = None) -> ObjectPrompt:
    """Where a square is, as a box."""
    return ObjectPrompt(name or color, index, place_of(color, index))


def stored(folder: Path) -> dict[str, bytes]:
    """All records."""
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*.records"))}


@contextmanager
def copied_as_if_killed(folder: Path, every: int) -> Iterator[list[Path]]:
    """Copies of a job's folder as it is after each so many records in the block."""
    copies, count, append = list[Path](), 0, RecordFile._append

    def counted(self: RecordFile, record: bytes) -> None:
        nonlocal count
        append(self, record)
        count += 1
        if count % every == 0:
            copies.append(folder.with_name(f"crash{count}"))
            shutil.copytree(folder, copies[-1])

    with mock.patch.object(RecordFile, "_append", counted):
        yield copies
