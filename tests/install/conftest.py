"""The repository's files, and install.py as a module that works in a folder of its own."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SETUP_FILES = (
    "install.py",
    "pyproject.toml",
    "requirements-cuda.lock",
    "requirements-distributed.lock",
    "requirements.lock",
    "setup.cfg",
)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def install() -> ModuleType:
    """install.py of this repository; only for what leaves .venv alone."""
    return load(REPOSITORY / "install.py")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """install.py in a fresh folder with the lock files and setup.cfg beside it."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in SETUP_FILES:
        shutil.copy(REPOSITORY / name, folder / name)
    module = load(folder / "install.py")
    assert module.VENV == folder / ".venv" != Path(sys.prefix)
    return module
