"""The tracker process sets up its environment without overruling the user."""

from __future__ import annotations

import gc
import importlib.util
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import vot_wrapper
from vot_wrapper import process
from vot_wrapper.process import (
    load_libraries_beside,
    share_out,
    spin_briefly,
    without_collecting,
)


def test_threads_spin_briefly_by_default() -> None:
    environ: dict[str, str] = {}
    spin_briefly(environ)
    assert int(environ["GOMP_SPINCOUNT"]) > 0


@pytest.mark.parametrize("chosen", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "7"}])
def test_the_users_choice_stands(chosen: dict[str, str]) -> None:
    environ = dict(chosen)
    spin_briefly(environ)
    assert environ == chosen


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_freed_memory_is_kept_for_the_next_frame() -> None:
    program = """
import resource, sys
import numpy as np
from vot_wrapper.process import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
for frame in range(30):
    if frame == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept = [np.ones(1 << 18) for _ in range(8)]
    del kept
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    home = os.path.dirname(os.path.dirname(vot_wrapper.__file__))
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])}
    faults = [
        int(subprocess.check_output([sys.executable, "-c", program, how], text=True, env=environ))
        for how in ("keep", "not")
    ]
    assert faults[0] * 10 < faults[1]


def test_small_networks_get_one_thread_unless_the_user_chose() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert share_out(1024, {}) == 2
        assert share_out(160, {"OMP_NUM_THREADS": "2"}) == 2
        assert share_out(160, {}) == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("files", "loaded"),
    [([], 0), (["libtorch_cpu.so"], 1), (["libtorch_cpu.so", "libtorch_cuda.so"], 0)],
)
def test_a_library_is_loaded_beside_imports_where_it_is_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], loaded: int
) -> None:
    """A damaged one here, and a module that isn't there: nobody is told yet."""
    (tmp_path / "lib").mkdir()
    for name in files:
        (tmp_path / "lib" / name).write_bytes(b"no library")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    load, asked = process._load_library, []

    def noted(path: Path) -> None:
        load(path)
        asked.append(path)

    monkeypatch.setattr(process, "_load_library", noted)
    sys.modules.pop("colorsys", None)
    before = set(threading.enumerate())
    load_libraries_beside(["this_is_no_module", "colorsys"])
    assert "colorsys" in sys.modules
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert len(asked) == loaded


def test_without_torch_nothing_is_loaded_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(process, "_load_library", None)
    load_libraries_beside([])


@pytest.mark.parametrize("before", [True, False])
def test_nothing_is_collected_at_start(before: bool) -> None:
    enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    (gc.enable if before else gc.disable)()
    try:
        with pytest.raises(ValueError), without_collecting():
            assert not gc.isenabled()
            raise ValueError
        assert gc.isenabled() == before and gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
        (gc.enable if enabled else gc.disable)()
