"""The commands of docs/track.md, docs/tutorial.md and README.md that call `samurai track`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vot.region.io import read_trajectory

from samurai.cli.track.command import add_arguments
from samurai.masks import from_coco_rle

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/track.md", "docs/tutorial.md", "docs/policies.md", "docs/exports.md")


def commands(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    joined = [block.replace("\\\n", " ") for block in blocks]
    lines = [line.split(" #")[0].strip() for block in joined for line in block.splitlines()]
    return [line for line in lines if line.startswith("samurai track ")]


@pytest.mark.parametrize("page", PAGES)
def test_every_option_is_known(page: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert commands(page)
    for line in commands(page):
        _, unknown = parser.parse_known_args(shlex.split(line)[2:])
        assert unknown in ([], ["--centers", "centers.txt"])  # the example of docs/exports.md


def test_every_long_option_in_the_text_is_known() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    known = {flag for action in parser._actions for flag in action.option_strings}
    text = (ROOT / "docs/track.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(--[a-z-]+)", text)) <= known


@pytest.mark.slow
def test_the_commands_of_the_tutorial_run(tmp_path: Path) -> None:
    """In a folder that looks like the clone."""
    (tmp_path / "vot_workspace").symlink_to(ROOT / "vot_workspace")
    scripts = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": scripts + os.pathsep + os.environ["PATH"]}
    for line in commands("docs/tutorial.md"):
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)
    written = {path.name for path in tmp_path.iterdir()}
    names = {"dogs.mp4", "dogs.jsonl", "dogs.job", "corrected.mp4", "corrected.jsonl", "dam.mp4"}
    assert written == {"vot_workspace", *names}
    before, after = (
        overlaps(tmp_path / name, "middle") for name in ("dogs.jsonl", "corrected.jsonl")
    )
    assert before[:34] == after[:34]
    assert max(before[32:]) < 0.1 and min(after[35:]) > 0.4  # on other processors, too


def overlaps(answers: Path, object_id: str) -> list[float]:
    """Of an object's masks with the truth, by frame."""
    sequence = ROOT / "vot_workspace/multiobject/sequences/crossing"
    truth = read_trajectory(str(sequence / f"groundtruth_{object_id}.txt"))
    found = []
    for line in answers.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        if answer["object_id"] == object_id:
            region: Any = truth[answer["frame_index"]]
            right = np.zeros((180, 240), bool)
            rows, columns = region.mask.shape
            left, top = region.offset
            right[top : top + rows, left : left + columns] = region.mask > 0
            mask = from_coco_rle(answer["mask"]) if answer["mask"] else np.zeros_like(right)
            found.append(float((mask & right).sum() / (mask | right).sum()))
    return found


def test_the_example_of_the_tutorial_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    exec(example, {})
    assert "Box(" in capsys.readouterr().out
