"""The Makefile finds a Python that works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BROKEN = "#!/bin/sh\necho 'shim: command not found' >&2\nexit 127\n"
OLD = "#!/bin/sh\n# Fails the Makefile's question about the version, runs install.py.\n"
OLD += f'[ "$1" = -c ] && exit 1\nexec {sys.executable} "$@"\n'
GOOD = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


@pytest.fixture
def folder(repository: Path, tmp_path: Path) -> Path:
    """The Makefile beside an install.py that only tells how it was called."""
    if shutil.which("make") is None:
        pytest.skip("there is no make here")
    shutil.copy(repository / "Makefile", tmp_path)
    (tmp_path / "install.py").write_text("import os; print('ran by', os.environ['STUB'])\n")
    (tmp_path / "bin").mkdir()
    for tool in ("cat", "sh"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or "")
    return tmp_path


def python(folder: Path, name: str, script: str) -> Path:
    path = folder / "bin" / name
    path.write_text(script.replace("exec", f"STUB={name} exec"))
    path.chmod(0o755)
    return path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The suite itself is run by make, whose variables would make this one a sub-make.
    inherited = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    return subprocess.run(
        [shutil.which("make") or "make", "setup", *arguments],
        cwd=folder,
        env={**environment, "PATH": str(folder / "bin")},
        capture_output=True,
        text=True,
    )


def test_a_broken_shim_is_passed_over(folder: Path) -> None:
    python(folder, "python3", BROKEN)
    python(folder, "python3.13", BROKEN)
    python(folder, "python3.12", GOOD)
    assert make(folder).stdout == "ran by python3.12\n"


def test_the_python_of_an_existing_venv_comes_first(folder: Path) -> None:
    python(folder, "python3", GOOD)
    recorded = python(folder, "python3.10", GOOD)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "base-python").write_text(f"{recorded}\n")
    assert make(folder).stdout == "ran by python3.10\n"


def test_the_named_python_is_taken(folder: Path) -> None:
    python(folder, "python3", GOOD)
    named = python(folder, "python3.11", GOOD)
    assert make(folder, f"PYTHON={named}").stdout == "ran by python3.11\n"


def test_without_a_fitting_python_install_py_gets_to_say_so(folder: Path) -> None:
    python(folder, "python3", OLD)
    assert make(folder).stdout == "ran by python3\n"


def test_without_any_python_there_is_one_line_with_the_remedy(folder: Path) -> None:
    done = make(folder)
    assert done.returncode == 2
    line, verdict = done.stderr.splitlines()
    assert line.startswith("setup: there is no python3 here. Remedy: install Python 3.10-3.14")
    assert verdict.startswith("make: *** ")
