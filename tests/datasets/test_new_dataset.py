"""The example of docs/datasets.md as written: short, installable from outside, a data set."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from datasets.conftest import boxes, images, numbered, write
from oracles.installing import install, run_beside

from samurai import datasets
from samurai.datasets import DATASETS, dataset, dataset_names
from samurai.datasets.base import Dataset
from samurai.errors import DatasetError

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
EXAMPLE, PROJECT = (
    next(re.finditer(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)).group(1)
    for language in ("python", "toml")
)


@pytest.fixture
def drones(tmp_path: Path) -> Path:
    """In a folder of a folder, because the one above that is looked into, too."""
    folder = tmp_path / "data" / "Drones"
    for name in ("park", "road"):
        images(folder / name, numbered(3))
        write(folder / name / "boxes.txt", *boxes(3))
    return folder


def test_it_is_about_thirty_lines() -> None:
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) <= 32


def test_it_reads(drones: Path) -> None:
    namespace: dict[str, Dataset] = {}
    exec(compile(EXAMPLE, "drones.py", "exec"), namespace)
    write(drones / "road" / "boxes.txt", "1,2,3")
    reading = namespace["DRONES"].read(drones.parent, False)
    assert reading.root == drones
    assert [each.name for each in reading.sequences] == ["park"]
    assert "line 1: 3 numbers" in reading.missing["road"]


def test_another_package_offers_it(tmp_path: Path, drones: Path) -> None:
    """Installed from the page's own text, by its own command, but without a network."""
    site = install(DOCUMENT, {"drones.py": EXAMPLE, "pyproject.toml": PROJECT}, tmp_path)
    check = ["-m", "samurai.cli.main", "benchmark", "check", "drones", "--root", str(drones)]
    assert "2 sequences are complete, 6 frames" in run_beside(site, check)


def entry(value: str) -> EntryPoint:
    return EntryPoint("drones", value, datasets.ENTRY_POINTS)


def test_others_are_listed_without_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "entry_points", lambda **_: [entry("not_installed:DRONES")])
    assert dataset_names() == [*DATASETS, "drones"]


def test_what_is_no_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "entry_points", lambda **_: [entry("os:sep")])
    with pytest.raises(DatasetError, match=r"isn't a samurai Dataset. Remedy"):
        dataset("drones")


def test_every_data_set_is_complete() -> None:
    """What tables and messages say about one is there, and its rules exist."""
    from samurai.benchmark.scores import COLUMNS

    assert set(DATASETS) == {each.name for each in DATASETS.values()}
    for each in DATASETS.values():
        assert each.home.startswith("http") and each.license and each.size
        assert set(each.protocols) <= set(COLUMNS)
        for score in each.published:
            assert score.source and set(score.values) <= set(COLUMNS[each.protocols[0]])
