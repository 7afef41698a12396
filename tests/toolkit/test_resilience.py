"""Runs that go on after a failure, and commands that don't guess."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samurai.errors import ConfigurationError
from vot_wrapper.commands.evaluate import workspace_folder
from vot_wrapper.toolkit import checks
from vot_wrapper.toolkit.bundled import source
from vot_wrapper.toolkit.locks import tracker_locks
from vot_wrapper.toolkit.running import _without_our_traceback, same_reason

Evaluate = Callable[..., tuple[int, str]]
MakeWorkspace = Callable[..., Path]
Starts = Callable[[], int]


def results(workspace: Path) -> set[str]:
    root = workspace / "results" / "scripted"
    return {"/".join(file.relative_to(root).parts[:2]) for file in root.rglob("*.bin")}


def test_an_experiment_without_anchors_does_not_end_the_others(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    for file in workspace.glob("sequences/*/anchor.value"):
        file.unlink()
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 1
    assert results(workspace) == {"unsupervised/drift", "unsupervised/swing"}
    assert "WARNING" in printed and "drift/anchor.value" in printed  # the command that makes it
    assert "baseline       no sequence can be run" in printed
    assert printed.count("FAILED") == 1  # one for all sequences
    assert "The same command fails again" in printed and "same command to continue" not in printed
    assert "unsupervised" in printed and "no scores" not in printed


def test_a_tracker_is_given_up_when_everything_fails_alike() -> None:
    assert same_reason(["no python"] * 3)
    for reasons in (["no python"] * 2, ["", "a", "a", "a"], ["a", "a", "b"], ["", "", ""]):
        assert not same_reason(reasons)


@pytest.mark.parametrize("listed", [b"drift\nswing\n\n", None], ids=["a blank line", "none"])
def test_a_broken_list_and_a_broken_sequence_are_told_at_once(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts, listed: bytes | None
) -> None:
    workspace = make_workspace()
    data = workspace / "sequences"
    (data / "list.txt").unlink()
    if listed is not None:
        (data / "list.txt").write_bytes(listed)
    (data / "swing" / "groundtruth.txt").write_text("1;2;3;4\n" * 14)
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 1 and starts() == 0
    assert f"PROBLEM  {data / 'list.txt'}" in printed
    assert f"PROBLEM  {data / 'swing' / 'groundtruth.txt'}:1" in printed
    # Sequences can't be chosen from a list that stops every run.
    assert "nothing was run" in printed and "--sequences" not in printed
    places = [finding.what for finding in checks.workspace(workspace) if finding.level == "FAIL"]
    assert any("list.txt" in text for text in places) and any("swing" in text for text in places)


def test_sequences_are_advised_where_some_have_no_problem(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    (workspace / "sequences" / "drift" / "groundtruth.txt").write_text("1;2;3;4\n" * 20)
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 1
    advice = printed.partition("nothing was run: ")[2].strip()
    assert advice == "repair the data, or run only what has no problem: --sequences swing"
    assert evaluate("scripted", "--workspace", workspace, *advice.split()[-2:])[0] == 0
    (workspace / "sequences" / "swing" / "color" / "00000002.jpg").unlink()
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 1 and "--sequences" not in printed  # not one is left


def test_an_anchor_where_nothing_is_annotated_is_named_by_both_commands(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts
) -> None:
    workspace = make_workspace()
    folder = workspace / "sequences" / "swing"
    rows = (folder / "groundtruth.txt").read_text().splitlines()
    (folder / "groundtruth.txt").write_text("\n".join([*rows[:4], "0", *rows[5:]]) + "\n")
    (folder / "anchor.value").write_text("1\n0\n0\n0\n-1\n")
    status, printed = evaluate("scripted", "--workspace", workspace)
    assert status == 1 and starts() == 0
    assert f"{folder / 'anchor.value'}:5: baseline starts in frame 5" in printed
    command = [sys.executable, "-c", "from vot.utilities.cli import main; main()", "evaluate"]
    plain = subprocess.run(
        [*command, "scripted", "--workspace", str(workspace)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert plain.returncode == 1, plain
    assert "sequence swing: no run can start in frame 5" in plain.stdout + plain.stderr
    assert results(workspace) == {"baseline/drift"}


def test_doctor_says_how_to_check_a_workspace_that_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_workspace: MakeWorkspace
) -> None:
    monkeypatch.chdir(tmp_path)
    (none,) = checks.workspace(None)
    assert none.level == "INFO" and "--workspace FOLDER" in none.what
    (found,) = checks.workspace(make_workspace())
    assert found.level == "OK"


def test_own_sequences_are_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert workspace_folder(None) == source()
    with pytest.raises(ConfigurationError, match="--workspace"):
        workspace_folder(None, stack="vots2025/main")
    (tmp_path / "sequences").mkdir()
    with pytest.raises(ConfigurationError, match=r"config\.yaml"):
        workspace_folder(None)
    (tmp_path / "config.yaml").touch()
    assert workspace_folder(None, stack="vots2025/main") == tmp_path


def test_a_stack_without_scores_names_one_that_has(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts
) -> None:
    workspace = make_workspace()
    code, printed = evaluate("scripted", "--stack", "vots2025/main", "--workspace", workspace)
    assert code == 0, printed
    assert "no local scores" in printed and "--score-with tests/multiobject" in printed
    assert "boxes, but the challenge compares masks" in printed
    starts()
    configuration = (workspace / "config.yaml").read_text()
    here = ("--workspace", workspace)
    stacks = ("--stack", "vots2025/main", "--score-with", "tests/multiobject")
    code, printed = evaluate("scripted", *stacks, *here)
    assert code == 0 and starts() == 0, printed
    assert "no local scores" not in printed
    (row,) = (line for line in printed.splitlines() if line.startswith("scripted  "))
    code, alone = evaluate("scripted", "--stack", "tests/multiobject", *here)
    assert code == 0 and row in alone.splitlines() and len(row.split()) == 8
    assert (workspace / "config.yaml").read_text() == configuration


def test_a_stack_of_other_runs_scores_nothing(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts
) -> None:
    """Before the first frame: the same name isn't enough."""
    workspace = make_workspace()
    stacks = ("--stack", "vots2025/main", "--score-with")
    for other, words in (
        ("vot2022/shorttermbox", "measures no results of this one (baseline)"),
        ("vots2024/main", "measures no results"),
        ("vot2099", "there is no stack 'vot2099'"),
    ):
        code, printed = evaluate("scripted", *stacks, other, "--workspace", workspace)
        assert code == 2 and words in printed and "Traceback" not in printed
    assert starts() == 0


def test_hidden_truth_is_not_scored(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts
) -> None:
    workspace = make_workspace()
    for name in ("drift", "swing"):
        file = workspace / "sequences" / name / "groundtruth.txt"
        file.write_text(file.read_text().splitlines()[0] + "\n")
    code, printed = evaluate("scripted", "--stack", "vots2025/main", "--workspace", workspace)
    assert code == 0 and "server scores what is submitted" in printed
    assert "no ground truth after the first region" in printed and "--score-with" not in printed


def test_a_stack_file_counts_from_the_current_folder_first(
    make_workspace: MakeWorkspace, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace()
    own = workspace.parent / "own.yaml"
    shutil.copy(workspace / "stack.yaml", own)
    own.write_text(own.read_text().replace("Small", "Mine"))
    monkeypatch.chdir(workspace.parent)
    for given in ("own.yaml", "./own.yaml", f"{workspace.name}/stack.yaml", "stack.yaml"):
        code, printed = evaluate("scripted", "--stack", given, "--workspace", workspace)
        assert code == 0, printed
        assert ("Mine" in printed) == ("own" in given)


def test_votstval_without_its_tags_says_what_is_missing(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    code, printed = evaluate("scripted", "--stack", "vots2024/votstval", "--workspace", workspace)
    assert code == 2
    assert "the tag 'evaluation'" in printed and "evaluation.tag" in printed
    assert ".." not in printed.splitlines()[-1]


def test_one_tracker_is_run_by_one_process(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from vot_wrapper.toolkit.locks import tracker_locks\n"
        "with tracker_locks(pathlib.Path(sys.argv[1]), ['mine']):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    busy = tracker_locks(tmp_path, ["mine"])
    with pytest.raises(ConfigurationError, match=str(holder.pid)):
        busy.__enter__()
    with tracker_locks(tmp_path, ["another"]):
        pass
    holder.kill()  # the system gives the lock back, however the process ends
    holder.communicate()
    with tracker_locks(tmp_path, ["mine"]):
        assert (tmp_path / "cache" / "tracker-mine.lock").read_text() == str(os.getpid())


def test_an_error_that_explains_itself_is_shown_without_its_traceback() -> None:
    head = ["loading", "Traceback (most recent call last):", '  File "x.py", line 1', "    f()"]
    own = [*head, "samurai.errors.ConfigurationError: SAMURAI_SPEED=warp isn't allowed"]
    assert _without_our_traceback(own) == ["loading", "SAMURAI_SPEED=warp isn't allowed"]
    other = [*head, "KeyError: 1"]
    assert _without_our_traceback(other) == other
