"""The repaired experiments measure on vot-toolkit 0.9 what 0.7.4 measured, to the digit.

The same scripted tracker ran on the same generated sequences under 0.7.4, whose own experiments
work (goldens/toolkit_0.7.4.json, made by benchmarks/toolkit_parity/regenerate.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
TOLERANCE = 1e-9

pytestmark = pytest.mark.slow

Json = Any


@pytest.fixture(scope="module")
def golden() -> Json:
    return json.loads((HERE / "goldens" / "toolkit_0.7.4.json").read_text())


@pytest.fixture(scope="module")
def measured() -> Json:
    out = subprocess.run(
        [sys.executable, str(HERE / "parity" / "measure.py"), "--prefix", "samurai-"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(out.stdout)


def numbers(value: Json) -> list[float]:
    """All numbers of nested lists, in order."""
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [] if value is None else [float(value)]


@pytest.mark.parametrize(
    "experiment",
    ["baseline", "realtime", "supervised", "supervised_realtime", "longterm", "unsupervised"],
)
def test_measures_equal_those_of_the_old_toolkit(
    golden: Json, measured: Json, experiment: str
) -> None:
    for kind in ("rectangle", "mask"):
        expected = numbers(golden["measured"][kind][experiment])
        found = numbers(measured[kind][experiment])
        assert expected
        assert found == pytest.approx(expected, rel=0, abs=TOLERANCE), kind


def test_late_replies_cost_the_same_frames(golden: Json, measured: Json) -> None:
    """Regions and times of every frame, with made-up reply times against the real-time clock."""
    assert measured["clocked"] == golden["measured"]["clocked"]


def test_the_golden_exercises_what_it_claims(golden: Json) -> None:
    assert golden["provenance"]["versions"]["vot-toolkit"] == "0.7.4"
    runs = golden["measured"]["clocked"]
    skipped = [name for name, lines in runs.items() if any(" 0.000000" in line for line in lines)]
    assert any(name.startswith("multistart/") for name in skipped)
    assert any(name.startswith("supervised/") for name in skipped)
    assert any(name.startswith("unsupervised/") for name in skipped)
    assert {"unsupervised/drift_left_001", "unsupervised/drift_right_001"} <= set(runs)
    eao, _, (accuracy, robustness, *_) = (
        numbers(part) for part in golden["measured"]["mask"]["baseline"]
    )
    assert 0 < eao[0] < 1 and 0 < accuracy < 1 and 0 < robustness < 1
