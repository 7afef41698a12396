"""The check of the archive: each requirement is kept by a good archive and broken by a bad one."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from vot.region import Rectangle, Special
from vot.region.shapes import Mask
from vot.stack import Stack, resolve_stack
from vot.tracker import Results, Trajectory
from vot.workspace.storage import LocalStorage

from vot_wrapper.rehearsal.archive import Check, check_archive
from vot_wrapper.rehearsal.plans import PLANS
from vot_wrapper.rehearsal.world import Size, write_data

PLAN = PLANS["vots2026/main"]
LENGTH = 6
Files = dict[str, bytes]


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    write_data(tmp_path / "sequences", PLAN, Size(64, 48, LENGTH, 2))
    return tmp_path / "sequences"


def stack() -> Stack:
    return Stack.read(resolve_stack(PLAN.stack))


def trajectory(folder: Path, name: str, region: object, length: int = LENGTH) -> Files:
    """The files of a trajectory as the toolkit writes them."""
    shutil.rmtree(folder, ignore_errors=True)
    results = Results(LocalStorage(str(folder)))
    made = Trajectory(length)
    made.set(0, Special(Trajectory.INITIALIZATION), {"time": 0.1})
    for frame in range(1, length):
        made.set(frame, region, {"time": 0.1, "confidence": 0.5})
    made.write(results, name)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def good(tmp_path: Path) -> Files:
    """Everything that the challenge asks for: two objects, then three."""
    content: Files = {}
    region = Mask(np.ones((4, 5), np.uint8), (3, 2))
    for sequence, objects in (("rehearsal-01", 2), ("rehearsal-02", 3)):
        for number in range(1, objects + 1):
            files = trajectory(tmp_path / "made", f"{sequence}_{number}_001", region)
            content |= {f"baseline/{sequence}/{name}": data for name, data in files.items()}
    manifest = {"identifier": "mine", "stack": PLAN.stack, "configuration": {"command": "x"}}
    content["manifest.yml"] = yaml.safe_dump(manifest).encode()
    return content


def checked(
    tmp_path: Path, sequences: Path, content: Files, identifier: str = "mine"
) -> list[Check]:
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in content.items():
            packed.writestr(name, data)
    return check_archive(archive, PLAN, stack(), sequences, identifier)


def problems(checks: list[Check]) -> list[str]:
    return [problem for check in checks for problem in check.problems]


def test_a_good_archive_meets_every_requirement(tmp_path: Path, sequences: Path) -> None:
    checks = checked(tmp_path, sequences, good(tmp_path))
    assert problems(checks) == [] and len(checks) == 9


def manifest(**changes: object) -> Callable[[Files, Path], None]:
    def change(content: Files, tmp_path: Path) -> None:
        told = {**yaml.safe_load(content["manifest.yml"]), **changes}
        content["manifest.yml"] = yaml.safe_dump(told).encode()

    return change


def without(name: str) -> Callable[[Files, Path], None]:
    def change(content: Files, tmp_path: Path) -> None:
        del content[name]

    return change


def adds(name: str) -> Callable[[Files, Path], None]:
    return lambda content, tmp_path: content.update({name: b"x"})


def replaced(region: object, length: int = LENGTH) -> Callable[[Files, Path], None]:
    def change(content: Files, tmp_path: Path) -> None:
        files = trajectory(tmp_path / "made", "rehearsal-01_1_001", region, length)
        content["baseline/rehearsal-01/rehearsal-01_1_001.bin"] = files["rehearsal-01_1_001.bin"]

    return change


def turned(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files, Path], None]:
    return lambda content, tmp_path: content.update({name: change(content[name])})


FIRST = "baseline/rehearsal-01/rehearsal-01_1_001"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (without(f"{FIRST}.bin"), f"{FIRST}.bin is missing"),
        (without(f"{FIRST}_time.value"), "_time.value has no lines"),
        (without("manifest.yml"), "there is none"),
        (adds("baseline/rehearsal-01/rehearsal-01_9_001.bin"), "is not asked for"),
        (adds("baseline/rehearsal-01/notes.txt"), "notes.txt is not asked for"),
        (manifest(identifier="other"), "'other', not 'mine'"),
        (manifest(stack="vots2025/votst"), "names vots2025/votst"),
        (manifest(configuration={"env": {"TOKEN": "hf_" + "a" * 30}}), "TOKEN"),
        (replaced(Rectangle(1, 2, 3, 4)), "has rectangles"),
        (replaced(Mask(np.ones((2, 2), np.uint8), (0, 0)), 4), "has 4 of 6"),
        (adds(f"{FIRST[:-3]}002.bin"), f"{FIRST[:-3]}002.bin is not asked for"),
        (turned(f"{FIRST}.bin", lambda data: data[:-4]), f"{FIRST}.bin is cut short"),
        (turned(f"{FIRST}.bin", lambda data: b""), f"{FIRST}.bin is cut short"),
        (turned(f"{FIRST}.bin", lambda data: b"junk" * 9), f"{FIRST}.bin is cut short"),
        (turned("manifest.yml", lambda data: b"a: ["), "no mapping in YAML"),
        (turned("manifest.yml", lambda data: b"\xff\x00"), "no mapping in YAML"),
        (turned(f"{FIRST}_time.value", lambda data: b"soon\n" * LENGTH), "aren't seconds"),
        (turned(f"{FIRST}_time.value", lambda data: b"nan\n" * LENGTH), "aren't seconds"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, sequences: Path, change: Callable[[Files, Path], None], complaint: str
) -> None:
    content = good(tmp_path)
    change(content, tmp_path)
    found = problems(checked(tmp_path, sequences, content))
    assert any(complaint in problem for problem in found), found


@pytest.mark.parametrize("identifier", ["my_tracker", "my tracker", "größe"])
def test_an_identifier_that_challenges_refuse(
    tmp_path: Path, sequences: Path, identifier: str
) -> None:
    content = good(tmp_path)
    manifest(identifier=identifier)(content, tmp_path)
    found = problems(checked(tmp_path, sequences, content, identifier))
    assert found == [f"it is {identifier!r}"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_object_with_two_entries_of_one_name(tmp_path: Path, sequences: Path) -> None:
    """Programs that unpack it would keep the last one, which another program may have added."""
    content = good(tmp_path)
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in [*content.items(), (f"{FIRST}.bin", content[f"{FIRST}.bin"])]:
            packed.writestr(name, data)
    checks = check_archive(archive, PLAN, stack(), sequences, "mine")
    assert problems(checks) == [f"{FIRST}.bin is there 2 times"]


def test_a_file_that_is_no_archive(tmp_path: Path, sequences: Path) -> None:
    file = tmp_path / "archive.zip"
    file.write_bytes(b"no archive")
    (check,) = check_archive(file, PLAN, stack(), sequences, "mine")
    assert "archive.zip" in check.problems[0]
