"""Stale results in the workspace: marked by evaluate, refused by submit, never mixed with new ones.

The trackers are real processes: one whose answers are known, and the bundled model.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from samurai.cli.main import main

pytestmark = pytest.mark.usefixtures("plain_environment")
ROOT = Path(__file__).parents[2]
ONE = """
title: One
experiments:
  baseline:
    type: unsupervised
    analyses: [{type: average_accuracy, burnin: 1}]
"""
MINE = """
[mine]
label = Mine
protocol = traxpython
command = vot_wrapper
env_SAMURAI_POLICY = dam
"""

Evaluate = Callable[..., tuple[int, str]]
MakeWorkspace = Callable[..., Path]


@pytest.fixture
def own(tmp_path: Path, scenario: ModuleType) -> Path:
    """A workspace in a folder with spaces whose own trackers.ini, which its config.yaml doesn't
    name, holds the tracker."""
    folder = tmp_path / "my own workspace"
    scenario.write_sequences(folder / "sequences", "mask", {"drift": 4})
    (folder / "config.yaml").write_text("registry: []\nstack: ./stack.yaml\n")
    (folder / "stack.yaml").write_text(ONE)
    (folder / "trackers.ini").write_text(MINE)
    return folder


def lines_of(printed: str, beginning: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith(beginning)]


def row(printed: str, label: str) -> str:
    return lines_of(printed, f"{label} ")[-1]


def test_another_policy_is_marked_refused_and_renewed(
    own: Path, evaluate: Evaluate, submit: Evaluate
) -> None:
    assert evaluate("mine", "--workspace", own)[0] == 0
    code, printed = evaluate("mine", "--workspace", own)
    assert code == 0 and "~" not in row(printed, "Mine") and "stale" not in printed
    code, printed = submit("mine", "--workspace", own)
    assert code == 0, printed
    (archive,) = own.glob("submissions/*/*.zip")
    with zipfile.ZipFile(archive) as packed:
        manifest = yaml.safe_load(packed.read("manifest.yml"))
        names = {name for name in packed.namelist() if name != "manifest.yml"}
    assert manifest["identifier"] == "mine"
    assert manifest["configuration"]["env"]["SAMURAI_POLICY"] == "dam"
    run = "baseline/drift/drift_001"
    assert names == {f"{run}.bin", f"{run}_time.value", f"{run}_confidence.value"}

    registry = own / "trackers.ini"
    registry.write_text(MINE.replace("= dam", "= sam2"))
    code, printed = evaluate("mine", "--workspace", own)
    assert code == 0 and "~" in row(printed, "Mine")
    (line,) = lines_of(printed, "~ ")
    again = shlex.join(["samurai", "evaluate", "mine", "--workspace", str(own)])
    assert "mine, baseline (1 sequence): stale: policy dam -> sam2; renew: " in line
    assert line.endswith(f"{again} --force")
    assert "policy dam -&gt; sam2" in (own / "reports/latest/report.html").read_text()
    code, printed = submit("mine", "--workspace", own)
    assert code == 1 and "policy dam -> sam2" in printed and f"`{again} --force`" in printed
    assert len(list(own.glob("submissions/*"))) == 1

    assert main(shlex.split(f"{again} --force")[1:]) == 0
    assert submit("mine", "--workspace", own)[0] == 0


@pytest.mark.parametrize("kind", ["yaml beside", "named folder"])
def test_wherever_its_section_stands_a_tracker_is_packed(
    make_workspace: MakeWorkspace, evaluate: Evaluate, submit: Evaluate, tmp_path: Path, kind: str
) -> None:
    workspace = make_workspace("mask", name="a work space")
    (workspace / "stack.yaml").write_text(ONE)
    text = (workspace / "trackers.ini").read_text()
    (workspace / "trackers.ini").unlink()
    registry = "[]"
    if kind == "yaml beside":
        section = dict(line.split(" = ") for line in text.splitlines()[1:])
        (workspace / "trackers.yaml").write_text(yaml.safe_dump({"scripted": section}))
    else:
        (tmp_path / "my registry").mkdir()
        (tmp_path / "my registry" / "trackers.ini").write_text(text)
        registry = "[../my registry]"
    (workspace / "config.yaml").write_text(f"registry: {registry}\nstack: ./stack.yaml\n")
    assert evaluate("scripted", "--workspace", workspace)[0] == 0
    code, printed = submit("scripted", "--workspace", workspace)
    assert code == 0, printed
    (archive,) = workspace.glob("submissions/*/*.zip")
    with zipfile.ZipFile(archive) as packed:
        assert yaml.safe_load(packed.read("manifest.yml"))["identifier"] == "scripted"


def test_stale_sequences_are_told_apart(make_workspace: MakeWorkspace, evaluate: Evaluate) -> None:
    workspace = make_workspace()
    evaluate("scripted", "--workspace", workspace)
    registry = workspace / "trackers.ini"
    registry.write_text(registry.read_text() + "env_SCRIPTED_OTHER = 1\n")
    shutil.rmtree(workspace / "results/scripted/baseline/drift")
    _, printed = evaluate("scripted", "--workspace", workspace)
    (line,) = lines_of(printed, "~ ")
    assert "baseline (1 sequence), unsupervised (2 sequences): stale: env_SCRIPTED_OTHER" in line
    moved = Path(shutil.copytree(workspace, workspace.parent / "moved there"))
    assert lines_of(evaluate("scripted", "--workspace", moved)[1], "~ ") == [
        line.replace(str(workspace), shlex.quote(str(moved)))
    ], "a moved workspace is as stale as before"
    _, printed = evaluate("scripted", "--workspace", workspace, "--sequences", "drift", "--force")
    assert not lines_of(printed, "~ ")
    _, printed = evaluate("scripted", "--workspace", workspace)
    (line,) = lines_of(printed, "~ ")
    assert "baseline (1 sequence), unsupervised (1 sequence)" in line


def test_a_run_that_goes_on_with_other_settings_begins_its_sequence_anew(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    """Three runs make up a sequence's results: two of them may not stay from before."""
    workspace = make_workspace()
    evaluate("scripted", "--workspace", workspace)
    results = workspace / "results/scripted/baseline/drift"

    def made_again_after_a_loss() -> set[str]:
        for file in results.glob("drift_00000010*"):
            file.unlink()
        times = {file.name: file.stat().st_mtime_ns for file in results.glob("*.bin")}
        evaluate("scripted", "--workspace", workspace)
        after = {file.name: file.stat().st_mtime_ns for file in results.glob("*.bin")}
        return {name for name, time in after.items() if times.get(name) != time}

    assert made_again_after_a_loss() == {"drift_00000010.bin"}
    registry = workspace / "trackers.ini"
    registry.write_text(registry.read_text() + "env_SCRIPTED_OTHER = 1\n")
    assert made_again_after_a_loss() == {f"drift_000000{start}.bin" for start in ("00", "10", "19")}


def test_results_of_vot_evaluate_are_not_recorded(
    make_workspace: MakeWorkspace, evaluate: Evaluate, submit: Evaluate
) -> None:
    workspace = make_workspace("mask")
    vot = [sys.executable, "-m", "vot", "evaluate", "scripted"]
    subprocess.run(vot, cwd=workspace, check=True, capture_output=True)
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0 and "?" in row(printed, "scripted")
    (line,) = lines_of(printed, "? ")
    assert "unknown: not recorded" in line and line.endswith("--force")
    code, printed = submit("scripted", "--workspace", workspace)
    assert code == 0 and "it isn't known with what" in printed


def test_what_something_else_wrote_since_is_not_recorded(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    evaluate("scripted", "--workspace", workspace)
    folder = workspace / "results/scripted/unsupervised"
    file = folder / "drift/drift_001_confidence.value"
    file.write_text(file.read_text().replace("0.5", "0.25"))
    _, printed = evaluate("scripted", "--workspace", workspace)
    (line,) = lines_of(printed, "? ")
    assert "unsupervised (1 sequence): unknown" in line


def test_a_forced_run_that_broke_off_is_told(
    make_workspace: MakeWorkspace, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolkit writes over results one by one: the old ones after them look like new ones."""
    workspace = make_workspace()
    evaluate("scripted", "--workspace", workspace)
    monkeypatch.setenv("SCRIPTED_FAILURE", "drift")
    assert evaluate("scripted", "--workspace", workspace, "--force")[0] == 1
    monkeypatch.delenv("SCRIPTED_FAILURE")
    _, printed = evaluate("scripted", "--workspace", workspace)
    assert "the run that was to renew them did not end" in lines_of(printed, "? ")[0]


def notes(workspace: Path) -> Path:
    return workspace / "provenance" / "scripted.jsonl"


def old_format(file: Path) -> None:
    """As the version before wrote it."""
    places = [json.loads(line) for line in file.read_text().splitlines()]
    lines = [
        {"experiment": p["experiment"], "sequence": p["sequence"], "with": {"torch": "2.5"}}
        for p in places
        if "experiment" in p
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def garbage(file: Path) -> None:
    file.write_bytes(b'\xff\xfe{"experiment": 3}\n[1, 2]\nnull\n{"experiment": "baseline"')


@pytest.mark.parametrize(
    ("damage", "words"), [(old_format, "older version"), (garbage, "not recorded")]
)
def test_notes_that_say_nothing_are_no_error(
    make_workspace: MakeWorkspace,
    evaluate: Evaluate,
    damage: Callable[[Path], None],
    words: str,
) -> None:
    workspace = make_workspace()
    evaluate("scripted", "--workspace", workspace)
    damage(notes(workspace))
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0 and words in lines_of(printed, "? ")[0]
    code, printed = evaluate("scripted", "--workspace", workspace, "--force")
    assert code == 0 and not lines_of(printed, "? ")


# Refused before the first frame


def test_a_faulty_section_is_refused_before_anything_runs(own: Path, evaluate: Evaluate) -> None:
    (own / "trackers.ini").write_text(f"{MINE}env_SAMURAI_POLICI = dam\n")
    code, printed = evaluate("mine", "--workspace", own)
    assert code == 2 and "SAMURAI_POLICY" in printed and "Traceback" not in printed
    vot = [sys.executable, "-m", "vot", "evaluate", "mine"]
    ran = subprocess.run(vot, cwd=own, capture_output=True, text=True)
    assert "SAMURAI_POLICY" in ran.stdout + ran.stderr
    assert not list((own / "results").rglob("*.bin"))
