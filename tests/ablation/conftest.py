"""Workspaces of colored objects, and trackers in this process that differ by their policy."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import vot.tracker.trax
from colored.local import LocalProcess
from colored.tracker import ColorSession, ColorTracker
from colored.world import Data

from samurai.cli.main import main
from samurai.regions import Answer
from vot_wrapper.settings import Settings
from vot_wrapper.toolkit import bundled
from vot_wrapper.trax.server import TraxHandler
from vot_wrapper.trax.wire import Channel

SINGLE = """
title: Small
experiments:
  baseline:
    type: samurai-multistart
    analyses:
      - {type: multistart_eao_score, name: eaoscore, low: 5, high: 12}
      - {type: multistart_average_ar, name: ar}
  realtime:
    type: samurai-multistart
    realtime: {grace: 3}
    analyses:
      - {type: multistart_eao_score, name: eaoscore, low: 5, high: 12}
  unsupervised:
    type: unsupervised
    analyses:
      - {type: average_accuracy, name: accuracy, burnin: 1}
"""
SEVERAL = """
title: Several
experiments:
  multiobject:
    type: unsupervised
    multiobject: true
    analyses:
      - {type: average_accuracy, burnin: 1, ignore_unknown: false, weighted: false}
"""
SHIFTS = {  # pixels to the right of the truth
    "samurai": 0,
    "sam2": 2,
    "dam": 4,
    "samurai:motion_weight=0.1": 1,
    "samurai:motion_weight=0.2,stable_frames=9": 3,
}
SEQUENCES = ["first", "second", "third", "fourth", "fifth", "sixth"]

Ablate = Callable[..., tuple[int, str]]


class ShiftedTracker(ColorTracker):
    """The color tracker with answers that are off by some pixels."""

    def __init__(self, shift: int) -> None:
        self.shift = shift

    def session(self) -> ColorSession:
        return ShiftedSession(self.shift)


class ShiftedSession(ColorSession):
    def __init__(self, shift: int) -> None:
        super().__init__()
        self.shift = shift

    def _answer(self, index: int, frame: Any, shift: int) -> Answer:
        return super()._answer(index, frame, self.shift)


class PolicyProcess(LocalProcess):
    """A local process whose tracker is chosen by SAMURAI_POLICY, and breaks down when asked to."""

    runs: list[str] = []  # noqa: RUF012
    broken: str = ""

    def __init__(self, command: str, envvars: dict[str, str], **options: Any) -> None:
        policy = envvars["SAMURAI_POLICY"]
        if policy == type(self).broken:
            raise RuntimeError("scripted failure")
        super().__init__()
        assert self._client is not None
        tracker = ShiftedTracker(SHIFTS[policy])
        self._client._handler = TraxHandler(cast(Channel, self._client), tracker, Settings())
        type(self).runs.append(policy)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> type[PolicyProcess]:
    """Starts PolicyProcess instead of processes; its `runs` are the policies that were started."""
    monkeypatch.setattr(vot.tracker.trax, "TrackerProcess", PolicyProcess)
    monkeypatch.setattr(PolicyProcess, "runs", [])
    monkeypatch.setattr(PolicyProcess, "broken", "")
    return PolicyProcess


@pytest.fixture
def single(tmp_path: Path) -> Path:
    """A workspace with six sequences of one object, with tags and a table of attributes."""
    return write_single(tmp_path / "single")


def write_single(folder: Path) -> Path:
    Data("mask", length=40, anchors=True, absence=True).write(folder / "sequences", SEQUENCES)
    tags = (np.arange(40) % 4 == 1).astype(int)
    for name in SEQUENCES[:2]:
        file = folder / "sequences" / name / "occlusion.tag"
        file.write_text("".join(f"{tag}\n" for tag in tags))
    (folder / "attributes.yaml").write_text("second: {scale: 10-19}\nthird: {scale: all}\n")
    return described(folder, SINGLE)


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A workspace with two sequences of two objects."""
    return write_several(tmp_path / "several")


def write_several(folder: Path) -> Path:
    Data("mask", starts=(0, 3)).write(folder / "sequences")
    (folder / "attributes.yaml").write_text("first: {distractor: all}\n")
    return described(folder, SEVERAL)


def described(folder: Path, stack: str) -> Path:
    (folder / "config.yaml").write_text("registry: [./trackers.ini]\nstack: ./stack.yaml\n")
    (folder / "stack.yaml").write_text(stack)
    return folder


@pytest.fixture
def bundled_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in place of the bundled one, with multiobject and without hard sequences."""
    folder = write_single(tmp_path / "workspace")
    write_several(folder / "multiobject")
    monkeypatch.setattr(bundled, "source", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Two policies in both workspaces, run once: the output and what was printed."""
    folder = tmp_path_factory.mktemp("both")
    sources = [write_single(folder / "single"), write_several(folder / "several")]
    given = ["--policies", "sam2", "samurai", "--output", str(folder / "out"), "--workspace"]
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(vot.tracker.trax, "TrackerProcess", PolicyProcess)
        assert main(["ablate", *given, *map(str, sources)]) == 0, printed.getvalue()
    return folder / "out", printed.getvalue()


@pytest.fixture
def ablate(
    tmp_path: Path, processes: type[PolicyProcess], capsys: pytest.CaptureFixture[str]
) -> Ablate:
    """Runs `samurai ablate` with output in tmp_path/out; its exit code and all that it printed."""

    def call(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        given = [str(argument) for argument in arguments]
        code = main(["ablate", "--output", str(tmp_path / "out"), *given])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call
