"""A registry with a tracker that needs no network, and `samurai rehearse` as a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from samurai.cli.main import main

ROOT = Path(__file__).parents[2]
REGISTRY = """[still]
protocol = {protocol}
command = rehearsal.still
paths = {paths}
env_STILL = {mood}
"""
SMALL = ("--frames", "8", "--sequences", "2", "--size", "96x72")

Rehearse = Callable[..., tuple[int, str]]


@pytest.fixture
def rehearse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rehearse:
    """Rehearse a stack in `tmp_path/work` with a tracker that needs no network: exit code, and all
    that was printed."""
    paths = tmp_path / "tests"  # this clone may lie in a home, which a submission mustn't tell
    paths.symlink_to(ROOT / "tests")

    def call(stack: str, *options: object, mood: str = "calm") -> tuple[int, str]:
        registry = tmp_path / "trackers.ini"
        if not registry.exists():
            registry.write_text(REGISTRY.format(protocol="traxpython", paths=paths, mood=mood))
        capsys.readouterr()
        given = ("--registry", registry, "--tracker", "still", "--workspace", tmp_path / "work")
        code = main(["rehearse", stack, *map(str, (*given, *SMALL, *options))])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call
