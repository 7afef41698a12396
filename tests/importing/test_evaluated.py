"""New workspaces run through the toolkit's own `vot evaluate`, and `samurai evaluate`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from importing.conftest import Command, Images, boxes, lines

from samurai.cli.main import main


def with_still_tracker(workspace: Path) -> Path:
    """Put the stand-in beside the trackers that the workspace came with."""
    here = Path(__file__).parent
    text = (workspace / "trackers.ini").read_text()
    assert "[samurai]" in text and "# " in text
    section = f"\n[still]\nprotocol = traxpython\ncommand = still_tracker\npaths = {here}\n"
    (workspace / "trackers.ini").write_text(text + section)
    return workspace


def vot_evaluate(workspace: Path) -> None:
    command = [sys.executable, "-m", "vot", "evaluate", "still", "--workspace", str(workspace)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def results(workspace: Path) -> list[str]:
    root = workspace / "results" / "still"
    return sorted(str(file.relative_to(root)) for file in root.rglob("*.bin"))


def scores(workspace: Path) -> dict[str, Any]:
    assert main(["evaluate", "still", "--workspace", str(workspace)]) == 0
    document = json.loads((workspace / "analysis" / "latest.json").read_text())
    return {name: part["results"] for name, part in document["results"].items()}


def test_one_object_by_box(workspace: Command, images: Images, tmp_path: Path) -> None:
    """The square moves by a pixel per frame: the overlap after n frames is (10 - n) / (10 + n)."""
    source = tmp_path / "lasot" / "square-1"
    images(source / "img", "%08d.jpg")
    (source / "groundtruth.txt").write_text(lines(*boxes(offset=1)))
    new = tmp_path / "a new one"
    assert workspace(new, "--from", source)[0] == 0
    vot_evaluate(with_still_tracker(new))
    assert results(new) == [
        "baseline/square-1/square-1_00000000.bin",
        "baseline/square-1/square-1_00000009.bin",
        "unsupervised/square-1/square-1_001.bin",
    ]
    found = scores(new)
    expected = [(10 - n) / (10 + n) for n in range(1, 10)]
    assert found["unsupervised"][0][0][0] == pytest.approx(sum(expected) / 9, abs=0.01)
    assert 0 < found["baseline"][0][0][0] < 1  # EAO within the lengths of 10 frames


def test_several_objects(
    workspace: Command, images: Images, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = images(tmp_path / "two", "%08d.png")
    (source / "groundtruth_a.txt").write_text(lines(*["5,10,10,10"] * 10))
    (source / "groundtruth_b.txt").write_text(lines(*["0"] * 4, *["20,10,10,10"] * 6))
    new = tmp_path / "new"
    assert workspace(new, "--from", source)[0] == 0
    vot_evaluate(with_still_tracker(new))
    assert [Path(name).name for name in results(new)] == ["two_a_001.bin", "two_b_001.bin"]
    assert scores(new)["multiobject"][0][0][0] == pytest.approx(1.0)


def test_a_box_alone_is_tracked_without_scores(
    workspace: Command, images: Images, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = images(tmp_path / "clip", "%08d.png")
    new = tmp_path / "new"
    assert workspace(new, "--from", source, "--box", "5,10,10,10")[0] == 0
    vot_evaluate(with_still_tracker(new))
    assert results(new) == ["baseline/clip/clip_001.bin"]
    assert main(["evaluate", "still", "--workspace", str(new)]) == 0
    printed = capsys.readouterr().out
    assert "PROBLEM" not in printed and "no local scores" in printed
