"""The benchmark of interactive use runs."""

from __future__ import annotations

import pytest

from benchmarks import interactive
from benchmarks.speed.variant import Variant


@pytest.mark.slow
def test_each_task_runs_twice() -> None:
    tracker, video = Variant(device="cpu").tracker(), interactive.frames()
    names = []
    for name, call in interactive.tasks(tracker, video):
        call(0)
        call(1)
        names.append(name)
    assert len(set(names)) == len(names) == 6


@pytest.mark.slow
def test_a_stream_samples_memory(capsys: pytest.CaptureFixture[str]) -> None:
    result = interactive.stream(Variant(device="cpu"), 12)
    assert [sample[0] for sample in result["samples"]] == list(range(12))
    assert len({held for _, _, held in result["samples"][4:]}) == 1
    assert "12 objects" in capsys.readouterr().out
