"""install.py with the real venv and pip, on tiny packages with the names it looks for."""

from __future__ import annotations

import base64
import ensurepip
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
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


def write_wheel(folder: Path, name: str, version: str, module: str, needs: str = "") -> None:
    """A wheel with one module that has nothing but a constant."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{module}/__init__.py": f"NAME = {name!r}\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {needs}\n" if needs else ""),
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


MODULES = {
    "setuptools": "setuptools",
    "wheel": "wheel",
    "packaging": "packaging",
    "torch": "torch",
    "sam2": "sam2",
    "opencv-python-headless": "cv2",
    "vot-trax": "trax",
    "vot-toolkit": "vot",
}
LIBRARY = "nvidia-tiny"


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A project with install.py, a lock of tiny packages, and a folder to install them from.

    Its torch is a CUDA build, whose library exists in a version that the lock doesn't name.
    """
    folder, wheels = tmp_path / "project", tmp_path / "wheels"
    folder.mkdir()
    wheels.mkdir()
    shutil.copy(repository / "install.py", folder)
    for name, module in MODULES.items():
        write_wheel(wheels, name, "1.0", module, LIBRARY if name == "torch" else "")
    for version in ("1.0", "2.0"):
        write_wheel(wheels, LIBRARY, version, "nvidia")
    write_wheel(wheels, "torch", "2.0", "torch")
    write_wheel(wheels, "opencv-python", "1.0", "cv2")
    write_wheel(wheels, "SAM-2", "1.0", "sam2")
    pins = [f"pip=={ensurepip.version()}", *(f"{name}==1.0" for name in MODULES)]
    pins += ['torch==2.0; python_version < "3.5"', 'nothing==1.0; python_version < "3.5"']
    (folder / "requirements.lock").write_text("\n".join(pins) + "\n")
    (folder / "requirements-cuda.lock").write_text(f"{LIBRARY}==1.0\n")
    (folder / "setup.cfg").write_text("[options.extras_require]\n")
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return folder


def environment(project: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHONPATH"))}
    wheels = str(project.parent / "wheels")
    return kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels}


def start(project: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "install.py"],
        cwd=project,
        env=environment(project) | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # In the background of a shell, Ctrl-C is ignored by all that is started.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    output = process.communicate(timeout=300)[0]
    assert process.returncode == code, output
    return output


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 240
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.02)


def pip(project: Path, *arguments: str) -> str:
    command = [str(project / ".venv" / "bin" / "python"), "-m", "pip", *arguments]
    return subprocess.check_output(command, env=environment(project), text=True)


def problems(project: Path) -> list[str]:
    """What differs from the lock: pip's own list of packages, and whose file each module is."""
    pins = {f"{name}==1.0" for name in (*MODULES, LIBRARY)} | {f"pip=={ensurepip.version()}"}
    listed = set(pip(project, "list", "--format=freeze").lower().split())
    (site,) = (project / ".venv" / "lib").glob("python*/site-packages")
    files = {name: site / module / "__init__.py" for name, module in MODULES.items()}
    wrong = [n for n, f in files.items() if not f.is_file() or f.read_text() != f"NAME = {n!r}\n"]
    return [*wrong, *(listed ^ (pins | {"samurai-vot==0.1.0"}))]


def begin(project: Path) -> subprocess.Popen[str]:
    """A set-up in the middle of the project's own build."""
    (project / "building").unlink(missing_ok=True)
    process = start(project)
    wait_for(project / "building")
    return process


def test_interrupted_killed_and_run_twice_at_once(project: Path) -> None:
    (project / "hold").touch()
    first = begin(project)
    os.killpg(first.pid, signal.SIGINT)
    finish(first, 130)
    second = begin(project)
    os.killpg(second.pid, signal.SIGKILL)
    second.communicate()
    third = begin(project)
    assert problems(project)
    third.kill()  # its pip goes on
    fourth = start(project)
    assert fourth.stdout is not None
    assert "waits for another set-up" in fourth.stdout.readline()
    (project / "hold").unlink()
    finish(fourth)
    assert problems(project) == []
    assert finish(start(project)) == "setup: .venv is up to date\n"


def test_damage_is_repaired(project: Path) -> None:
    finish(start(project))
    assert problems(project) == []
    (site,) = (project / ".venv" / "lib").glob("python*/site-packages")
    for damage in (
        ["install", "opencv-python"],
        ["install", "--no-deps", "SAM-2", "torch==2.0"],
        ["uninstall", "--yes", "vot-trax", LIBRARY, "samurai-vot"],
        ["install", f"{LIBRARY}==2.0"],
    ):
        pip(project, *damage)
        assert problems(project)
        finish(start(project))
        assert problems(project) == []
    pip(project, "install", "opencv-python")
    pip(project, "uninstall", "--yes", "opencv-python")
    (site / "trax" / "__init__.py").unlink()
    finish(start(project))
    assert problems(project) == []
    assert finish(start(project)) == "setup: .venv is up to date\n"


def test_failures_are_one_line_behind_what_pip_said(project: Path) -> None:
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "1", "PIP_FIND_LINKS": ""}
    last = finish(start(project, PIP_NO_INDEX="0", **offline), 1).splitlines()[-1]
    assert last.startswith("setup: no network")
    finish(start(project))
    (site,) = (project / ".venv" / "lib").glob("python*/site-packages")
    (site / "trax" / "__init__.py").write_text("raise OSError('libtrax.so is missing')\n")
    (project / "setup.cfg").write_text("[options.extras_require]\n# changed\n")
    last = finish(start(project), 1).splitlines()[-1]
    assert last.startswith("setup: OSError: libtrax.so is missing. Remedy: ")
