"""Wheel and sdist: what is in them, and every command from an installation outside of any clone.

The new environments borrow torch, sam2 and the toolkit from the one that runs the tests, so that
nothing is downloaded; of this project they have what the archive brings, and nothing else. One of
them borrows only what the wheel requires without an extra: it is the library alone.
"""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.lending import SUBSTITUTES, lend, with_requirements
from packaging.metadata import Metadata

from vot_wrapper.needs import INSTALL

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(900)]

SEQUENCE = "scale"  # the shortest to run
MADE_BY_RUNNING = {"results", "analysis", "reports", "cache", "logs", "provenance", "submissions"}
NOT_TO_BE_PACKED = "made by running, not to be packed"
IGNORED = {".git", ".venv", "build", "dist", "training"}

Samurai = Callable[..., subprocess.CompletedProcess[str]]


def copy(repository: Path, folder: Path) -> Path:
    """The repository without what git ignores, and with what a used clone has besides."""

    def ignore(place: str, names: list[str]) -> set[str]:
        inside = Path(place).relative_to(repository).parts
        leave = {name for name in names if name.endswith((".egg-info", ".pt", "__pycache__"))}
        if inside == ():
            leave |= IGNORED | {name for name in names if name.endswith(("_cache", ".hypothesis"))}
        if inside[:1] == ("vot_workspace",):
            leave |= {*MADE_BY_RUNNING, "ablation"}
        return leave

    shutil.copytree(repository, folder, ignore=ignore, symlinks=True)
    for place in ("results/x/y.bin", "logs/a.log", "ablation/a.csv", "hard/results/x/y.bin"):
        file = folder / "vot_workspace" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(NOT_TO_BE_PACKED)
    (folder / "checkpoints" / "sam2.1_hiera_large.pt").write_text(NOT_TO_BE_PACKED)
    return folder


def build(folder: Path, kind: str, target: Path) -> Path:
    """Build a `wheel` or an `sdist` by the backend's own hook, without a network."""
    target.mkdir(exist_ok=True)
    code = f"from setuptools import build_meta as b; b.build_{kind}({str(target)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = target.iterdir()
    return file


@pytest.fixture(scope="module")
def archives(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel and an sdist of this tree, and a wheel of the unpacked sdist."""
    folder = tmp_path_factory.mktemp("archives")
    wheel = build(copy(repository, folder / "one"), "wheel", folder / "wheel")
    sdist = build(copy(repository, folder / "two"), "sdist", folder / "sdist")
    with tarfile.open(sdist) as tar:
        tar.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    again = build(unpacked, "wheel", folder / "again")
    return {"wheel": wheel, "sdist": sdist, "wheel of the sdist": again}


def members(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_of_the_sdist_is_that_of_the_tree(archives: dict[str, Path]) -> None:
    assert members(archives["wheel"]) == members(archives["wheel of the sdist"])


def test_the_wheel_has_what_runs_outside_a_clone(
    repository: Path, archives: dict[str, Path]
) -> None:
    packed = members(archives["wheel"])
    tops = {name.split("/")[0] for name in packed}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"samurai", "vot_wrapper"}
    assert packed["vot_wrapper/trackers.ini"] == (repository / "trackers.ini").read_bytes()
    bundled = repository / "vot_workspace"
    for workspace in (bundled, bundled / "multiobject"):
        for name in (workspace / "sequences" / "list.txt").read_text().split():
            for file in (workspace / "sequences" / name).rglob("*"):
                inside = f"vot_wrapper/workspace/{file.relative_to(bundled).as_posix()}"
                assert file.is_dir() or packed[inside] == file.read_bytes()
    assert [name for name in packed if NOT_TO_BE_PACKED.encode() in packed[name]] == []
    assert not any(part in name.split("/") for part in MADE_BY_RUNNING for name in packed)


def test_the_wheel_is_without_the_hard_sequences(
    repository: Path, archives: dict[str, Path]
) -> None:
    """They are 12 MB that only `samurai ablate` uses. The sdist has all that is committed."""
    hard = (repository / "vot_workspace/hard/sequences/list.txt").read_text().split()
    assert hard
    folders = {part for name in members(archives["wheel"]) for part in name.split("/")}
    assert folders.isdisjoint({"hard", *hard})


def test_the_sdist_has_what_is_committed(repository: Path, archives: dict[str, Path]) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no clone")
    with tarfile.open(archives["sdist"]) as tar:
        packed = {name.partition("/")[2] for name in tar.getnames()}
    assert {name for name in listed.stdout.splitlines() if name not in packed} == set()
    assert not any(name.endswith(".pt") or "ablation/a.csv" in name for name in packed)


def test_the_metadata_are_what_an_index_takes(archives: dict[str, Path]) -> None:
    """The checks of `twine check --strict`, without its dependencies."""
    packed = members(archives["wheel"])
    with tarfile.open(archives["sdist"]) as tar:
        name = next(name for name in tar.getnames() if name.count("/") == 1 and "PKG-INFO" in name)
        file = tar.extractfile(name)
        assert file is not None
        texts = [file.read(), *(t for n, t in packed.items() if n.endswith("dist-info/METADATA"))]
    assert len(texts) == 2
    for text in texts:
        checked = Metadata.from_email(text, validate=True)
        assert checked.description_content_type == "text/markdown"
        assert checked.description and checked.license_files == ["LICENSE"]
        assert "example.com" not in text.decode().partition("\n\n")[0]
    one, other = map(email.message_from_bytes, texts)
    assert one.items() == other.items()


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def environment(
    request: pytest.FixtureRequest,
    archives: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A new environment with an archive installed; returns its folder."""
    folder = tmp_path_factory.mktemp("environment")
    borrowed = folder / "borrowed"
    borrowed.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "samurai" not in entry.name and entry.suffix != ".pth":
            (borrowed / entry.name).symlink_to(entry)
    made = install(archives[request.param], folder / "venv", borrowed)
    (made / "bin" / "vot").write_text(
        f"#!{made}/bin/python\nfrom vot.utilities.cli import main\nmain()\n"
    )
    (made / "bin" / "vot").chmod(0o755)
    return made


@pytest.fixture(scope="module")
def library(archives: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel, without an extra: what it requires, and sam2."""
    folder = tmp_path_factory.mktemp("library")
    packed = members(archives["wheel"])
    [text] = [packed[name] for name in packed if name.endswith("dist-info/METADATA")]
    lines = map(str, Metadata.from_email(text).requires_dist or ())
    borrowed = lend(with_requirements([*lines, "sam2"]), folder / "borrowed")
    return install(archives["wheel"], folder / "venv", borrowed)


def install(archive: Path, venv: Path, borrowed: Path) -> Path:
    """A new environment with an archive, and a folder on its path; returns the environment's."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = (venv / "lib").glob("python*/site-packages")
    (site / "borrowed.pth").write_text(f"{borrowed}\n")
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run([*pip_of(venv), "install", *options, str(archive)], check=True, env=bare({}))
    return venv


def pip_of(venv: Path) -> list[str]:
    """The tests' pip, at work on another environment."""
    return [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python")]


def bare(more: dict[str, str]) -> dict[str, str]:
    """This process's variables without those that lead to the clone or change the tracker."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SAMURAI", "PYTHON", "PIP", "VIRTUAL_ENV", "XDG"))
    }
    return {**kept, "OMP_NUM_THREADS": "1", **more}


@pytest.fixture
def samurai(environment: Path, tmp_path: Path) -> Samurai:
    return calls(environment, tmp_path)


def calls(environment: Path, folder: Path) -> Samurai:
    """Runs a command of a new environment in an empty folder, with a home of its own."""
    for name in ("home", "a folder"):
        (folder / name).mkdir()

    def call(*command: object, **more: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = map(str, command)
        return subprocess.run(
            [environment / "bin" / program, *arguments],
            cwd=folder / "a folder",
            env=bare({"HOME": str(folder / "home"), **more}),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return call


def shorten(workspace: Path) -> None:
    """Leave one sequence and one experiment."""
    (workspace / "sequences" / "list.txt").write_text(f"{SEQUENCE}\n")
    (workspace / "stack.yaml").write_text(
        "title: short\nexperiments:\n  unsupervised:\n    type: unsupervised\n    repetitions: 1\n"
        "    analyses:\n      - type: average_accuracy\n"
    )


def listing(folder: Path) -> set[str]:
    """All files but what Python itself caches."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {path for path in found if "__pycache__" not in path}


def test_every_command_in_an_empty_folder(
    environment: Path, samurai: Samurai, tmp_path: Path
) -> None:
    (site,) = (environment / "lib").glob("python*/site-packages")
    before = listing(site)
    where = samurai("python", "-c", "import samurai, sam2; print(samurai.__file__, sam2.__file__)")
    assert str(site / "samurai") in where.stdout and "borrowed" in where.stdout, where

    workspace = tmp_path / "home" / ".local" / "share" / "samurai" / "workspace"
    early = samurai("samurai", "submit", "samurai")
    assert early.returncode == 2 and "not a VOT workspace" in early.stderr
    assert not workspace.exists()

    # An unknown sequence ends it after the copy, before any tracker runs.
    begun = samurai("samurai", "evaluate", "--sequences", "nothing")
    assert begun.returncode == 2, begun
    assert f"copied to {workspace}" in begun.stdout and "no sequence nothing" in begun.stderr
    assert list((tmp_path / "a folder").iterdir()) == []
    shorten(workspace)
    done = samurai("samurai", "evaluate")
    assert done.returncode == 0, done
    assert f"workspace    {workspace}" in done.stdout
    assert any(line.startswith("SAMURAI  ") for line in done.stdout.splitlines()), done.stdout
    (result,) = (workspace / "results" / "samurai").rglob(f"{SEQUENCE}_001.bin")

    drawn = samurai("samurai", "visualize")
    assert drawn.returncode == 0 and list(workspace.rglob("*.png")), drawn
    packed = samurai("samurai", "submit", "samurai")
    assert packed.returncode == 0 and list((workspace / "submissions").rglob("*.zip")), packed
    checked = samurai("samurai", "doctor")
    assert "FAIL" not in checked.stdout and f"{workspace / 'trackers.ini'}" in checked.stdout
    assert checked.returncode == 0, checked

    # The toolkit's own command, with the trackers.ini that was written.
    mine = tmp_path / "my workspace"
    assert samurai("samurai", "workspace", mine).returncode == 0
    shorten(mine)
    plain = samurai("vot", "evaluate", "samurai", "--workspace", mine)
    (same,) = (mine / "results" / "samurai").rglob(f"{SEQUENCE}_001.bin")
    assert same.read_bytes() == result.read_bytes(), plain
    assert listing(site) == before


def test_the_version_is_that_of_the_metadata(samurai: Samurai) -> None:
    code = "import samurai; from importlib.metadata import version; "
    code += "print(samurai.__version__ == version('samurai-vot'))"
    assert samurai("python", "-c", code).stdout == "True\n"
    assert samurai("samurai", "--version").stdout.startswith("samurai ")


LICENSES = """
from importlib.metadata import distributions
for each in distributions():
    known = each.metadata
    terms = [known["License-Expression"], (known["License"] or "").partition("\\n")[0]]
    terms += [kind for kind in known.get_all("Classifier", []) if kind.startswith("License")]
    print(known["Name"], terms)
"""
GPL = re.compile(r"(?<!L)GPL|(?<!Lesser )General Public")


def test_the_library_alone_has_nothing_under_the_gpl(library: Path, tmp_path: Path) -> None:
    samurai = calls(library, tmp_path)
    installed = samurai("python", "-c", LICENSES).stdout.splitlines()
    names = {line.split()[0].lower() for line in installed}
    assert {"samurai-vot", "torch", "sam2"} <= names
    assert names.isdisjoint({"vot-toolkit", "vot-trax", "attributee", "av", "matplotlib", "numba"})
    assert [line for line in installed if GPL.search(line)] == []
    done = subprocess.run(
        [*pip_of(library), "check"], capture_output=True, text=True, env=bare({}), check=False
    )
    lines = [line for line in done.stdout.splitlines() if "No broken" not in line]
    assert {line.split(" requires ")[1].split(",")[0] for line in lines} <= set(SUBSTITUTES)


def test_the_library_alone_tracks_and_is_benchmarked(
    repository: Path, library: Path, tmp_path: Path
) -> None:
    samurai = calls(library, tmp_path)
    (site,) = (library / "lib").glob("python*/site-packages")
    images = site / "vot_wrapper" / "workspace" / "sequences" / "occlusion" / "color"
    [example] = re.findall(
        r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL
    )
    place = "vot_workspace/sequences/occlusion/color"
    assert place in example
    shown = samurai("python", "-c", example.replace(place, str(images)))
    assert "Box(" in shown.stdout, shown
    boxes = tmp_path / "a folder" / "boxes.jsonl"
    tracked = samurai(
        *("samurai", "track", images, "--box", "dog@0:78,87,109,77", "--frames", 5),
        *("--jsonl", boxes),
    )
    assert tracked.returncode == 0 and boxes.read_text().count("dog") >= 5, tracked
    written = samurai("samurai", "benchmark", "example", "lasot", "data", "--copy")
    assert written.returncode == 0, written
    run = ("samurai", "benchmark", "lasot", "--root", "data", "--partial")
    for more in ((), ("--tracker", "samurai")):
        scored = samurai(*run, "--sequences", f"{SEQUENCE}*", "--first", 3, *more)
        assert scored.returncode == 0 and "AUC" in scored.stdout, scored


def test_the_library_alone_says_what_the_extra_is_for(library: Path, tmp_path: Path) -> None:
    samurai = calls(library, tmp_path)
    checked = samurai("samurai", "doctor")
    assert checked.returncode == 0 and "FAIL" not in checked.stdout, checked
    assert "INFO vot-toolkit not installed" in checked.stdout and INSTALL in checked.stdout
    assert "OK   self-test   nano" in checked.stdout
    for command in (("samurai", "evaluate"), ("python", "-m", "vot_wrapper")):
        refused = samurai(*command)
        [line] = refused.stderr.splitlines()
        assert (refused.returncode, refused.stdout) == (2, "") and line.endswith(INSTALL), refused
