"""`samurai benchmark check`: what is there, what isn't, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from datasets.conftest import boxes, images, numbered, write

from samurai.cli.main import main
from samurai.datasets.lists import rows

NAMES = [name for (name,) in rows("lasot-ext")]
Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """The command, called with arguments: exit code, and all that it printed."""

    def call(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["benchmark", "check", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in NAMES:
        folder = tmp_path / "ext" / name.rpartition("-")[0] / name
        write(folder / "groundtruth.txt", *boxes(3))
        write(folder / "full_occlusion.txt", "0,0,0")
        images(folder / "img", numbered(3))
    return tmp_path / "ext"


def test_complete(check: Check, root: Path) -> None:
    code, printed = check("lasot-ext", "--root", root)
    assert code == 0 and "150 sequences are complete, 450 frames" in printed
    assert "missing" not in printed and f"samurai benchmark lasot-ext --root {root}" in printed


def test_incomplete_names_few_and_counts_the_others(check: Check, root: Path) -> None:
    for name in NAMES[:7]:
        (root / name.rpartition("-")[0] / name / "groundtruth.txt").unlink()
    code, printed = check("lasot-ext", "--root", root.parent)
    assert code == 1 and f"{root}\n" in printed
    assert "143 of 150 sequences are complete" in printed
    assert all(name in printed for name in NAMES[:3]) and NAMES[4] not in printed
    assert "and 4 more" in printed and "http://vision.cs.stonybrook.edu/~lasot/" in printed


def test_annotations_are_enough_for_scores(check: Check, root: Path) -> None:
    for name in NAMES:
        for file in (root / name.rpartition("-")[0] / name / "img").iterdir():
            file.unlink()
    assert check("lasot-ext", "--root", root)[0] == 1
    code, printed = check("lasot-ext", "--root", root, "--annotations")
    assert code == 0 and "samurai benchmark score lasot-ext RESULTS" in printed


def test_several_data_sets_of_which_one_is_not_there(check: Check, root: Path) -> None:
    code, printed = check("lasot-ext", "uav123", "--root", root)
    assert code == 1 and "150 sequences are complete" in printed
    assert "no sequence of UAV123" in printed and "kaust" in printed


def test_an_unknown_name(check: Check, root: Path) -> None:
    code, printed = check("lasot-exd", "--root", root)
    assert code == 2 and "did you mean lasot-ext?" in printed and "Traceback" not in printed


def test_no_image_is_opened(check: Check, root: Path) -> None:
    """They are empty files: whatever opened one would fail."""
    assert all(file.stat().st_size == 0 for file in root.rglob("*.jpg"))
    assert check("lasot-ext", "--root", root)[0] == 0
