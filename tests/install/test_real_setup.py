"""install.py with the real venv and pip, on tiny packages with the names it looks for."""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# Plays setuptools for the project itself: its build lasts for as long as the file `hold` is there.
BACKEND = """
import pathlib, time, zipfile

INFO = "samurai_vot-0.1.0.dist-info/"
FILES = {
    INFO + "METADATA": "Metadata-Version: 2.1\\nName: samurai-vot\\nVersion: 0.1.0\\n",
    INFO + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "samurai/__init__.py": "",
    "vot_wrapper/__init__.py": "",
}
FILES[INFO + "RECORD"] = "".join(name + ",,\\n" for name in [*FILES, INFO + "RECORD"])

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path("building").touch()
    while pathlib.Path("hold").exists():
        time.sleep(0.05)
    name = "samurai_vot-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
    return name

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    raise NotImplementedError("the project is installed as an editable one")
"""


def write_wheel(folder: Path, name: str, version: str, module: str) -> None:
    """A wheel with one module that has nothing but a constant."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": f"NAME = {name!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record.append(f"{path},sha256={digest.decode()},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / f"{info[:-10]}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A project with install.py, a lock of tiny packages, and a folder to install them from."""
    folder, wheels = tmp_path / "project", tmp_path / "wheels"
    folder.mkdir()
    wheels.mkdir()
    shutil.copy(repository / "install.py", folder)
    pins = {"pip": ensurepip.version(), "setuptools": "999.0", "wheel": "999.0", "packaging": "9.0"}
    modules = {"opencv-python-headless": "cv2", "vot-trax": "trax", "vot-toolkit": "vot"}
    pins |= dict.fromkeys(("torch", "sam2", *modules), "1.0")
    for name, version in pins.items():
        if name != "pip":
            write_wheel(wheels, name, version, modules.get(name, name))
    (folder / "requirements.lock").write_text("".join(f"{n}=={v}\n" for n, v in pins.items()))
    (folder / "requirements-cuda.lock").write_text("# nothing\n")
    (folder / "setup.cfg").touch()
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return folder


def start(project: Path) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHONPATH"))}
    environment |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(project.parent / "wheels"),
    }
    return subprocess.Popen(
        [sys.executable, "install.py"],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output = process.communicate(timeout=300)[0]
    assert process.returncode == 0, output
    return output


def steps(output: str) -> list[int]:
    """The numbers of the steps that an output tells of."""
    return [int(line[8]) for line in output.splitlines() if line.startswith("setup: [")]


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 240
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.02)


def missing(site: Path, modules: Iterable[str]) -> list[str]:
    return [name for name in modules if not (site / name / "__init__.py").is_file()]


def test_killed_repeated_and_run_twice_at_once(project: Path) -> None:
    (project / "hold").touch()
    first = start(project)
    wait_for(project / "building")
    os.killpg(first.pid, signal.SIGKILL)
    killed = first.communicate()[0]
    assert steps(killed) == [1, 2, 3, 4, 5, 6, 7]
    record = json.loads((project / ".venv" / "setup.json").read_text())
    assert record["running"] == "project"

    (project / "building").unlink()
    second = start(project)
    wait_for(project / "building")
    third = start(project)
    assert third.stdout is not None
    assert third.stdout.readline().startswith("setup: another set-up is at work in this folder")
    (project / "hold").unlink()
    assert steps(finish(second)) == [7, 9]
    assert finish(third) == "setup: .venv is up to date\n"

    assert finish(start(project)) == "setup: .venv is up to date\n"
    (site,) = (project / ".venv" / "lib").glob("python*/site-packages")
    assert missing(site, ("cv2", "torch", "trax", "vot", "sam2", "samurai", "vot_wrapper")) == []


def test_what_a_killed_pip_left_half_written_is_completed(project: Path) -> None:
    """After a kill a package may have its metadata and not its files: pip takes it as installed."""
    finish(start(project))
    (site,) = (project / ".venv" / "lib").glob("python*/site-packages")
    (site / "cv2" / "__init__.py").unlink()
    (site / "opencv_python_headless-1.0.dist-info" / "RECORD").unlink()
    record = project / ".venv" / "setup.json"
    state = json.loads(record.read_text())
    state["done"] = state["done"][: state["done"].index("rest")]
    record.write_text(json.dumps({**state, "running": "rest"}))

    assert steps(finish(start(project))) == [5, 6, 7, 9]
    assert missing(site, ("cv2", "trax", "vot")) == []


def test_a_failed_import_is_one_line(project: Path) -> None:
    finish(start(project))
    (site,) = (project / ".venv" / "lib").glob("python*/site-packages")
    (site / "trax" / "__init__.py").write_text("raise OSError('libtrax.so is missing')\n")
    (project / "setup.cfg").write_text("# changed\n")
    process = start(project)
    output = process.communicate(timeout=300)[0]
    assert process.returncode == 1
    (line,) = [line for line in output.splitlines() if "fails: " in line]
    assert "OSError: libtrax.so is missing. Remedy: " in line
