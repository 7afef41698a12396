"""What `import sam2` would find, in interpreters whose packages are made up for the occasion.

Each runs without site-packages (-S); `stubs` holds empty modules named like sam2's requirements.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samurai.networks.sam2.dependency import INSTALL_NEEDS, INSTALL_SAM2, NEEDS, require_sam2

ASK = """
import site, sys
for folder in sys.argv[1:]:
    site.addsitedir(folder)
from samurai.errors import DependencyError
from samurai.networks.sam2.dependency import require_sam2
try:
    print("found", require_sam2())
except DependencyError as error:
    print("refused", error)
assert "sam2" not in sys.modules, "asking must not import it"
"""

FINDER = """
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location

class Editable:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "sam2":
            return spec_from_file_location(name, {init!r}, submodule_search_locations=[{folder!r}])

def install():
    sys.meta_path.append(Editable)
"""
"""What pip's editable installation of Meta's repository puts beside a .pth file, in short."""

Ask = Callable[..., str]


@pytest.fixture()
def stubs(tmp_path: Path) -> Path:
    folder = tmp_path / "stubs"
    folder.mkdir()
    for name in NEEDS:
        (folder / f"{name}.py").touch()
    return folder


@pytest.fixture()
def clone(tmp_path: Path, repository: Path) -> Path:
    """Of this repository, as far as these tests need one: its bare folder with our package."""
    package = tmp_path / "clone" / "sam2" / "samurai"
    own = package / "networks" / "sam2"
    own.mkdir(parents=True)
    for file in ("__init__.py", "version.py", "errors.py", "networks/__init__.py"):
        shutil.copy(repository / "sam2" / "samurai" / file, package / file)
    for name in ("__init__.py", "dependency.py"):
        shutil.copy(repository / "sam2" / "samurai" / "networks" / "sam2" / name, own)
    return tmp_path / "clone"


@pytest.fixture()
def ask(clone: Path) -> Ask:
    def ask(*path: Path, sites: tuple[Path, ...] = ()) -> str:
        """The one line that `require_sam2` makes of these folders on the path."""
        folders = [clone / "sam2", *path]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
        result = subprocess.run(
            [sys.executable, "-S", "-c", ASK, *map(str, sites)],
            env=environment,
            cwd=clone.parent,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.count("\n") == 1, result.stdout
        return result.stdout.strip()

    return ask


def make_sam2(folder: Path, version: str = "sam2.1") -> Path:
    """The outline of Meta's package in `folder`."""
    package = folder / "sam2"
    (package / "modeling").mkdir(parents=True)
    (package / "configs" / version).mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "modeling" / "sam2_base.py").touch()
    return package


def make_distribution(folder: Path, name: str) -> None:
    information = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")


def make_editable(site: Path, package: Path) -> None:
    """Install `package` into `site` as pip does with an editable clone of Meta's repository."""
    make_distribution(site, "SAM-2")
    code = FINDER.format(init=str(package / "__init__.py"), folder=str(package))
    (site / "__editable___SAM_2_1_0_finder.py").write_text(code)
    (site / "__editable__.SAM_2-1.0.pth").write_text(
        "import __editable___SAM_2_1_0_finder; __editable___SAM_2_1_0_finder.install()\n"
    )


def assert_remedy(line: str) -> None:
    assert line.startswith("refused ")
    assert INSTALL_NEEDS in line and INSTALL_SAM2 in line


def test_here_it_is_meta_s_package(repository: Path) -> None:
    package = require_sam2()
    assert (package / "modeling" / "sam2_base.py").is_file()
    assert package != repository / "sam2"
    assert not (repository / "sam2" / "__init__.py").exists(), "that folder stays bare"


def test_an_installed_sam2_wins_over_the_bare_folder(
    ask: Ask, clone: Path, stubs: Path, tmp_path: Path
) -> None:
    package = make_sam2(tmp_path / "site")
    assert ask(clone, stubs, tmp_path / "site") == f"found {package}"


def test_nothing_is_installed(ask: Ask) -> None:
    line = ask()
    assert "torch" in line and "hydra" in line
    assert_remedy(line)


def test_the_bare_folder_alone_is_not_sam2(ask: Ask, clone: Path, stubs: Path) -> None:
    line = ask(clone, stubs)
    assert f"sam2 is not installed (only the bare folder {clone / 'sam2'} is there)" in line
    assert_remedy(line)


def test_an_editable_clone_hidden_by_the_bare_folder(
    ask: Ask, clone: Path, stubs: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    make_editable(site, make_sam2(tmp_path / "meta"))
    line = ask(clone, stubs, sites=(site,))
    assert "SAM-2 is installed, but `import sam2` finds the bare folder" in line
    assert str(clone / "sam2") in line
    assert "pip uninstall SAM-2" in line
    assert_remedy(line)


def test_running_beside_a_clone_of_meta_s_repository(ask: Ask, stubs: Path, tmp_path: Path) -> None:
    """`sam2/` there is the repository, whose package is `sam2/sam2`."""
    make_sam2(tmp_path / "beside" / "sam2")
    line = ask(tmp_path / "beside", stubs)
    assert str(tmp_path / "beside" / "sam2") in line
    assert_remedy(line)


def test_our_folder_made_a_package(ask: Ask, clone: Path, stubs: Path, tmp_path: Path) -> None:
    (clone / "sam2" / "__init__.py").touch()
    make_sam2(tmp_path / "site")
    line = ask(clone, stubs, tmp_path / "site")
    assert "this repository's own folder" in line
    assert "delete that file" in line


def test_another_package_of_that_name(ask: Ask, stubs: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sam2.py").touch()
    line = ask(stubs, tmp_path / "site")
    assert "not Meta's SAM 2" in line
    assert_remedy(line)


def test_sam_2_0(ask: Ask, stubs: Path, tmp_path: Path) -> None:
    make_sam2(tmp_path / "site", version="sam2")
    line = ask(stubs, tmp_path / "site")
    assert "older than SAM 2.1" in line
    assert_remedy(line)
