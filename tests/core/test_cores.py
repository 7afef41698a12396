"""Cores that the process may use: affinity, and the quota of control groups of both versions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from samurai.runtime import cpu as cores
from samurai.runtime.cpu import cpu_quota, usable_cores


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


def membership(folder: Path, *lines: str) -> Path:
    file = folder / "membership"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def test_version_2_takes_the_least_of_the_hierarchy(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    write(root / "slice" / "job", cpu__max="150000 100000")
    write(root / "slice", cpu__max="max 100000")
    assert cpu_quota(root, membership(tmp_path, "0::/slice/job")) == 1.5
    write(root / "slice", cpu__max="50000 100000")
    assert cpu_quota(root, membership(tmp_path, "0::/slice/job")) == 0.5
    assert cpu_quota(root, membership(tmp_path, "0::/")) is None


def test_version_1(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    write(root / "cpu,cpuacct" / "box", cpu__cfs_quota_us="300000", cpu__cfs_period_us="100000")
    lines = membership(tmp_path, "4:memory:/box", "3:cpu,cpuacct:/box")
    assert cpu_quota(root, lines) == 3
    write(root / "cpu,cpuacct" / "box", cpu__cfs_quota_us="-1")
    assert cpu_quota(root, lines) is None


def test_inside_a_container_the_path_of_the_host_is_unknown(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    write(root, cpu__max="200000 100000")
    assert cpu_quota(root, membership(tmp_path, "0::/docker/1234")) == 2


@pytest.mark.parametrize("text", ["", "x y", "1 0"])
def test_what_cannot_be_read_limits_nothing(tmp_path: Path, text: str) -> None:
    root = tmp_path / "cgroup"
    write(root, cpu__max=text)
    assert cpu_quota(root, membership(tmp_path, "0::/")) is None
    assert cpu_quota(root, tmp_path / "nowhere") is None


@pytest.mark.parametrize(("quota", "expected"), [(None, 4), (1.5, 2), (0.2, 1)])
def test_usable_cores(monkeypatch: pytest.MonkeyPatch, quota: float | None, expected: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert usable_cores.__wrapped__() == expected
