"""The environment of a benchmark, which every result file records."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
import torch

from samurai.models.manifest import model_card
from samurai.runtime.cpu import usable_cores

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = (
    *("torch", "sam2", "numpy", "opencv-python-headless", "pillow", "vot-trax"),
    *("av", "fastapi", "uvicorn"),
)
"""Distributions whose versions affect speed."""


def environment() -> dict[str, Any]:
    """Commit, date, machine, versions and the weights of nano (its first digits)."""
    return {
        "commit": _commit(),
        "date": datetime.date.today().isoformat(),
        "machine": f"{_processor()}, {usable_cores()} cores",
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "cuda": torch.version.cuda,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "nano": str(model_card("nano").sha256)[:12],
        "versions": {name: _version(name) for name in PACKAGES},
    }


def write_result(result: dict[str, Any], output: Path | None, suffix: str = "") -> None:
    """Write a measurement with its environment as JSON, and say where.

    Args:
        result: with its `kind`.
        output: the file; None is a new one in benchmarks/results, named by date and kind.
        suffix: of that name.
    """
    where = environment()
    name = f"{where['date']}-{result['kind']}{suffix}.json"
    output = output or ROOT / "benchmarks" / "results" / name
    output.write_text(json.dumps({**result, "where": where}, indent=1) + "\n", encoding="utf-8")
    print(f"written to {output}")


def python_path(*first: Path) -> str:
    """PYTHONPATH for a process that runs this working tree, with other places before it."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places = [*(str(place) for place in first), str(ROOT / "sam2"), str(ROOT), *inherited]
    return os.pathsep.join(dict.fromkeys(filter(None, places)))


def _processor() -> str:
    """The processor's name, which psutil doesn't know."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
