"""The commands of docs/track.md, docs/tutorial.md and README.md that call `samurai track`."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from samurai.cli.track.command import add_arguments

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/track.md", "docs/tutorial.md")


def commands(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("samurai track ")]


@pytest.mark.parametrize("page", PAGES)
def test_every_option_is_known(page: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert commands(page)
    for line in commands(page):
        parser.parse_args(shlex.split(line)[2:])


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
    names = {"dog.mp4", "dog.jsonl", "first.mp4", "second.mp4", "dog.job", "dam.mp4"}
    assert written == {"vot_workspace", *names}


def test_the_example_of_the_tutorial_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    exec(example, {})
    assert "Box(" in capsys.readouterr().out
