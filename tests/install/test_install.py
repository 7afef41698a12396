"""install.py: what it runs and when, what it refuses, and its lines.

A stand-in leaves the traces of venv and pip; test_real_setup.py (slow) runs the real ones.
"""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILES = ("install.py", "pyproject.toml", "setup.cfg", "requirements.lock", "requirements-raft.lock")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Clone:
    """install.py in a folder of its own; `commands` are those of the newest run, from `-m` on."""

    def __init__(self, folder: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        for name in FILES:
            shutil.copy(repository / name, folder)
        self.module = load(folder / "install.py")
        assert folder / ".venv" == self.module.VENV != Path(sys.prefix)
        self.folder, self.site = folder, self.module.SITE
        self.commands: list[list[str]] = []
        self.failing: BaseException | None = None
        self.real_run = self.module.run
        monkeypatch.setattr(self.module, "run", self.run)

    def run(self, *command: object, remedy: str = "") -> None:
        words = [str(word) for word in command[2:]]
        self.commands.append(words)
        if words[0] == "venv":
            self.module.PYTHON.parent.mkdir(exist_ok=True)
            self.module.PYTHON.touch()
            self.package("pip")
        if "uninstall" in words:
            shutil.rmtree(self.site / "opencv_python-1.0.dist-info")
            (self.site / "cv2.py").unlink()
        if "-e" in words:
            if self.failing is not None:
                raise self.failing
            for name, module in (("opencv_python_headless", "cv2"), ("sam2", "sam2")):
                self.package(name, module)

    def package(self, name: str, module: str = "") -> None:
        info = self.site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (self.site / f"{module or name}.py").touch()
        (info / "RECORD").write_text(f"{module or name}.py,,\n__pycache__/{name}.pyc,,\n")

    def set_up(self, *extras: str) -> list[list[str]]:
        self.commands = []
        self.module.set_up(set(extras))
        return self.commands


@pytest.fixture
def clone(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setattr("os.environ", {"PATH": "/nowhere"})
    return Clone(tmp_path / "clone", repository, monkeypatch)


def refusal(clone: Clone, *extras: str) -> str:
    with pytest.raises(SystemExit) as caught:
        clone.set_up(*extras)
    assert clone.commands == []
    (line,) = str(caught.value).splitlines()
    assert line.startswith("setup: ") and ". Remedy: " in line
    return line


def test_the_order(clone: Clone) -> None:
    venv, tools, torch, rest, check = clone.set_up()
    assert venv[0] == "venv"
    assert {"pip", "setuptools", "wheel", "--no-deps"} < set(tools)
    assert torch[-1] == "torch" and "--no-deps" not in torch
    assert [str(clone.module.LOCK), str(clone.module.CUDA_LOCK)] == torch[3:6:2]
    assert {"--no-deps", "--no-build-isolation", "-e", str(clone.module.LOCK)} < set(rest)
    assert check[0].startswith("import ")


def test_a_second_run_does_nothing(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    clone.set_up()
    capsys.readouterr()
    (clone.site / "__pycache__").mkdir()
    assert clone.set_up() == []
    assert capsys.readouterr().out == "setup: .venv is up to date\n"


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), SystemExit("setup: the disk is full")])
def test_an_unfinished_run_is_completed(clone: Clone, failure: BaseException) -> None:
    clone.failing = failure
    with pytest.raises(type(failure)):
        clone.set_up("raft")
    clone.failing = None
    assert [words[-1] for words in clone.set_up()][-2].endswith("requirements-raft.lock")
    assert clone.set_up() == []


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-raft.lock", "setup.cfg"])
def test_a_changed_input_is_followed(clone: Clone, file: str) -> None:
    clone.set_up()
    with (clone.folder / file).open("a") as text:
        text.write("# changed\n")
    assert len(clone.set_up()) == 4
    assert clone.set_up() == []


@pytest.mark.parametrize(
    "lost", ["sam2-1.0.dist-info/RECORD", "sam2.py", "opencv_python_headless-1.0.dist-info"]
)
def test_what_is_incomplete_is_forgotten_so_that_pip_brings_it(clone: Clone, lost: str) -> None:
    """pip takes a package with metadata for installed, whatever else of it is there."""
    clone.set_up()
    path = clone.site / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    clone.failing = SystemExit()
    with pytest.raises(SystemExit):
        clone.set_up()
    left = {info.name.split("-")[0] for info in clone.site.glob("*.dist-info")}
    assert left == {"pip", "sam2", "opencv_python_headless"} - {lost.split("-")[0].split(".")[0]}


def test_a_second_opencv_goes_and_the_pinned_one_comes_back(clone: Clone) -> None:
    clone.set_up()
    clone.package("opencv_python", "cv2")
    uninstall, *rest = clone.set_up()
    assert uninstall[1:] == ["uninstall", "--yes", *clone.module.INTRUDERS]
    assert len(rest) == 4
    assert clone.set_up() == []


def test_a_pip_that_is_broken_is_made_again_by_venv(clone: Clone) -> None:
    clone.set_up()
    (clone.site / "pip.py").unlink()
    assert clone.set_up()[0][0] == "venv"


def test_a_moved_folder_and_a_lost_interpreter_start_afresh(clone: Clone) -> None:
    clone.set_up("raft")
    stale = clone.site / "stale"
    for text in (clone.module.STATE.read_text().replace('"root": "', '"root": "/elsewhere'), None):
        stale.touch()
        if text is None:
            clone.module.PYTHON.unlink()
        else:
            clone.module.STATE.write_text(text)
        assert [words[0] for words in clone.set_up()].count("venv") == 1
        assert not stale.exists()
        assert clone.set_up("raft") == []


def test_an_extra_is_remembered_and_an_unknown_one_refused(clone: Clone) -> None:
    clone.set_up()
    assert "no extra numpy" in refusal(clone, "raft", "numpy")
    assert clone.set_up("raft", "test")[-2][-1].endswith("requirements-raft.lock")
    (clone.site / "torchvision").touch()
    assert clone.set_up()[-2][-1].endswith("requirements-raft.lock")
    assert clone.set_up("test") == []


def test_what_belongs_to_others_is_left_alone(clone: Clone, tmp_path: Path) -> None:
    clone.set_up()
    other = clone.module.VENV.rename(tmp_path / "other")
    clone.module.VENV.symlink_to(other)
    refusal(clone)
    clone.module.VENV.unlink()
    clone.module.VENV.mkdir()
    (clone.module.VENV / "pyvenv.cfg").touch()
    refusal(clone)
    assert [path.name for path in clone.module.VENV.iterdir()] == ["pyvenv.cfg"]


def test_a_clone_of_sam2_on_pythonpath_is_refused(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sam2").mkdir()
    (tmp_path / "sam2" / "__init__.py").touch()
    monkeypatch.setitem(clone.module.os.environ, "PYTHONPATH", f"/nowhere:{tmp_path}")
    assert str(tmp_path) in refusal(clone)


def test_a_python_without_venv_is_told_what_to_add(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 'No module named venv' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(clone.module, "BASE", str(python))
    monkeypatch.setattr(clone.module, "run", clone.real_run)
    line = refusal(clone)
    assert line.startswith("setup: No module named venv. Remedy: ") and "-venv" in line


RETRY = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError()'\n"
NOTHING = "ERROR: No matching distribution found for torch==2.13.0\n"
OS_ERROR = "ERROR: Could not install packages due to an OSError: "


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        (RETRY + NOTHING, "no network"),
        (OS_ERROR + "HTTPSConnectionPool(host='x'): Max retries exceeded\n", "no network"),
        (RETRY + "ERROR: Failed to build 'iopath'\n", "Failed to build 'iopath'"),
        (OS_ERROR + "[Errno 28] No space left on device\n", "the disk is full"),
        (NOTHING, "No matching distribution found"),
        ("Traceback\nOSError: libtrax.so is missing\n", "OSError: libtrax.so is missing"),
        ("", "it failed"),
    ],
)
def test_a_failure_is_one_line_behind_what_was_said(
    repository: Path, output: str, cause: str, capfd: pytest.CaptureFixture[str]
) -> None:
    module = load(repository / "install.py")
    with pytest.raises(SystemExit) as caught:
        module.run("sh", "-c", f'printf "%s" "{output}" >&2; exit 3')
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"setup: {cause}") and ". Remedy: " in line
    assert capfd.readouterr().err == output


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 15, 0)])
def test_an_unsuitable_python_gets_one_line(
    repository: Path, tmp_path: Path, version: tuple[int, ...]
) -> None:
    """On a copy: a version that is taken after all must find no .venv that it would change."""
    copied = shutil.copy(repository / "install.py", tmp_path)
    code = f"import runpy, sys\nsys.version_info = {version}\nrunpy.run_path({str(copied)!r})\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("setup: Python {}.{} on ".format(*version)) and "Remedy: " in line


def test_an_old_python_can_read_as_far_as_the_message(repository: Path) -> None:
    tree = ast.parse((repository / "install.py").read_text(), feature_version=(3, 6))
    newer: tuple[Any, ...] = (ast.Match, ast.NamedExpr)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
