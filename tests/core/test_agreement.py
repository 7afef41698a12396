"""The comparisons with margins can fail, and `make test-cpus` finds the narrow ones."""

from __future__ import annotations

import math
from pathlib import Path

import cpus
import numpy as np
import pytest
import torch
from oracles.agreement import assert_close, assert_overlap, assert_within


def test_what_is_within_its_margin_passes_and_nothing_else() -> None:
    assert_close(torch.tensor([1.0, 2.0]), np.array([1.0, 2.25]), 0.25)
    with pytest.raises(AssertionError, match=r"differs by 0\.25, above 0\.2"):
        assert_close(torch.tensor([1.0, 2.0]), np.array([1.0, 2.25]), 0.2)
    with pytest.raises(AssertionError):
        assert_close(np.array([1.0, math.nan]), np.ones(2), 1.0)
    with pytest.raises(AssertionError):
        assert_close(np.ones(2), np.ones(1), 1.0)
    half = np.array([True, False])
    assert_overlap(half, np.ones(2, bool), 0.5)
    assert_overlap(~half & half, ~half & half, 1.0)
    with pytest.raises(AssertionError):
        assert_overlap(half, np.ones(2, bool), 0.51)


def test_each_test_is_listed_with_what_came_closest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "deviations"
    assert list(cpus.margins(record)) == []
    monkeypatch.setenv("TEST_DEVIATIONS", str(record))
    for test, deviation, margin in (
        ("a.py::one[x] (call)", 1.0, 100.0),
        ("a.py::one[y] (call)", 2.0, 10.0),
        ("a.py::two (call)", 0.0, 1.0),
    ):
        monkeypatch.setenv("PYTEST_CURRENT_TEST", test)
        assert_within(deviation, margin)
    assert list(cpus.margins(record)) == [("a.py::one", 2.0, 10.0), ("a.py::two", 0.0, 1.0)]


def test_a_run_is_limited_to_one_instruction_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx512")
    monkeypatch.setenv("SAMURAI_MODEL", "large")
    limited = cpus.environment("avx2", 4, tmp_path)
    assert limited["ATEN_CPU_CAPABILITY"] == "avx2" and limited["DNNL_MAX_CPU_ISA"] == "AVX2"
    assert limited["OMP_NUM_THREADS"] == "4" and "SAMURAI_MODEL" not in limited
    assert "ATEN_CPU_CAPABILITY" not in cpus.environment("native", 1, tmp_path)
