"""trackers.ini as the toolkit reads it, and its default tracker in the toolkit's hands."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from vot.region.io import read_trajectory
from vot.tracker import Registry, Tracker

from samurai.models.checkpoints import model_names
from samurai.policies import policy_names
from vot_wrapper.toolkit.workspaces import _runnable

ROOT = Path(__file__).parents[2]
TRACKERS = ROOT / "trackers.ini"

TRAX = ("traxpython", "vot_wrapper")
FOLDER = ("folderpython", "vot_wrapper.folder")

Evaluate = Callable[..., tuple[int, str]]


@pytest.fixture
def registry() -> Registry:
    return Registry([str(TRACKERS)])


def test_the_toolkit_finds_every_tracker_with_its_model_and_policy(registry: Registry) -> None:
    found = set()
    for tracker in registry:
        # Servers and LaTeX stumble over underscores, which the toolkit takes.
        assert re.fullmatch(r"[a-z0-9-]+", tracker.identifier)
        described = tracker.describe()
        started = (described["protocol"], described["command"])
        by_folder = "-folder" in tracker.identifier
        assert started == (FOLDER if by_folder else TRAX)
        # The toolkit compares it with a number where it runs folders.
        assert described.get("timeout") == (None if by_folder else "600")
        assert "python" not in described  # the interpreter that runs the toolkit
        env = described["env"]
        found.add((env["SAMURAI_MODEL"], env["SAMURAI_POLICY"]))
        assert tracker.identifier.startswith(env["SAMURAI_POLICY"])
        size = tracker.identifier.removeprefix(env["SAMURAI_POLICY"])
        size = size.removeprefix("-folder").removeprefix("-")
        model = env["SAMURAI_MODEL"]
        if tracker.identifier.endswith(model):  # sam3 is a model and a policy
            continue
        assert model == "nano" if size in ("", "sequential") else model[0] == size
    assert {model for model, _ in found} == set(model_names())
    assert {policy for _, policy in found} == set(policy_names())


def test_a_submission_gets_no_path_of_this_machine_from_it() -> None:
    parser = configparser.ConfigParser()
    parser.read(TRACKERS)
    values = [value for section in parser.values() for value in section.values()]
    assert not [value for value in values if "/" in value or "~" in value]


def test_an_interpreter_in_a_folder_with_a_space(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolkit pastes the interpreter into a command line and splits that at spaces."""
    monkeypatch.setattr(sys, "executable", "/my clone/.venv/bin/python")
    tracker: Tracker = _runnable(registry["samurai"])
    command = tracker.runtime()._command
    assert shlex.split(command) == ["/my clone/.venv/bin/python", "-m", "vot_wrapper"]
    assert "python" not in registry["samurai"].describe()


@pytest.mark.parametrize("kind", ["mask", "rectangle"])
def test_the_default_tracker_runs_in_the_toolkit(
    tmp_path: Path, scenario: ModuleType, evaluate: Evaluate, kind: str
) -> None:
    scenario.write_sequences(tmp_path / "sequences", kind, {"drift": 8})
    (tmp_path / "config.yaml").write_text(f"registry: [{TRACKERS}]\nstack: ./stack.yaml\n")
    (tmp_path / "stack.yaml").write_text(
        "title: One\nexperiments:\n  baseline:\n    type: samurai-multistart\n"
        "    analyses:\n      - {type: multistart_average_ar, name: ar}\n"
    )
    code, printed = evaluate("--workspace", tmp_path)
    assert code == 0, printed
    results = tmp_path / "results" / "samurai" / "baseline" / "drift"
    assert len(list(results.glob("*.bin"))) == 3
    regions = read_trajectory(str(results / "drift_00000000.bin"))
    assert len(regions) == 8
    assert {type(region).__name__.lower() for region in regions[1:]} == {kind}
    confidences = (results / "drift_00000000_confidence.value").read_text().split()
    assert len(confidences) == 7 and all(0 <= float(value) <= 1 for value in confidences)


@pytest.mark.slow
def test_vot_test_gets_to_its_end(tmp_path: Path) -> None:
    """50 frames of 640x480 with three objects; its exit code would be 0 in any case."""
    ran = subprocess.run(
        [sys.executable, "-m", "vot", "test", "samurai"],
        cwd=tmp_path,
        env={**os.environ, "VOT_REGISTRY": str(TRACKERS), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    printed = ran.stdout + ran.stderr
    assert "Processing frame 49/49" in printed, printed
    assert "Test concluded successfuly" in printed
