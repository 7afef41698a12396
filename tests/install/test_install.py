"""install.py: the order of its steps, going on after a kill, and its messages.

pip, venv and the import check are replaced by stand-ins that leave the same traces; the last test
(slow) runs the real ones on packages made for it.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Call = tuple[list[str], bool]


class Killed(BaseException):
    """Ends a set-up at once, as SIGKILL does: nothing can be tidied up."""


class StandIn:
    """Plays pip in a clone: notes each call and makes the folders by which packages are known."""

    def __init__(self, clone: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clone = clone
        self.calls: list[Call] = []
        self.checks = 0
        self.failing: dict[str, BaseException] = {}
        self.uninstalled: list[str] = []
        self.torch_metadata = "Requires-Dist: sympy\n"
        monkeypatch.setattr(clone.Setup, "pip", lambda _, *call: self.pip(*call))
        monkeypatch.setattr(clone.Setup, "uninstall", lambda _, names: self.uninstall(names))
        monkeypatch.setattr(clone, "make_venv", self.make_venv)
        monkeypatch.setattr(clone, "check_imports", self.check)

    def make_venv(self) -> None:
        self.clone.VENV_PYTHON.parent.mkdir()
        self.clone.VENV_PYTHON.touch()
        self.clone.SITE.mkdir(parents=True)

    def check(self) -> None:
        self.checks += 1

    def pip(self, arguments: list[str], interrupted: bool) -> None:
        self.calls.append((arguments, interrupted))
        for argument in arguments:
            name, _, version = argument.partition("==")
            if name in self.failing:
                raise self.failing.pop(name)
            if version:
                self.folder(name, version).mkdir(exist_ok=True)
        if "torch" in arguments[-1]:
            (metadata,) = self.clone.SITE.glob("torch-*.dist-info")
            (metadata / "METADATA").write_text(self.torch_metadata)
        if any(argument.startswith(self.clone.OPENCV) for argument in arguments):
            (self.clone.SITE / "cv2").mkdir(exist_ok=True)
        if "-e" in arguments:
            self.folder("samurai-vot", "0.1.0").mkdir(exist_ok=True)
            self.origin(editable=True)

    def origin(self, folder: Path | None = None, **information: bool) -> None:
        """pip's record of where the project was installed from."""
        record = {"url": (folder or self.clone.ROOT).as_uri(), "dir_info": information}
        file = self.folder("samurai-vot", "0.1.0") / "direct_url.json"
        file.write_text(json.dumps(record))

    def uninstall(self, names: list[str]) -> None:
        self.uninstalled += names
        for name in names:
            for folder in self.clone.SITE.glob(f"{name.replace('-', '_')}-*.dist-info"):
                shutil.rmtree(folder)
        shutil.rmtree(self.clone.SITE / "cv2", ignore_errors=True)

    def folder(self, name: str, version: str) -> Path:
        folder: Path = self.clone.SITE / f"{name.replace('-', '_')}-{version}.dist-info"
        return folder

    def run(self, *extras: str) -> list[Call]:
        """Run install.py once; return the calls of pip that it made."""
        self.calls = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["install.py", *extras])
            self.clone.main()
        return self.calls


@pytest.fixture
def pip(clone: ModuleType, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return StandIn(clone, monkeypatch)


def names(call: Call) -> set[str]:
    return {argument.split("==")[0] for argument in call[0] if "==" in argument}


def test_order_is_tools_torch_rest_sam2_project(pip: StandIn) -> None:
    tools, torch, rest, sam2, project = pip.run()
    assert names(tools) == set(pip.clone.TOOLS)
    assert names(torch) == {"torch"}
    assert names(sam2) == {"sam2"}
    assert project[0][-2:] == ["-e", str(pip.clone.ROOT)]
    assert {"numpy", "opencv-python-headless", "vot-toolkit"} < names(rest)
    assert not names(rest) & {"torch", "sam2", *pip.clone.TOOLS}
    assert all("--no-build-isolation" in call[0] for call in (torch, rest, sam2, project))
    assert pip.checks == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has CUDA builds of torch")
def test_a_cuda_build_of_torch_gets_its_libraries(pip: StandIn) -> None:
    pip.torch_metadata = 'Requires-Dist: nvidia-nccl-cu13==2.29.7; platform_system == "Linux"\n'
    _, torch, cuda, rest, _, _ = pip.run()
    assert (names(torch), "numpy" in names(rest)) == ({"torch"}, True)
    assert {"nvidia-cublas", "triton"} < names(cuda)


def test_a_second_run_does_nothing(pip: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    pip.run()
    capsys.readouterr()
    assert pip.run() == []
    assert pip.checks == 1
    assert capsys.readouterr().out == "setup: .venv is up to date\n"


def test_a_kill_during_a_step_repeats_that_step_over_what_it_left(pip: StandIn) -> None:
    pip.failing["scipy"] = Killed()
    with pytest.raises(Killed):
        pip.run()
    rest, sam2, project = pip.run()
    assert {"numpy", "scipy"} < names(rest)
    assert (rest[1], sam2[1], project[1]) == (True, False, False)
    assert pip.run() == []


def test_a_kill_while_pip_itself_is_replaced_starts_afresh(pip: StandIn) -> None:
    pip.failing["pip"] = Killed()
    with pytest.raises(Killed):
        pip.run()
    (pip.clone.SITE / "pip").mkdir()
    assert len(pip.run()) == 5
    assert not (pip.clone.SITE / "pip").exists()


def test_a_failure_is_one_line_and_the_next_run_goes_on(
    pip: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    pip.failing["sam2"] = pip.clone.SetupError("the disk is full. Remedy: free some space")
    pip.run()
    assert capsys.readouterr().err == "setup: the disk is full. Remedy: free some space\n"
    sam2, _ = pip.run()
    assert (names(sam2), sam2[1]) == ({"sam2"}, False)


@pytest.mark.parametrize(
    ("file", "pin"), [("requirements.lock", "numpy"), ("requirements-cuda.lock", "triton")]
)
def test_a_changed_pin_starts_afresh(pip: StandIn, file: str, pin: str) -> None:
    pip.run()
    stale = pip.folder("opencv-python", "4.13.0")
    stale.mkdir()
    lock = pip.clone.ROOT / file
    lock.write_text(lock.read_text().replace(f"{pin}==", f"{pin}==1."))
    assert len(pip.run()) == 5
    assert not stale.exists()


def test_a_changed_comment_in_a_lock_changes_nothing(pip: StandIn) -> None:
    pip.run()
    lock = pip.clone.ROOT / "requirements.lock"
    lock.write_text("# another comment\n" + lock.read_text())
    assert pip.run() == []


def test_a_changed_setup_cfg_installs_the_project_again(pip: StandIn) -> None:
    pip.run()
    setup = pip.clone.ROOT / "setup.cfg"
    setup.write_text(setup.read_text() + "# changed\n")
    (project,) = pip.run()
    assert "-e" in project[0]
    assert pip.checks == 2


def test_a_package_that_has_gone_is_installed_again(pip: StandIn) -> None:
    pip.run()
    (folder,) = pip.clone.SITE.glob("numpy-*")
    folder.rmdir()
    (rest,) = pip.run()
    assert "numpy" in names(rest)
    assert pip.checks == 2


@pytest.mark.parametrize(
    "record",
    [{"editable": False}, {"editable": True, "folder": Path("/another/clone")}, {}],
    ids=["a copy", "another clone", "a wheel"],
)
def test_a_lost_editable_install_is_made_again(pip: StandIn, record: dict[str, Any]) -> None:
    """`pip install .`, or the same from another place, has taken its place."""
    pip.run()
    if record:
        pip.origin(**record)
    else:
        (pip.folder("samurai-vot", "0.1.0") / "direct_url.json").unlink()
    (project,) = pip.run()
    assert "-e" in project[0]
    pip.origin(editable=True)
    assert pip.run() == []


def test_a_second_opencv_is_removed_and_lost_files_are_installed_again(pip: StandIn) -> None:
    pip.run()
    for name in ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless"):
        pip.folder(name, "5.0").mkdir()
        (rest,) = pip.run()
        assert {name, pip.clone.OPENCV} < set(pip.uninstalled)
        assert pip.clone.OPENCV in names(rest)
        assert pip.run() == []
    (pip.clone.SITE / "cv2").rmdir()
    (rest,) = pip.run()
    assert pip.clone.OPENCV in names(rest)


def test_an_extra_is_added_and_remembered(pip: StandIn) -> None:
    pip.run()
    (extra,) = pip.run("distributed")
    assert "ray" in names(extra)
    assert pip.run() == []
    (folder,) = pip.clone.SITE.glob("ray-*")
    folder.rmdir()
    (again,) = pip.run()  # without being named
    assert names(again) == names(extra)
    assert pip.run("training,test") == []  # all of it is in the lock of everybody


def test_an_unknown_extra_is_refused(pip: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert pip.run("distributed", "numpy") == []
    (line,) = capsys.readouterr().err.splitlines()
    assert "there is no extra numpy. Remedy: " in line and "raft" in line


def test_a_link_to_another_folders_venv_is_left_alone(
    pip: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clearing it, as a changed lock asks for, would take it away from whoever uses it."""
    pip.run()
    other = tmp_path / "other"
    pip.clone.VENV.rename(other)
    pip.clone.VENV.symlink_to(other)
    before = sorted(other.rglob("*"))
    lock = pip.clone.ROOT / "requirements.lock"
    lock.write_text(lock.read_text().replace("numpy==", "numpy==1."))
    assert pip.run() == []
    assert ".venv is a link" in capsys.readouterr().err
    assert sorted(other.rglob("*")) == before


def test_a_venv_of_somebody_else_is_left_alone(
    pip: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    pip.clone.VENV.mkdir()
    (pip.clone.VENV / "pyvenv.cfg").touch()
    assert pip.run() == []
    assert "was not made by install.py. Remedy: " in capsys.readouterr().err
    assert [path.name for path in pip.clone.VENV.iterdir()] == ["pyvenv.cfg"]


def test_a_clone_of_sam2_on_pythonpath_is_refused(
    pip: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sam2").mkdir()
    (tmp_path / "sam2" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", f"/nowhere:{tmp_path}")
    assert pip.run() == []
    assert f"PYTHONPATH names {tmp_path}, whose sam2 hides" in capsys.readouterr().err


def test_an_editable_clone_of_sam2_is_refused(
    pip: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    pip.run()
    pip.folder("SAM-2", "1.0").mkdir()
    assert pip.run() == []
    assert "uninstall -y SAM-2" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(
    clone: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
) -> None:
    find_spec = clone.importlib.util.find_spec
    monkeypatch.setattr(
        clone.importlib.util, "find_spec", lambda name: None if name == module else find_spec(name)
    )
    monkeypatch.setattr(sys, "argv", ["install.py"])
    assert clone.main() == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert "lacks its modules venv and ensurepip. Remedy: " in error


OFFLINE = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("
    "'Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')'\n"
    "ERROR: Could not find a version that satisfies the requirement pip==26.3\n"
    "ERROR: No matching distribution found for pip==26.3\n"
)
UNREACHABLE = (
    "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='x', port=443): "
    "Max retries exceeded with url: /torch.whl\n"
)
BROKEN_BUILD = (
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError'\n"
    "ERROR: Failed to build 'iopath' when getting requirements to build wheel\n"
)
NO_SPACE = (
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
)


def test_what_pip_says_becomes_one_line(install: ModuleType) -> None:
    for output, cause in (
        (OFFLINE, "no network: "),
        (UNREACHABLE, "no network: "),
        (BROKEN_BUILD, "Failed to build 'iopath' "),
        (NO_SPACE, "the disk is full. "),
        ("ERROR: No matching distribution found for torch==2.13.0\n", "No matching distribution "),
        ("Segmentation fault\n", "pip failed. "),
    ):
        line = install.explain(output)
        assert line.startswith(cause)
        assert "Remedy: " in line and "\n" not in line and str(install.LOG) in line


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 15, 0)])
def test_an_unsuitable_python_gets_one_line(
    repository: Path, tmp_path: Path, version: tuple[int, ...]
) -> None:
    """On a copy: a version that is taken after all must find no .venv that it would clear."""
    copied = shutil.copy(repository / "install.py", tmp_path)
    code = (
        "import runpy, sys\n"
        f"sys.version_info = {version}\n"
        f"runpy.run_path({str(copied)!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"setup: Python {version[0]}.{version[1]} on {sys.platform} is not sup")
    assert "Remedy: " in line


def test_an_old_python_can_read_as_far_as_the_message(repository: Path) -> None:
    tree = ast.parse((repository / "install.py").read_text(), feature_version=(3, 6))
    newer: tuple[Any, ...] = (ast.Match, ast.NamedExpr)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    assert "__future__" not in imported
