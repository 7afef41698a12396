"""Freed memory stays with the process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

import samurai

PROGRAM = """
import resource, sys
import numpy as np
from samurai.runtime.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
for frame in range(30):
    if frame == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept = [np.ones(1 << 18) for _ in range(8)]
    del kept
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_freed_memory_is_kept_for_the_next_frame() -> None:
    home = os.path.dirname(os.path.dirname(samurai.__file__))
    path = os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])
    environ = os.environ | {"PYTHONPATH": path}
    faults = [
        int(subprocess.check_output([sys.executable, "-c", PROGRAM, how], text=True, env=environ))
        for how in ("keep", "not")
    ]
    assert faults[0] * 10 < faults[1]
