"""Sequences over workers, with workers in this process: what happens to failures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.local_ray import LocalRay

from vot_wrapper.commands.console import Console, Interrupt, WorkersConsole
from vot_wrapper.toolkit import distributed
from vot_wrapper.toolkit.distributed import Cluster, run_distributed
from vot_wrapper.toolkit.running import Failure
from vot_wrapper.toolkit.shared_times import was_shared
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

MakeWorkspace = Callable[..., Path]


@pytest.fixture
def context(make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> EvaluationContext:
    monkeypatch.setattr(distributed, "_ray", lambda cluster: LocalRay())
    folder = make_workspace()
    return open_workspace(folder, ("scripted",), None, (), folder, lambda line: None)


def distribute(context: EvaluationContext) -> list[Failure]:
    observer = WorkersConsole(Console(Interrupt()))
    return run_distributed(context, context.trackers[0], Cluster(2), observer, False)


def test_a_failed_sequence_does_not_end_the_others(
    context: EvaluationContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCRIPTED_FAILURE", "swing")
    failures = distribute(context)
    assert {(f.experiment, f.sequence) for f in failures} == {
        ("baseline", "swing"),
        ("unsupervised", "swing"),
    }
    assert capsys.readouterr().out.count("FAILED") == 2
    assert was_shared(context.folder, context.trackers[0])
    monkeypatch.delenv("SCRIPTED_FAILURE")
    assert distribute(context) == []


def test_what_cannot_be_run_is_a_failure_and_the_rest_goes_on(context: EvaluationContext) -> None:
    for file in context.data.glob("*/anchor.value"):
        file.unlink()
    again = open_workspace(context.folder, ("scripted",), None, (), context.folder, print)
    (failure,) = distribute(again)
    assert (failure.experiment, failure.sequence) == ("baseline", "")
    assert list((context.folder / "results" / "scripted" / "unsupervised").rglob("*.bin"))
