"""`samurai submit` on small workspaces: results as the toolkit's own classes write them."""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from vot.region import Special
from vot.region.shapes import Mask, Rectangle
from vot.tracker import Results, Trajectory
from vot.workspace.storage import LocalStorage

from vot_wrapper.submission.packing import PackingError, verify
from vot_wrapper.toolkit.completeness import Completeness, check_completeness
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

ROOT = Path(__file__).parents[2]
STACK = """
title: Two kinds
experiments:
  baseline: {type: samurai-multistart}
  repeated: {type: unsupervised, repetitions: 2}
"""
SECTION = (
    "[tiny-one]\nlabel = Tiny One\nprotocol = traxpython\ncommand = vot_wrapper\npaths = .:sam2\n"
    "env_SAMURAI_MODEL = nano\nenv_SAMURAI_POLICY = samurai\n"
)
LENGTHS = {"crowd": 7, "lonely": 5}
OBJECTS = {"crowd": ["1", "2", "10"], "lonely": ["object"]}

MakeWorkspace = Callable[..., Path]
Submit = Callable[..., tuple[int, str]]


def write_sequence(folder: Path, name: str, hidden: bool) -> None:
    """A sequence without pictures; with hidden truth only the first frame's annotations exist."""
    root, length = folder / name, LENGTHS[name]
    root.mkdir(parents=True)
    (root / "sequence").write_text(
        f"channels.color=color/%08d.jpg\nfps=30\nformat=default\nname={name}\n"
        f"width=64\nheight=48\nlength={length}\n"
    )
    truth = "10,10,20,15\n" * (1 if hidden else length)
    for number in OBJECTS[name]:
        suffix = "" if number == "object" else f"_{number}"
        (root / f"groundtruth{suffix}.txt").write_text(truth)
    anchors = [1, *[0] * (length - 2), -1]
    (root / "anchor.value").write_text("".join(f"{anchor}\n" for anchor in anchors))


def write_result(folder: Path, name: str, frames: int, kind: str = "bin") -> None:
    """A trajectory with times and, but for its initial frame, confidences."""
    results = Results(LocalStorage(str(folder)))
    trajectory = Trajectory(frames)
    trajectory.set(0, Special(Trajectory.INITIALIZATION), {"time": 0.5})
    for frame in range(1, frames):
        mask = Mask(np.eye(frame + 2, dtype=np.uint8), offset=(frame, 2))
        box = Rectangle(frame, 2.5, 10, 8)
        region = mask if frame % 2 else box
        trajectory.set(frame, region, {"time": 0.25, "confidence": 1 / frame})
    trajectory.write(results, name)
    if kind == "txt":
        (folder / f"{name}.txt").write_text("".join(f"{r}\n" for r in trajectory.regions()))
        (folder / f"{name}.bin").unlink()


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> MakeWorkspace:
    """A workspace whose tracker `tiny-one` has all results of a stack."""

    def build(stack: str = "vots2025/main", kind: str = "bin", section: str = SECTION) -> Path:
        folder = tmp_path_factory.mktemp("submit") / "workspace"
        several = stack.startswith("vots")
        names = list(LENGTHS) if several else ["lonely"]
        for name in names:
            write_sequence(folder / "sequences", name, hidden=several)
        (folder / "sequences" / "list.txt").write_text("".join(f"{name}\n" for name in names))
        (folder / "config.yaml").write_text(f"registry: [./trackers.ini]\nstack: {stack}\n")
        (folder / "stack.yaml").write_text(STACK)
        (folder / "trackers.ini").write_text(section)
        results = folder / "results" / "tiny-one"
        if several:
            for experiment in ("baseline", "realtime")[: 2 if "realtime" in stack else 1]:
                for number in OBJECTS["crowd"]:
                    write_result(results / experiment / "crowd", f"crowd_{number}_001", 7, kind)
                write_result(results / experiment / "lonely", "lonely_001", 5, kind)
        else:
            write_result(results / "baseline" / "lonely", "lonely_00000000", 5, kind)
            write_result(results / "baseline" / "lonely", "lonely_00000004", 5, kind)
            write_result(results / "repeated" / "lonely", "lonely_001", 5, kind)
            write_result(results / "repeated" / "lonely", "lonely_002", 5, kind)
        return folder

    return build


def context(workspace: Path) -> EvaluationContext:
    registry = ROOT / "trackers.ini"
    return open_workspace(workspace, ("tiny-one",), None, (), registry, print, to_run=False)


def inventory_of(workspace: EvaluationContext) -> Completeness:
    tracker = workspace.workspace.registry["tiny-one"]
    return check_completeness(workspace, tracker, "samurai evaluate tiny-one")


def told(inventory: Completeness) -> list[str]:
    return [str(problem) for problem in inventory.problems if not problem.warning]


def result_files(workspace: Path) -> dict[str, bytes]:
    root = workspace / "results" / "tiny-one"
    files = [file for file in sorted(root.rglob("*")) if file.is_file()]
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


@contextmanager
def changed(file: Path, content: bytes | None) -> Iterator[None]:
    """The file with another content, or (None) without it."""
    before = file.read_bytes()
    try:
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        yield
    finally:
        file.write_bytes(before)


# What is packed


@pytest.mark.parametrize("stack", ["vots2025/realtime", "./stack.yaml"])
def test_complete_results_are_packed_as_they_are(
    make: MakeWorkspace, submit: Submit, tmp_path: Path, stack: str
) -> None:
    workspace = make(stack)
    (workspace / "config.yaml").write_text("registry: [./trackers.ini]\nstack: tests/basic\n")
    where = ("--workspace", workspace, "--output", tmp_path / "out")
    code, printed = submit("tiny-one", "--stack", stack, *where)
    assert code == 0, printed
    (archive,) = (tmp_path / "out").glob("*.zip")
    with zipfile.ZipFile(archive) as packed:
        manifest = yaml.safe_load(packed.read("manifest.yml"))
        content = {name: packed.read(name) for name in packed.namelist() if name != "manifest.yml"}
    assert content == result_files(workspace)
    assert manifest["identifier"] == "tiny-one"
    assert manifest["stack"] == stack
    assert manifest["configuration"]["env"]["SAMURAI_MODEL"] == "nano"
    assert not list(workspace.glob("*.zip"))  # nothing is left in the workspace itself
    names = {file.name for file in (tmp_path / "out").iterdir()}
    texts = (
        "description-short.txt description-long.md tracker.bib requirements-lock.txt checklist.md"
    )
    assert names == {archive.name, *texts.split()}
    for file in (tmp_path / "out").iterdir():
        assert str(workspace).encode() not in file.read_bytes()
        assert str(Path.home()).encode() + b"/" not in file.read_bytes()
    ticked = "Tick the real-time flag" in (tmp_path / "out" / "checklist.md").read_text()
    assert ticked == (stack == "vots2025/realtime")


def test_equal_repetitions_may_stop_early(make: MakeWorkspace) -> None:
    workspace = make("./stack.yaml")
    (workspace / "stack.yaml").write_text(STACK.replace("repetitions: 2", "repetitions: 6"))
    write_result(workspace / "results/tiny-one/repeated/lonely", "lonely_003", 5)
    assert told(inventory_of(context(workspace))) == []
    write_result(workspace / "results/tiny-one/repeated/lonely", "lonely_003", 5, "txt")
    (workspace / "results/tiny-one/repeated/lonely/lonely_003.txt").write_text("1\n" * 5)
    problems = told(inventory_of(context(workspace)))
    for number, problem in zip((4, 5, 6), problems, strict=True):
        assert f"repetition {number}: lonely_00{number}.bin is missing" in problem


# What is missing or damaged


@pytest.fixture(scope="module", params=["vots2025/main:bin", "./stack.yaml:txt"])
def whole(request: pytest.FixtureRequest, make: MakeWorkspace) -> EvaluationContext:
    """An opened workspace with nothing wrong; tests restore what they damage."""
    stack, kind = request.param.split(":")
    workspace = context(make(stack, kind))
    inventory = inventory_of(workspace)
    assert inventory.problems == []
    assert set(inventory.files) == set(result_files(workspace.folder))
    return workspace


def test_any_missing_or_longer_file_is_named(whole: EvaluationContext) -> None:
    root = whole.folder / "results" / "tiny-one"
    for name, content in result_files(whole.folder).items():
        experiment, sequence, file = name.split("/")
        with changed(root / name, None):
            (problem,) = told(inventory_of(whole))
        assert problem.startswith(f"tiny-one, {experiment}, {sequence}")
        assert f"{file.replace('.txt', '.bin')} is missing" in problem
        assert "samurai evaluate tiny-one" in problem
        with changed(root / name, content + b"1\n"):
            (problem,) = told(inventory_of(whole))
        assert file in problem


def test_the_toolkit_agrees_on_what_is_missing(whole: EvaluationContext) -> None:
    tracker = whole.workspace.registry["tiny-one"]
    root = whole.folder / "results" / "tiny-one"

    def complete() -> bool:
        return all(
            experiment.scan(tracker, sequence)[0]
            for experiment in whole.workspace.stack
            for sequence in experiment.transform(whole.sequences)
        )

    assert complete()
    for name in result_files(whole.folder):
        if not name.endswith(".value"):
            with changed(root / name, None):
                assert not complete(), name


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_truncated_file_is_named(whole: EvaluationContext, data: st.DataObject) -> None:
    files = result_files(whole.folder)
    name = data.draw(st.sampled_from(sorted(files)))
    length = data.draw(st.integers(0, len(files[name]) - 1))
    with changed(whole.folder / "results" / "tiny-one" / name, files[name][:length]):
        problems = told(inventory_of(whole))
    experiment, sequence, file = name.split("/")
    assert any(
        problem.startswith(f"tiny-one, {experiment}, {sequence}") and f" {file} " in problem
        for problem in problems
    ), (name, length, problems)


def test_a_mask_whose_runs_do_not_fit_is_told(make: MakeWorkspace) -> None:
    workspace = make()
    file = workspace / "results/tiny-one/baseline/crowd/crowd_2_001.bin"
    content = file.read_bytes()
    header = struct.pack("<BhhHHH", 3, 5, 2, 7, 7, 14)  # the mask of frame 5: 7 x 7 in 14 runs
    runs = content.index(header) + len(header)
    file.write_bytes(content[:runs] + struct.pack("<H", 9) + content[runs + 2 :])
    (problem,) = told(inventory_of(context(workspace)))
    assert "crowd_2_001.bin has a mask whose runs don't fill its 7 x 7 pixels" in problem


def test_an_experiment_that_never_ran_is_one_line(make: MakeWorkspace) -> None:
    workspace = make("vots2025/realtime")
    shutil.rmtree(workspace / "results" / "tiny-one" / "realtime")
    (problem,) = told(inventory_of(context(workspace)))
    assert problem.startswith("tiny-one, realtime: no results at all")


def test_a_sequence_without_anchors_is_told(make: MakeWorkspace) -> None:
    workspace = make("./stack.yaml")
    (workspace / "sequences/lonely/anchor.value").unlink()
    (problem,) = told(inventory_of(context(workspace)))
    assert problem.startswith("tiny-one, baseline, lonely: ") and "anchor" in problem


def test_two_files_of_one_trajectory_are_a_warning(make: MakeWorkspace) -> None:
    workspace = make()
    (workspace / "results/tiny-one/baseline/lonely/lonely_001.txt").write_text("1\n" * 5)
    inventory = inventory_of(context(workspace))
    assert told(inventory) == []
    (problem,) = inventory.problems
    assert "lonely_001 exists" in problem.what


# The command


def test_all_problems_are_told_at_once_and_nothing_is_packed(
    make: MakeWorkspace, submit: Submit, tmp_path: Path
) -> None:
    secrets = "env_HF_TOKEN = abc-123\nenv_NOTE = hf_abcdefghijklmnopqrstuvwx\n"
    homes = "env_CACHE = /home/somebody/cache\npython = /Users/somebody/bin/python\n"
    workspace = make(section=SECTION + secrets + homes)
    results = workspace / "results/tiny-one/baseline/crowd"
    (results / "crowd_1_001.bin").unlink()
    (results / "crowd_2_001.bin").write_bytes(b"")
    code, printed = submit("tiny-one", "--workspace", workspace, "--output", tmp_path / "out")
    assert code == 1
    assert "6 problems" in printed
    for words in (
        "object 1: crowd_1_001.bin is missing",
        "object 2: crowd_2_001.bin is empty",
        "HF_TOKEN has the name of a secret",
        "env_NOTE holds what looks like a Hugging Face token",
        "env_CACHE = /home/somebody/cache names a home directory",
        "python = /Users/somebody/bin/python names a home directory",
    ):
        assert words in printed
    assert "abc-123" not in printed and "hf_abc" not in printed
    assert not (tmp_path / "out").exists()
    assert not list(workspace.rglob("*.zip"))


def test_warnings_do_not_hinder(
    make: MakeWorkspace, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = SECTION.replace("tiny-one", "tiny_one") + "python = /opt/python\n"
    workspace = make(section=section)
    shutil.move(workspace / "results" / "tiny-one", workspace / "results" / "tiny_one")
    shutil.copytree(workspace / "results" / "tiny_one", workspace / "results" / "tiny_one@old")
    monkeypatch.setenv("SAMURAI_DEVICE", "cpu")
    code, printed = submit("tiny_one", "--workspace", workspace)
    assert code == 0, printed
    for words in (
        "the identifier has an underscore",
        "python = /opt/python names a folder of this machine",
        "it isn't known with what",
        "SAMURAI_DEVICE=cpu is set in this shell",
        "results of tiny_one@old too",
    ):
        assert words in printed
    (checklist,) = workspace.glob("submissions/*/checklist.md")
    assert "underscore" in checklist.read_text()  # the person is reminded


def test_a_setting_that_the_tracker_refuses_is_a_problem(
    make: MakeWorkspace, submit: Submit
) -> None:
    workspace = make(section=SECTION.replace("= nano", "= huge"))
    code, printed = submit("tiny-one", "--workspace", workspace)
    assert code == 1
    assert "SAMURAI_MODEL=huge is not allowed" in printed


def test_wrong_usage_is_one_line_with_the_remedy(
    make: MakeWorkspace, submit: Submit, tmp_path: Path
) -> None:
    workspace = make()
    full = tmp_path / "full"
    full.mkdir()
    (full / "my own text.md").write_text("mine")
    bare = make()
    shutil.rmtree(bare / "sequences")
    for arguments, message in (
        (["tiny one", "--workspace", workspace], "letters, digits and hyphens"),
        (["nobody", "--workspace", workspace], "there is no tracker 'nobody'"),
        (["tiny-one", "--workspace", tmp_path], "is not a VOT workspace"),
        (["tiny-one", "--workspace", bare], "samurai evaluate"),
        (["tiny-one", "--workspace", workspace, "--output", full], "isn't empty"),
        (["tiny-one", "--workspace", workspace, "--stack", "vots2099"], "there is no stack"),
    ):
        code, printed = submit(*arguments)
        assert code == 2 and message in printed and "Traceback" not in printed, printed
    assert [file.name for file in full.iterdir()] == ["my own text.md"]


def test_a_failed_attempt_leaves_nothing(
    make: MakeWorkspace, submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vot_wrapper.submission.packing.do_pack", lambda config: None)
    workspace = make()
    code, printed = submit("tiny-one", "--workspace", workspace, "--output", tmp_path / "out")
    assert code == 2
    assert "the toolkit made no archive" in printed
    assert not (tmp_path / "out").exists()
    assert len(result_files(workspace)) == 12  # links to the results were removed, not the results


def test_a_wrong_archive_is_refused(make: MakeWorkspace, tmp_path: Path) -> None:
    workspace = context(make())
    inventory = inventory_of(workspace)
    sound = {name: file.read_bytes() for name, file in inventory.files.items()}
    sound["manifest.yml"] = b"identifier: tiny-one"
    name, home = "baseline/crowd/crowd_2_001.bin", b"configuration: {env: {X: /home/me/x}}"
    wrong: list[tuple[dict[str, bytes], str]] = [
        ({key: value for key, value in sound.items() if key != name}, f"lacks {name}"),
        (sound | {"baseline/x/x.bin": b""}, "has baseline/x/x.bin"),
        (sound | {name: b"?"}, "differs from"),
        (sound | {"manifest.yml": b"identifier: other"}, "tracker 'other'"),
        (sound | {"manifest.yml": b"identifier: tiny-one\n" + home}, "home directory"),
    ]
    tracker = workspace.workspace.registry["tiny-one"]

    def check(files: dict[str, bytes]) -> None:
        with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
            for inside, content in files.items():
                archive.writestr(inside, content)
        verify(tmp_path / "archive.zip", tracker, inventory)

    check(sound)
    for files, message in wrong:
        with pytest.raises(PackingError, match=message):
            check(files)
    (tmp_path / "archive.zip").write_bytes(b"PK no archive")
    with pytest.raises(PackingError, match=r"archive\.zip can't be read"):
        verify(tmp_path / "archive.zip", tracker, inventory)
