"""Published and official scores to the digit, from raw results of other trackers.

The files aren't in the repository. `SAMURAI_GOLDENS` names a folder with what the archives of truth
and results contain: LaSOT's annotations and SiamBC's boxes, OTB100's, UAV123's, TrackingNet's dummy
archives, OSVOS's masks.
"""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from samurai.evaluation.measures import (
    LASOT,
    OTB,
    UAV,
    object_score,
    score,
    summary,
    trackingnet_score,
    trackingnet_summary,
)

GOLDENS = Path(os.environ.get("SAMURAI_GOLDENS", ""))
pytestmark = pytest.mark.skipif(
    "SAMURAI_GOLDENS" not in os.environ, reason="SAMURAI_GOLDENS names no folder"
)


def rows(text: str) -> NDArray[np.float64]:
    lines = text.strip().splitlines()
    return np.array(
        [[float(value) for value in re.split(r"[,\s]+", line.strip())] for line in lines]
    )


def load(path: Path) -> NDArray[np.float64]:
    return rows(path.read_text())


def test_lasot() -> None:
    scores = []
    for name in (GOLDENS / "testing_set.txt").read_text().split():
        absent = load(GOLDENS / "annos" / "absent" / f"{name}.txt").ravel() > 0
        truth = load(GOLDENS / "annos" / f"{name}.txt")
        answers = load(GOLDENS / "lasot" / "SiamBC" / f"{name}.txt")
        scores.append(score(LASOT, truth, answers, ~absent))
    found = summary(scores)
    assert found.sequences == 280
    assert found.auc == pytest.approx(56.015, abs=1e-3)
    assert found.precision == pytest.approx(56.299, abs=1e-3)
    assert found.normalized_precision == pytest.approx(63.828, abs=1e-3)


def plain(path: Path) -> str:
    """A sequence's name in any tool: letters and digits."""
    return re.sub(r"[^a-z0-9]", "", path.stem.lower())


def test_otb100() -> None:
    results = {plain(path): path for path in (GOLDENS / "otb100" / "SiamBC").glob("*.txt")}
    truths = sorted((GOLDENS / "otb100" / "annos").glob("*.txt"))
    found = summary([score(OTB, load(path), load(results[plain(path)])) for path in truths])
    assert found.sequences == 100
    assert found.auc == pytest.approx(69.316, abs=1e-3)
    assert found.precision == pytest.approx(91.599, abs=1e-3)


def test_uav123() -> None:
    folder = GOLDENS / "uav123"
    truths = sorted((folder / "annos").glob("*.txt"))
    found = summary([score(UAV, load(p), load(folder / "SiamFC" / p.name)) for p in truths])
    assert found.sequences == 123
    assert found.auc == pytest.approx(49.960211, abs=5e-7)
    assert found.precision == pytest.approx(72.054704, abs=5e-7)


def test_trackingnet() -> None:
    truth = zipfile.ZipFile(GOLDENS / "dummy_GT.zip")
    answers = zipfile.ZipFile(GOLDENS / "dummy_subm.zip")
    given = {Path(name).name: answers.read(name).decode() for name in answers.namelist()}
    scores = []
    for name in truth.namelist():
        if name.endswith(".txt"):
            text = given.get(Path(name).name, "").strip()
            found = rows(text) if text else np.zeros((0, 4))
            scores.append(trackingnet_score(rows(truth.read(name).decode()), found))
    mean = trackingnet_summary(scores)
    assert mean.success == pytest.approx(88.0796, abs=5e-5)
    assert mean.precision == pytest.approx(87.8025, abs=5e-5)
    assert mean.normalized_precision == pytest.approx(87.8025, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "j", "f"),
    [("blackswan", 0.94302, 0.97410), ("dog", 0.71079, 0.69111), ("parkour", 0.77313, 0.74085)],
)
def test_davis(name: str, j: float, f: float) -> None:
    def masks(folder: Path) -> list[NDArray[np.bool_]]:
        return [np.asarray(Image.open(path)) > 0 for path in sorted(folder.glob("*.png"))]

    answers, truth = (masks(GOLDENS / "davis" / kind / name) for kind in ("OSVOS", "annos"))
    found = object_score(zip(answers, truth, strict=True))
    assert found.regions.mean() == pytest.approx(j, abs=5e-6)
    assert found.boundaries.mean() == pytest.approx(f, abs=1e-5)
