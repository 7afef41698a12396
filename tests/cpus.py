"""The numeric tests under several instruction sets and numbers of threads: `make test-cpus`.

Libraries choose their kernels by the processor; this chooses as lesser processors would, so that
one machine shows how others round. `native` limits nothing (bfloat16 instructions, if any).
Prints a row per instruction set and a column per number of threads, then the tests that failed and
the comparisons (`oracles.agreement`) whose margin is too narrow. Exit code 1 if there are any.

    python tests/cpus.py --capability avx2 native --threads 1 2 -- -k fidelity
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]

CORE = """
every_policy hypotheses living_objects living_parity nano offline overlaps postprocess proposals
sam2_fidelity samurai_fidelity search_region session
"""
NETWORKS = "casting fast modules torchscript traced"
NUMERIC = [
    *(f"tests/core/test_{name}.py" for name in CORE.split()),
    *(f"tests/networks/test_{name}.py" for name in NETWORKS.split()),
    "tests/training/test_learning.py",
    "tests/checkpoints/test_official.py",
    "tests/wrapper/test_real_model.py",
]
"""Tests that run networks or other floating-point kernels."""

LIMITS = {
    # ATen, oneDNN, MKL
    "default": ("default", "SSE41", "SSE4_2"),
    "avx2": ("avx2", "AVX2", "AVX2"),
    "avx512": ("avx512", "AVX512_CORE", "AVX512"),
}
"""Names of an instruction set in each library; `native` comes on top."""

LEAST_FACTOR = 5
"""Of a margin over the largest deviation seen."""


@dataclass
class Cell:
    """One run of the numeric tests."""

    capability: str
    threads: int
    passed: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.passed} passed, {len(self.failed)} failed, {self.seconds:.0f} s"


def capabilities() -> list[str]:
    """Those of `LIMITS` that this processor has, and `native`."""
    import torch

    here = torch.backends.cpu.get_cpu_capability().lower()
    if platform.machine().lower() not in ("x86_64", "amd64") or here not in LIMITS:
        return ["default", "native"]
    names = list(LIMITS)
    return [*names[: names.index(here) + 1], "native"]


def environment(capability: str, threads: int, deviations: Path) -> dict[str, str]:
    """The variables of a run."""
    chosen = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TEST_THREADS"), str(threads))
    chosen["OMP_WAIT_POLICY"] = "PASSIVE"  # there may be more threads than cores
    if capability in LIMITS:
        aten, onednn, mkl = LIMITS[capability]
        chosen |= {
            "ATEN_CPU_CAPABILITY": aten,
            "DNNL_MAX_CPU_ISA": onednn,
            "MKL_ENABLE_INSTRUCTIONS": mkl,
        }
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS")
        and not name.startswith("SAMURAI")
    }
    return inherited | chosen | {"TEST_DEVIATIONS": str(deviations)}


def run(cell: Cell, arguments: list[str], folder: Path) -> None:
    """Run the tests of a cell and note what came of them."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-m", "not slow"]
    command += ["-p", "no:cacheprovider", f"--junitxml={report}", *(arguments or NUMERIC)]
    surroundings = environment(cell.capability, cell.threads, folder / "deviations")
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    cell.seconds = time.monotonic() - begun
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            cell.failed.append(f"{case.get('classname')}::{case.get('name')}")
        elif case.find("skipped") is None:
            cell.passed += 1
    if done.returncode and not cell.failed:
        cell.failed.append(f"pytest ended with exit code {done.returncode}")
    if cell.failed:
        print(done.stdout[-20_000:], done.stderr[-5_000:], flush=True)


def margins(deviations: Path) -> Iterator[tuple[str, float, float]]:
    """Each test's comparison that came closest to its margin: name, deviation, margin. A test and
    its parameters are one."""
    closest: dict[str, tuple[float, float]] = {}
    for line in deviations.read_text().splitlines() if deviations.exists() else []:
        seen = json.loads(line)
        test = seen["test"].partition("[")[0]
        deviation, margin = closest.get(test, (0.0, seen["margin"]))
        if seen["deviation"] / seen["margin"] >= deviation / margin:
            closest[test] = seen["deviation"], seen["margin"]
    for test, (deviation, margin) in sorted(closest.items()):
        yield test, deviation, margin


def table(cells: list[Cell]) -> str:
    """A row per instruction set, a column per number of threads."""
    rows = list(dict.fromkeys(cell.capability for cell in cells))
    columns = list(dict.fromkeys(cell.threads for cell in cells))
    lines = [["", *(f"{threads} threads" for threads in columns)]]
    lines += [[row, *(str(cell) for cell in cells if cell.capability == row)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main() -> int:
    present = capabilities()
    parser = argparse.ArgumentParser(description="run the numeric tests as other processors would")
    parser.add_argument("--capability", nargs="+", choices=present, default=present)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--deviations", type=Path, help="a file to keep and extend the record in")
    parser.add_argument("pytest", nargs="*", help="after --: tests and options for pytest")
    options = parser.parse_args()
    cells = [Cell(name, threads) for name in options.capability for threads in options.threads]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = options.deviations or folder / "deviations"
        if options.deviations:
            (folder / "deviations").symlink_to(options.deviations.resolve())
        for cell in cells:
            run(cell, options.pytest, folder)
            print(f"{cell.capability}, {cell.threads} threads: {cell}", flush=True)
        seen = list(margins(record))
    print(f"\n{table(cells)}\n\nclosest to its margin, over all of these runs:")
    for test, deviation, margin in seen:
        factor = margin / deviation if deviation else float("inf")
        narrow = "  TOO NARROW" if factor < LEAST_FACTOR else ""
        print(f"{deviation:10.3g} of {margin:<7.3g} {factor:8.1f}x  {test}{narrow}")
    for cell in cells:
        for failure in cell.failed:
            print(f"FAILED {failure} ({cell.capability}, {cell.threads} threads)")
    too_narrow = any(deviation * LEAST_FACTOR > margin for _, deviation, margin in seen)
    return int(too_narrow or any(cell.failed for cell in cells))


if __name__ == "__main__":
    sys.exit(main())
