"""What setup.cfg declares, what `pip install .` brings, and whose sam2 is imported."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from samurai.cli.command import COMMANDS, Command


@pytest.fixture(scope="module")
def options(repository: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(repository / "setup.cfg")
    return parser


def folder_of(options: configparser.ConfigParser, repository: Path, package: str) -> Path:
    """Where a package's files are, by the longest prefix in package_dir."""
    lines = options["options"]["package_dir"].split("\n")
    pairs = [line.split("=") for line in lines if line]
    places = {name.strip(): place.strip() for name, place in pairs}
    parts = package.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in places:
            return repository.joinpath(places[prefix], *parts[length:])
    raise AssertionError(f"package_dir has no place for {package}")


def test_every_folder_with_code_is_declared_and_every_declared_folder_exists(
    repository: Path, options: configparser.ConfigParser
) -> None:
    declared = {
        folder_of(options, repository, package)
        for package in options["options"]["packages"].split()
    }
    with_code = {
        file.parent
        for room in ("sam2", "vot_wrapper")
        for file in (repository / room).rglob("*.py")
    }
    assert with_code - declared == {repository / "sam2" / "samurai_training"}  # see setup.py
    assert [folder for folder in declared if not folder.is_dir()] == []


@pytest.mark.parametrize(("start", "pythonpath"), [(".", ""), ("vot_workspace", ".")])
def test_sam2_is_the_installed_one_wherever_python_starts(
    repository: Path, start: str, pythonpath: str
) -> None:
    """The toolkit puts this folder on PYTHONPATH; the bare folder sam2/ then comes first."""
    environment = {**os.environ, "PYTHONPATH": str(repository) if pythonpath else ""}
    code = "import sam2, samurai; print(sam2.__file__); print(samurai.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository / start,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    sam2, samurai = map(Path, done.stdout.split())
    assert sam2 == Path(str(metadata.distribution("sam2").locate_file("sam2/__init__.py")))
    assert repository / "sam2" not in sam2.parents
    assert samurai == repository / "sam2" / "samurai" / "__init__.py"


def test_entry_points_are_installed_and_load(options: configparser.ConfigParser) -> None:
    declared = {
        (group, *map(str.strip, line.split("=")))
        for group, lines in options["options.entry_points"].items()
        for line in lines.split("\n")
        if line
    }
    here = metadata.distribution("samurai-vot").entry_points
    assert {(each.group, each.name, each.value) for each in here} == declared
    for each in here:
        loaded = each.load()
        members = loaded if isinstance(loaded, tuple) else (loaded,)
        assert members
        if each.group == COMMANDS:
            assert all(isinstance(member, Command) for member in members), each
        assert all(isinstance(m, Command) or callable(m) for m in members), each


def test_an_editable_install_offers_the_training_too(repository: Path, tmp_path: Path) -> None:
    origin = json.loads(metadata.distribution("samurai-vot").read_text("direct_url.json") or "{}")
    if origin.get("url") != repository.as_uri():
        pytest.skip("this environment has another installation")
    environment = {**os.environ, "PYTHONPATH": ""}
    command = [sys.executable, "-m", "samurai_training", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `pip install .` fills from a copy of this repository."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("LICENSE", "README.md", "pyproject.toml", "setup.cfg", "setup.py", "trackers.ini"):
        shutil.copy(repository / name, copy)
    leave = shutil.ignore_patterns("__pycache__", "*.pt", "*.part", "*.egg-info")
    for name in ("checkpoints", "sam2", "vot_wrapper", "vot_workspace"):
        shutil.copytree(repository / name, copy / name, ignore=leave)
    target = tmp_path_factory.mktemp("site")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--quiet")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", target, copy], check=True
    )
    return target


def test_an_installation_has_all_code_and_data_and_nothing_else(
    repository: Path, options: configparser.ConfigParser, installed: Path
) -> None:
    packages = set(options["options"]["packages"].split())
    for package in sorted(packages - {"vot_wrapper.workspace"}):  # test_wheel.py has that one
        source = folder_of(options, repository, package)
        target = installed.joinpath(*package.split("."))
        kinds = ("*.py", "*.pyi", "py.typed", "**/*.yaml", "*.safetensors", "manifest.toml")
        for kind in (*kinds, "templates/*.j2", "*.bib", "*.css"):
            for file in source.glob(kind):
                copied = target / file.relative_to(source)
                assert copied.read_bytes() == file.read_bytes()
    tops = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert tops - {"bin"} == {"samurai", "vot_wrapper"}


def test_an_installation_finds_its_data(installed: Path, tmp_path: Path) -> None:
    code = (
        "import samurai, vot_wrapper.toolkit, importlib.resources as resources\n"
        "from samurai.models.checkpoints import checkpoint_path, model_card\n"
        "print(samurai.__file__)\n"
        "print(checkpoint_path(model_card('nano')))\n"
        "print(resources.files('vot_wrapper.toolkit') / 'stacks/vot2022/shortterm.yaml')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    environment.pop("SAMURAI_CHECKPOINTS", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [Path(line) for line in done.stdout.splitlines()]
    assert [installed in path.parents and path.is_file() for path in found] == [True] * 3
