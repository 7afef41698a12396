"""Official scores, from folders of annotations and other trackers' raw results as they are shared.

`SAMURAI_GOLDENS` names the folder, see tests/evaluation/test_goldens.py.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from samurai.cli.main import main

GOLDENS = Path(os.environ.get("SAMURAI_GOLDENS", ""))
pytestmark = pytest.mark.skipif(
    "SAMURAI_GOLDENS" not in os.environ, reason="SAMURAI_GOLDENS names no folder"
)


def scores(tmp_path: Path, name: str, results: str, root: str) -> dict[str, Any]:
    """What `samurai benchmark score` writes of the only tracker."""
    file = tmp_path / "scores.json"
    command = ["benchmark", "score", name, str(GOLDENS / results), "--root", str(GOLDENS / root)]
    assert main([*command, "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert set(written) == {"benchmark", "protocol", "box", "trackers"}
    (found,) = written["trackers"].values()
    return dict(found)


@pytest.mark.parametrize(
    ("name", "results", "root", "sequences", "auc", "precision", "tolerance"),
    [
        ("lasot", "lasot", "annos", 280, 56.015, 56.299, 1e-3),
        ("otb100", "otb100/SiamBC", "otb100/annos", 100, 69.316, 91.599, 1e-3),
        ("uav123", "uav123/SiamFC", "uav123/annos", 123, 49.960211, 72.054704, 1e-6),
    ],
)
def test_boxes(
    tmp_path: Path,
    name: str,
    results: str,
    root: str,
    sequences: int,
    auc: float,
    precision: float,
    tolerance: float,
) -> None:
    found = scores(tmp_path, name, results, root)
    assert found["sequences"] == sequences
    assert found["auc"] == pytest.approx(auc, abs=tolerance)
    assert found["precision"] == pytest.approx(precision, abs=tolerance)


def test_masks(tmp_path: Path) -> None:
    found = scores(tmp_path, "davis2016-val", "davis/OSVOS", "davis/annos")
    per_sequence = found["per_sequence"]
    for name, j, f in (
        ("blackswan", 94.302, 97.410),
        ("dog", 71.079, 69.111),
        ("parkour", 77.313, 74.085),
    ):
        assert per_sequence[name]["j"] == pytest.approx(j, abs=1e-3)
        assert per_sequence[name]["f"] == pytest.approx(f, abs=1e-3)


def test_trackingnets_example(tmp_path: Path) -> None:
    for name in ("dummy_GT", "dummy_subm"):
        with zipfile.ZipFile(GOLDENS / f"{name}.zip") as archive:
            archive.extractall(tmp_path / name)
    folders = [str(tmp_path / name) for name in ("dummy_subm", "dummy_GT")]
    found = scores(tmp_path, "trackingnet", *folders)
    assert found["auc"] == pytest.approx(88.0796, abs=5e-5)
    assert found["precision"] == pytest.approx(87.8025, abs=5e-5)
    assert found["normalized_precision"] == pytest.approx(87.8025, abs=5e-5)
