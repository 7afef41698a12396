"""`samurai evaluate` with the real toolkit and a real TraX process whose answers are known."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from vot.region.io import read_trajectory
from vot.tracker import Trajectory

Evaluate = Callable[..., tuple[int, str]]
MakeWorkspace = Callable[..., Path]
Starts = Callable[[], int]

RESULTS = {  # per sequence: a run from each anchor (first, middle, last), or one
    "baseline/drift": ["drift_00000000", "drift_00000010", "drift_00000019"],
    "baseline/swing": ["swing_00000000", "swing_00000007", "swing_00000013"],
    "unsupervised/drift": ["drift_001"],
    "unsupervised/swing": ["swing_001"],
}
REALTIME = {
    "realtime/drift": ["drift_00000000", "drift_00000010", "drift_00000019"],
    "realtime/swing": ["swing_00000000", "swing_00000007", "swing_00000013"],
}


def result_files(workspace: Path) -> dict[str, bytes]:
    """All regions and confidences that were written; times differ from run to run."""
    root = workspace / "results" / "scripted"
    files = [file for file in root.rglob("*.*") if not file.name.endswith("_time.value")]
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(files)}


def table(printed: str) -> str:
    """The tracker's line of the table, without its speed."""
    (line,) = (line for line in printed.splitlines() if line.startswith("scripted  "))
    return line.rsplit(None, 1)[0]


def test_runs_everything_and_writes_what_the_tracker_said(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts, scenario: ModuleType
) -> None:
    workspace = make_workspace("mask", realtime=True)
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0, printed
    assert starts() == len(REALTIME | RESULTS)  # one process per experiment and sequence

    for place, names in (REALTIME | RESULTS).items():
        sequence = place.split("/")[1]
        for name in names:
            start = 0 if place.startswith("unsupervised") else int(name.split("_")[1])
            backward = not place.startswith("unsupervised") and name in (
                "drift_00000019",
                "swing_00000013",
            )
            end = -1 if backward else {"drift": 20, "swing": 14}[sequence]
            order = list(range(start, end, -1 if backward else 1))
            folder = workspace / "results" / "scripted" / place
            regions = read_trajectory(str(folder / f"{name}.bin"))
            assert len(regions) == len(order)
            for frame, region in list(zip(order, regions, strict=True))[1:]:
                expected = scenario.mask(scenario.answer(sequence, start, frame))
                height, width = expected.shape
                assert (region.rasterize((0, 0, width - 1, height - 1)) == expected).all()
            confidences = (folder / f"{name}_confidence.value").read_text().split()
            assert set(confidences) == {"0.5"}


def test_prints_the_numbers_that_the_toolkit_wrote(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace(realtime=True)
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0, printed
    document = json.loads((workspace / "analysis" / "latest.json").read_text())
    found = {name: part["results"] for name, part in document["results"].items()}
    (eao,), (accuracy, robustness, *_) = (part[0] for part in found["baseline"])
    ((realtime_eao,),) = (part[0] for part in found["realtime"])
    ((unsupervised,),) = (part[0] for part in found["unsupervised"])
    numbers = [eao, accuracy, robustness, unsupervised, realtime_eao]
    assert table(printed).split() == ["scripted", *(f"{number:.3f}" for number in numbers)]
    assert "baseline *" in printed and "realtime *" in printed and "unsupervised *" not in printed
    report = (workspace / "reports" / "latest" / "report.html").read_text()
    assert "<span>Repaired experiments</span>: baseline, realtime (" in report
    assert f"{eao:.3f}" in report
    types = {name: part["type"] for name, part in document["results"].items()}
    assert types["baseline"] == "vot_wrapper.toolkit.experiments.RepairedMultiStart"


def test_does_what_the_toolkits_own_commands_do(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    ours, theirs = make_workspace(name="ours"), make_workspace(name="theirs")
    assert evaluate("scripted", "--workspace", ours)[0] == 0
    for command in (["evaluate"], ["analysis", "--format", "json", "--name", "latest"]):
        vot = [sys.executable, "-m", "vot", *command, "scripted"]
        subprocess.run(vot, cwd=theirs, check=True, capture_output=True)
    assert result_files(ours) == result_files(theirs)
    numbers = [
        {
            name: part["results"]
            for name, part in json.loads((folder / "analysis" / "latest.json").read_text())[
                "results"
            ].items()
        }
        for folder in (ours, theirs)
    ]
    assert numbers[0] == numbers[1]


def test_a_failing_tracker_is_told_and_its_results_are_kept(
    make_workspace: MakeWorkspace,
    evaluate: Evaluate,
    starts: Starts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = make_workspace()
    monkeypatch.setenv("SCRIPTED_FAILURE", "swing")
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 1
    assert "FAILED: scripted, baseline, sequence swing" in printed
    assert "reason: Server terminated the session: scripted failure in frame 7" in printed
    assert "| scripted complaint" in printed
    logs = list((workspace / "logs").iterdir())
    assert len(logs) == 2  # of both experiments
    for log in logs:
        assert f"full log: {log}" in printed
        assert "scripted complaint" in log.read_text()
    assert "2 failed:" in printed
    assert not (workspace / "reports").exists()
    assert starts() == len(RESULTS)  # the others went on

    monkeypatch.delenv("SCRIPTED_FAILURE")
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0, printed
    assert starts() == 2
    assert (workspace / "reports" / "latest" / "report.html").exists()


def test_a_tracker_that_is_killed_or_does_not_start_hides_no_other(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    registry = workspace / "trackers.ini"
    good = registry.read_text()
    killed = good.replace("[scripted]", "[killed]") + "env_SCRIPTED_DEATH = swing\n"
    absent = good.replace("[scripted]", "[absent]") + "python = /nowhere/python\n"
    registry.write_text(good + killed + absent)
    code, printed = evaluate("killed", "absent", "scripted", "--workspace", workspace)
    assert code == 1
    assert "FAILED: killed, baseline, sequence swing" in printed
    assert "Process exited with code (-9)" in printed
    assert "FAILED: absent, baseline, sequence drift" in printed and "/nowhere/python" in printed
    assert "-" not in table(printed)
    (row,) = (line for line in printed.splitlines() if line.startswith("killed   "))
    assert row.split() == ["killed", *"-----"]
    document = json.loads((workspace / "analysis" / "latest.json").read_text())
    assert list(document["trackers"]) == ["scripted"]


@pytest.mark.parametrize("file", ["swing_00000007.bin", "swing_00000007_time.value"])
def test_a_result_that_was_cut_short_is_made_again(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts, file: str
) -> None:
    workspace = make_workspace()
    evaluate("scripted", "--workspace", workspace)
    whole = result_files(workspace)
    assert evaluate("scripted", "--workspace", workspace)[0] == 0
    assert starts() == len(RESULTS)  # those of the first call
    damaged = workspace / "results" / "scripted" / "baseline" / "swing" / file
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0
    assert "swing_00000007.bin was cut short" in printed
    assert starts() == 1
    assert result_files(workspace) == whole


def test_new_results_are_never_scored_with_old_numbers(
    make_workspace: MakeWorkspace, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolkit caches analyses by name: it would report the first numbers for ever."""
    workspace = make_workspace()
    _, first = evaluate("scripted", "--workspace", workspace)
    monkeypatch.setenv("SCRIPTED_SHIFT", "6")
    _, second = evaluate("scripted", "--workspace", workspace, "--force")
    assert float(table(second).split()[1]) < float(table(first).split()[1])
    monkeypatch.delenv("SCRIPTED_SHIFT")
    _, third = evaluate("scripted", "--workspace", workspace, "--force")
    assert table(third) == table(first)


def test_only_the_named_sequences_count(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts
) -> None:
    workspace = make_workspace()
    code, printed = evaluate("scripted", "--workspace", workspace, "--sequences", "swing")
    assert code == 0
    assert "1 of 2" in printed
    assert starts() == 2
    document = json.loads((workspace / "analysis" / "latest.json").read_text())
    assert list(document["sequences"]) == ["swing"]
    assert not (workspace / "results" / "scripted" / "baseline" / "drift").exists()


def test_an_official_stack_is_run_by_its_copy(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    (workspace / "config.yaml").unlink()
    code, printed = evaluate(
        "scripted", "--stack", "vot2022/shorttermbox", "--workspace", workspace
    )
    assert code == 0, printed
    configuration = yaml.safe_load((workspace / "config.yaml").read_text())
    assert configuration["stack"] == "vot2022/shorttermbox"  # so that `vot pack` names it
    # The workspace's own trackers.ini stays as it was; ours is put beside it.
    assert configuration["registry"] == ["./trackers.ini", "./samurai-trackers.ini"]
    assert "[samurai-l]" in (workspace / "samurai-trackers.ini").read_text()
    assert "[samurai-l]" not in (workspace / "trackers.ini").read_text()
    assert "stack vot2022/shorttermbox: our copy" in printed
    assert "runs of 115 to 755 frames" in printed
    assert "EAO is too low by construction: the longest sequence has 20 frames" in printed


def test_wrong_usage_is_one_line_with_the_remedy(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    workspace = make_workspace()
    for arguments, message in (
        (["nobody"], "no tracker 'nobody'"),
        (["scripted", "--sequences", "swing,moon"], "no sequence moon"),
        (["scripted", "--stack", "vot2099"], "no stack 'vot2099'"),
        (["scripted", "--stack", "vots2026/referral"], "can't run baseline"),
    ):
        code, printed = evaluate(*arguments, "--workspace", workspace)
        assert code == 2
        assert message in printed and "Traceback" not in printed


def test_a_folder_that_is_no_workspace(tmp_path: Path, evaluate: Evaluate) -> None:
    code, printed = evaluate("--workspace", tmp_path)
    assert code == 2
    assert "is not a VOT workspace" in printed and "--stack" in printed
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_what_is_there_is_kept(
    make_workspace: MakeWorkspace, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace()
    write = Trajectory.write
    written: list[str] = []

    def full(self: Trajectory, results: object, name: str) -> None:
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(name)
        write(self, results, name)

    monkeypatch.setattr(Trajectory, "write", full)
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 1 and "No space left on device" in printed
    assert "sequence swing" in printed or "sequence drift" in printed
    monkeypatch.setattr(Trajectory, "write", write)
    kept = {path: path.read_bytes() for path in (workspace / "results").rglob("*.bin")}
    assert len(kept) == 3
    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0, printed
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_ctrl_c_keeps_what_is_there(
    make_workspace: MakeWorkspace, evaluate: Evaluate, starts: Starts
) -> None:
    """As on a terminal: the key reaches the tracker too, here as soon as its second one starts."""
    workspace = make_workspace()
    command = [sys.executable, "-m", "samurai.cli.main", "evaluate", "scripted"]
    environment = {**os.environ, "SCRIPTED_INTERRUPT": "swing"}
    ran = subprocess.run(
        [*command, "--workspace", str(workspace)],
        env=environment,
        start_new_session=True,  # the tracker interrupts its whole process group
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 130, ran.stdout + ran.stderr
    assert "interrupted. Finished sequences are kept" in ran.stdout
    assert "FAILED" not in ran.stdout
    assert starts() == 2

    code, printed = evaluate("scripted", "--workspace", workspace)
    assert code == 0
    assert "baseline       1 of 2 sequences are kept" in printed
