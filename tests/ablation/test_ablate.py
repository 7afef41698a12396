"""`samurai ablate` through the toolkit, with trackers of known answers."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from vot.region import calculate_overlap
from vot.region.io import read_trajectory
from vot.workspace import Workspace

Ablate = Callable[..., tuple[int, str]]

POLICIES = ("--policies", "sam2", "samurai")


def results(output: Path) -> dict[str, Any]:
    """The combinations in the JSON file, by policy."""
    document = json.loads((output / "ablation" / "results.json").read_text())
    return {found["policy"]: found for found in document["combinations"]}


def toolkits(output: Path, workspace: str) -> dict[str, Any]:
    """The results that the toolkit itself wrote, by experiment."""
    document = json.loads((output / workspace / "analysis" / "ablation.json").read_text())
    return {name: part["results"] for name, part in document["results"].items()}


def test_measures_are_those_of_the_toolkit(both: tuple[Path, str]) -> None:
    output, printed = both
    written = toolkits(output, "single")
    assert "realtime" not in written, "its clock would measure the other combinations"
    eao, ar = written["baseline"][:2]
    (overlap,) = written["unsupervised"]
    for row, policy in enumerate(("sam2", "samurai")):
        found = results(output)[policy]["measures"]["single"]
        numbers = [eao[row][0], *ar[row][:2], overlap[row][0]]
        assert [*found.values()][:-1] == pytest.approx(numbers)
        assert f"{numbers[0]:.3f}  {numbers[1]:.3f}" in printed
    (quality,) = toolkits(output, "several")["multiobject"]
    for row, policy in enumerate(("sam2", "samurai")):
        found = results(output)[policy]["measures"]["several"]
        assert found["multiobject Q"] == pytest.approx(quality[row][0])
    assert results(output)["samurai"]["measures"]["single"]["baseline EAO"] > 0.5


def plain_overlaps(output: Path, policy: str, name: str) -> list[tuple[int, float]]:
    """Overlap by overlap of the unsupervised run, from the files; not of the first frame."""
    workspace = Workspace.load(str(output / "single"))
    (sequence,) = (s for s in workspace.dataset if s.name == name)
    file = output / "single" / "results" / f"{policy}-nano" / "unsupervised" / name
    answers = read_trajectory(str(file / f"{name}_001.bin"))
    size = sequence.size
    return [
        (frame, calculate_overlap(answers[frame], sequence.groundtruth(frame), size))
        for frame in range(1, len(sequence))
    ]


def test_overlaps_by_attribute_are_means_over_its_frames(both: tuple[Path, str]) -> None:
    output, _ = both
    inside: dict[str, dict[str, Callable[[int], bool]]] = {
        "occlusion": {name: lambda frame: frame % 4 == 1 for name in ("first", "second")},
        "scale": {"second": lambda frame: 10 <= frame <= 19, "third": lambda frame: True},
    }
    for policy in ("sam2", "samurai"):
        found = results(output)[policy]["attributes"]
        assert set(found) == {"occlusion", "scale", "distractor"}
        for attribute, sequences in inside.items():
            chosen = [
                [
                    overlap
                    for frame, overlap in plain_overlaps(output, policy, name)
                    if marked(frame)
                ]
                for name, marked in sequences.items()
            ]
            mean = np.mean([np.mean(overlaps) for overlaps in chosen])
            assert found[attribute]["overlap"] == pytest.approx(mean)
            assert found[attribute]["sequences"] == 2
            assert found[attribute]["frames"] == sum(map(len, chosen))
        # As in the toolkit: an object that starts later counts from its first frame on.
        assert found["distractor"]["frames"] == 29 + 27


def test_overlap_counts_every_sequence_once(both: tuple[Path, str]) -> None:
    output, _ = both
    found = results(output)
    for policy in ("sam2", "samurai"):
        sequences = found[policy]["sequences"]
        assert len(sequences) == 8
        assert found[policy]["overlap"]["all"] == pytest.approx(np.mean([*sequences.values()]))
        for name in ("first", "sixth"):
            plain = [overlap for _, overlap in plain_overlaps(output, policy, name)]
            assert sequences[f"single/{name}"] == pytest.approx(np.mean(plain))
    gap = found["sam2"]["difference"]["all"]
    pairs = [
        found["sam2"]["sequences"][name] - value
        for name, value in found["samurai"]["sequences"].items()
    ]
    assert gap["mean"] == pytest.approx(np.mean(pairs))
    assert gap["low"] <= gap["mean"] <= gap["high"] < 0
    assert gap["sequences"] == 8
    assert found["sam2"]["difference"]["several"]["low"] is None, "two sequences prove nothing"
    assert found["samurai"]["difference"] == {}


def test_writes_page_numbers_and_pictures(both: tuple[Path, str]) -> None:
    output, printed = both
    page = (output / "ablation.md").read_text()
    assert "| sam2 | " in page and "### Overlap, all: 8 sequences" in page
    assert "(stale)" not in printed and "STALE" not in page
    with (output / "ablation" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    (eao,) = (row for row in rows if row["policy"] == "sam2" and row["name"] == "baseline EAO")
    assert float(eao["value"]) == results(output)["sam2"]["measures"]["single"]["baseline EAO"]
    for name in ("measures", "attributes", "differences", "speed"):
        file = output / "ablation" / f"{name}.png"
        assert f"![{name}](ablation/{name}.png)" in page
        assert file.stat().st_size < 100_000
        colors = Image.open(file).convert("RGB").getcolors()
        assert colors is not None and len(colors) > 3
    document = json.loads((output / "ablation" / "results.json").read_text())
    assert {"date", "commit", "python", "torch", "vot-toolkit", "weights of nano"} <= set(document)


@pytest.mark.slow
def test_a_second_call_runs_nothing_and_a_new_policy_only_itself(
    ablate: Ablate, single: Path, tmp_path: Path, processes: Any
) -> None:
    given = {path: path.stat().st_mtime_ns for path in single.rglob("*")}
    code, first = ablate(*POLICIES, "--workspace", single)
    assert {path: path.stat().st_mtime_ns for path in single.rglob("*")} == given, "left alone"
    assert code == 0 and len(processes.runs) == 2 * 2 * 6, first
    before = results(tmp_path / "out")
    processes.runs.clear()
    code, second = ablate(*POLICIES, "--workspace", single)
    assert code == 0 and processes.runs == []
    assert "sam2-nano" in second and "kept" in second
    assert results(tmp_path / "out") == before
    ablate(*POLICIES, "dam", "--workspace", single)
    assert set(processes.runs) == {"dam"}
    assert len(results(tmp_path / "out")) == 3
    processes.runs.clear()
    ablate("--policies", "dam", "--workspace", single, "--force")
    assert processes.runs == ["dam"] * 12


def test_only_what_is_missing_is_run(
    ablate: Ablate, single: Path, tmp_path: Path, processes: Any
) -> None:
    ablate(*POLICIES, "--workspace", single, "--workers", "2")
    before = results(tmp_path / "out")
    kept = tmp_path / "out" / "single" / "results"
    (kept / "sam2-nano" / "unsupervised" / "third" / "third_001.bin").unlink()
    damaged = kept / "samurai-nano" / "baseline" / "first" / "first_00000000.bin"
    damaged.write_bytes(damaged.read_bytes()[:10])
    processes.runs.clear()
    code, printed = ablate(*POLICIES, "--workspace", single, "--workers", "2")
    assert code == 0
    assert sorted(processes.runs) == ["sam2", "samurai"]
    assert "first_00000000.bin was cut short" in printed
    after = results(tmp_path / "out")
    for policy in ("sam2", "samurai"):
        assert after[policy]["sequences"] == before[policy]["sequences"]


def test_a_failing_policy_is_told_and_the_others_are_compared(
    ablate: Ablate, single: Path, several: Path, tmp_path: Path, processes: Any
) -> None:
    processes.broken = "dam"
    code, printed = ablate(*POLICIES, "dam", "--workspace", single, several)
    assert code == 1
    assert "FAILED: dam-nano, baseline, sequence first" in printed
    found = results(tmp_path / "out")
    assert found["dam"]["overlap"]["all"] is None and found["dam"]["sequences"] == {}
    assert found["sam2"]["overlap"]["all"] > 0
    lines = [row.split() for row in printed.splitlines() if row.startswith("dam  ")]
    assert lines and all(set(cells) == {"-"} for _, *cells in lines)


@pytest.mark.slow
def test_results_of_other_settings_are_marked(
    ablate: Ablate, single: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ablate(*POLICIES, "--workspace", single)
    monkeypatch.setenv("SAMURAI_OVERLAP", "none")
    code, printed = ablate(*POLICIES, "--workspace", single)
    assert code == 0
    assert "sam2 (stale)" in printed
    assert "STALE sam2-nano: baseline/first, " in printed
    assert "stale: since then overlap allowed -> none" in printed
    page = (tmp_path / "out" / "ablation.md").read_text()
    assert "- STALE, samurai-nano: " in page
    code, printed = ablate(*POLICIES, "--workspace", single, "--force")
    assert "stale" not in printed.lower()


def test_prose_on_the_page_stays(ablate: Ablate, single: Path, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "policies.md"
    ablate("--policies", "samurai", "--workspace", single, "--page", page)
    written = page.read_text()
    head, _, tail = written.partition("<!-- samurai ablate: tables begin")
    ours = (
        f"{head}Ours wins where it is dark.\n\n<!-- samurai ablate: tables begin{tail}\nThe end.\n"
    )
    page.write_text(ours)
    ablate(*POLICIES, "--workspace", single, "--page", page)
    renewed = page.read_text()
    assert renewed.startswith(f"{head}Ours wins where it is dark.\n\n<!-- samurai ablate")
    assert renewed.endswith("tables end -->\n\nThe end.\n")
    assert renewed.count("| sam2 | ") > 0 and ours.count("| sam2 | ") == 0
    assert (page.parent / "policies" / "results.json").exists()
    page.write_text("no marks\n")
    code, printed = ablate(*POLICIES, "--workspace", single, "--page", page)
    assert code == 2 and "has no place for the tables" in printed
    assert page.read_text() == "no marks\n"


def test_wrong_usage_is_one_line(ablate: Ablate) -> None:
    for arguments, message in (
        (["--policies", "nobody"], "unknown policy 'nobody'"),
        (["--models", "huge"], "huge"),
        (["--workspace", "/nowhere"], "/nowhere is not a VOT workspace"),
        (["--workspace", "/a/same", "/b/same"], "the same name"),
    ):
        code, printed = ablate("--workspace", "/nowhere", *arguments)
        assert code == 2
        assert message in printed and "Traceback" not in printed


@pytest.mark.slow
def test_the_bundled_workspaces_are_run_if_none_is_named(
    ablate: Ablate, bundled_workspace: Path, tmp_path: Path
) -> None:
    code, printed = ablate("--policies", "samurai")
    assert code == 0, printed
    (line,) = (line for line in printed.splitlines() if "left out" in line)
    assert f"{bundled_workspace}/hard/sequences" in line
    folders = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert folders == {"bundled", "multiobject", "ablation"}
    shutil.copytree(bundled_workspace / "multiobject", bundled_workspace / "hard")
    code, printed = ablate("--policies", "samurai")
    assert code == 0 and "left out" not in printed
    assert list((tmp_path / "out" / "hard" / "results" / "samurai-nano").rglob("*.bin"))


def test_without_matplotlib_nothing_is_run(
    ablate: Ablate,
    single: Path,
    tmp_path: Path,
    processes: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, printed = ablate(*POLICIES, "--workspace", single)
    assert code == 2 and "pip install 'matplotlib" in printed
    assert processes.runs == [] and not (tmp_path / "out").exists()


def test_parameters_of_a_policy_are_swept(ablate: Ablate, single: Path, tmp_path: Path) -> None:
    sweep = ["samurai:motion_weight=0.1", "samurai:motion_weight=0.20,stable_frames=9"]
    code, printed = ablate("--policies", "samurai", *sweep, "--workspace", single)
    assert code == 0, printed
    folders = {folder.name for folder in (tmp_path / "out" / "single" / "results").iterdir()}
    assert folders == {
        "samurai-nano",
        "samurai-motion-weight-0p1-nano",
        "samurai-motion-weight-0p2-stable-frames-9-nano",
    }
    found = results(tmp_path / "out")
    assert list(found) == ["samurai", sweep[0], "samurai:motion_weight=0.2,stable_frames=9"]
    scores = [found[policy]["measures"]["single"]["baseline EAO"] for policy in found]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3
