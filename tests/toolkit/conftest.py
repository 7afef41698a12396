"""Small workspaces and a tracker with known answers for the tests of the toolkit plug-in."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from samurai.cli.main import main

PARITY = Path(__file__).parent / "parity"

# A repaired experiment and one of the toolkit's own, of few frames; and a real-time one to add.
STACK = """
title: Small
experiments:
  baseline:
    type: samurai-multistart
    analyses:
      - {type: multistart_eao_score, name: eaoscore, low: 5, high: 12}
      - {type: multistart_average_ar, name: ar}
  unsupervised:
    type: unsupervised
    analyses:
      - {type: average_accuracy, name: accuracy, burnin: 1}
"""
REALTIME = """
  realtime:
    type: samurai-multistart
    realtime: {grace: 3}
    analyses:
      - {type: multistart_eao_score, name: eaoscore, low: 5, high: 12}
"""
LENGTHS = {"drift": 20, "swing": 14}

MakeWorkspace = Callable[..., Path]
Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def scenario() -> ModuleType:
    """tests/toolkit/parity/scenario.py."""
    spec = importlib.util.spec_from_file_location("parity_scenario", PARITY / "scenario.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def make_workspace(tmp_path: Path, scenario: ModuleType) -> MakeWorkspace:
    """Writes a workspace with two short sequences and the scripted tracker; its folder."""

    def make(kind: str = "rectangle", *, realtime: bool = False, name: str = "workspace") -> Path:
        folder, package = tmp_path / name, tmp_path / "scripted"
        if not package.exists():  # this clone may lie in a home, which a submission mustn't tell
            package.symlink_to(PARITY)
        scenario.write_sequences(folder / "sequences", kind, LENGTHS)
        (folder / "config.yaml").write_text("registry: [./trackers.ini]\nstack: ./stack.yaml\n")
        (folder / "stack.yaml").write_text(STACK.rstrip() + REALTIME if realtime else STACK)
        (folder / "trackers.ini").write_text(
            f"[scripted]\nprotocol = traxpython\ncommand = scripted_tracker\npaths = {package}\n"
        )
        return folder

    return make


def _command(capsys: pytest.CaptureFixture[str], name: str) -> Command:
    """Runs a command of `samurai` when called with arguments: exit code, all that it printed."""

    def call(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main([name, *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str]) -> Command:
    """`samurai evaluate`, see `_command`."""
    return _command(capsys, "evaluate")


@pytest.fixture
def submit(capsys: pytest.CaptureFixture[str]) -> Command:
    """`samurai submit`, likewise."""
    return _command(capsys, "submit")


@pytest.fixture
def visualize(capsys: pytest.CaptureFixture[str]) -> Command:
    """`samurai visualize`, likewise."""
    return _command(capsys, "visualize")


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Counts the tracker processes since the last call."""
    file = tmp_path / "starts.txt"
    monkeypatch.setenv("SCRIPTED_STARTS", str(file))

    def count() -> int:
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return len(lines)

    return count
