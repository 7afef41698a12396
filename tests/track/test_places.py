"""No output of `samurai track` destroys what it is made from, or files of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.color_tracker import colored_video
from oracles.videos import write_video
from PIL import Image
from track.conftest import Track, box

from samurai.cli.track import command
from samurai.jobs.job import Job

CLASHES: dict[str, tuple[str, ...]] = {
    "the source as a video": ("clip.mp4", "-o", "clip.mp4"),
    "by a detour": ("clip.mp4", "-o", "frames/../clip.mp4"),
    "by a link": ("clip.mp4", "-o", "soft.mp4"),
    "by a hard link": ("clip.mp4", "-o", "hard.mp4"),
    "of a link": ("soft.mp4", "-o", "clip.mp4"),
    "of a file:// address": ("file://CWD/clip.mp4", "-o", "clip.mp4"),
    "the source as an export": ("clip.mp4", "--jsonl", "clip.mp4"),
    "another source": ("other.mp4", "clip.mp4", "-o", ".", "--mot", "{name}.mp4"),
    "images of the source": ("frames", "-o", "frames/"),
    "images beside the source's": ("frames", "-o", "frames/%d.png"),
    "masks over the source": ("frames", "--masks", "frames"),
    "masks around the source": ("frames/deep", "--davis", "frames"),
    "over images of a pattern": ("frames/*.png", "--davis", "frames"),
    "over an image of a list": ("list.txt", "--csv", "frames/0.png"),
    "over the list": ("list.txt", "--csv", "list.txt"),
    "over prompts": ("clip.mp4", "--prompts", "box.txt", "--mot", "box.txt"),
    "over a mask": ("clip.mp4", "--mask=1@0:mask.png", "--csv", "mask.png"),
    "one in another": ("clip.mp4", "--davis", "new", "--csv", "new/a.csv"),
    "the job in an output": ("clip.mp4", "--davis", "new", "--job", "new/job"),
    "the job as an output": ("clip.mp4", "--davis", "new", "--job", "new"),
    "an output in the job": ("clip.mp4", "--csv", "new/a.csv", "--job", "new"),
    "the job in place of files": ("clip.mp4", "--csv", "a.csv", "--job", "frames"),
    "the job in place of a file": ("clip.mp4", "--csv", "a.csv", "--job", "box.txt"),
    "the usual job in place of files": ("clip.mp4", "--csv", "foreign"),
    "masks in place of files": ("clip.mp4", "--masks", "foreign.job"),
    "frames in place of files": ("clip.mp4", "-o", "foreign.job/"),
}  # fmt: skip


def contents(folder: Path) -> dict[Path, bytes | None]:
    return {each: each.read_bytes() if each.is_file() else None for each in folder.rglob("*")}


@pytest.fixture
def files(track: Track, clip: Path, tmp_path: Path) -> Path:
    """A folder of everything that could be destroyed."""
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "other.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "soft.mp4").symlink_to("clip.mp4")
    (tmp_path / "hard.mp4").hardlink_to(tmp_path / "clip.mp4")
    (tmp_path / "frames" / "deep").mkdir(parents=True)
    for number, frame in enumerate(colored_video(3)):
        Image.fromarray(frame).save(tmp_path / "frames" / f"{number}.png")
        Image.fromarray(frame).save(tmp_path / "frames" / "deep" / f"{number}.png")
    (tmp_path / "list.txt").write_text("frames/0.png\nframes/1.png\n")
    (tmp_path / "box.txt").write_text("4,4,14,14\n")
    mask = Image.new("L", (64, 48))
    mask.paste(255, (4, 4, 18, 18))
    mask.save(tmp_path / "mask.png")
    (tmp_path / "foreign.job").mkdir()
    (tmp_path / "foreign.job" / "thesis.txt").write_text("years of work")
    return tmp_path


@pytest.mark.parametrize("case", CLASHES)
def test_what_would_destroy_other_files_is_refused(
    track: Track, files: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.setattr(command.Videos, "track", lambda *_: pytest.fail("it was begun"))
    before = contents(files)
    arguments = [each.replace("CWD", str(files)) for each in CLASHES[case]]
    assert track(*arguments, "--box=2@0:4,4,14,14", "--overwrite") == 2
    assert contents(files) == before


FINE: dict[str, tuple[str, ...]] = {
    "images beside a video": ("clip.mp4", "-o", "%06d.png"),
    "a video beside images": ("frames", "-o", "frames/out.mp4"),
    "masks in the folder of images": ("frames", "--davis", "frames/masks"),
    "in the same folder": ("clip.mp4", "--csv", "a.csv", "--mot", "a.txt", "--job", "a"),
}


@pytest.mark.parametrize("case", FINE)
def test_what_destroys_nothing_is_done(track: Track, files: Path, case: str) -> None:
    before = contents(files)
    assert track(*FINE[case], "--box=2@0:4,4,14,14", "--frames", 2) == 0
    assert contents(files).items() >= before.items()


def test_a_job_is_deleted_without_files_of_others(track: Track, files: Path) -> None:
    assert track("clip.mp4", box("red"), "--csv", "a.csv", "--frames", 2, "--job", "kept") == 0
    (files / "kept" / "notes.txt").write_text("mine")
    assert (
        track("clip.mp4", box("red"), "--csv", "b.csv", "--frames", 2, "--job", "kept") == 2
    )  # it holds a run
    assert track("clip.mp4", box("red"), "--csv", "kept.csv", "--job", "kept", "--overwrite") == 0
    assert (files / "kept" / "notes.txt").read_text() == "mine"


def test_a_job_of_another_process_is_not_deleted(track: Track, files: Path) -> None:
    arguments = ("clip.mp4", box("red"), "--csv", "a.csv", "--job", "kept")
    assert track(*arguments) == 0
    from samurai.jobs.folder import LOCK, taken
    from samurai.runtime.locking import locked

    folder = files / "kept"
    with locked(folder / LOCK, lambda holder: taken(folder, holder)):
        before = contents(files)
        assert track(*arguments, "--overwrite") == 2
        assert contents(files) == before


def test_going_on_without_a_run_replaces_nothing(track: Track, files: Path) -> None:
    arguments = ("clip.mp4", box("red"), "--csv", "a.csv", "--frames", 2)
    assert track(*arguments) == 0
    before = contents(files)
    assert track(*arguments, "--resume") == 2
    assert track("clip.mp4", "--csv", "new.csv", "--resume") == 2  # neither a run nor a prompt
    assert contents(files) == before


def test_finished_videos_are_left_as_they_are(
    track: Track, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "out").mkdir()
    (files / "out" / "clip.csv").write_text("finished")
    begun = list[str]()
    monkeypatch.setattr(command.Videos, "track", lambda _, plan: begun.append(plan.name))
    arguments = ("clip.mp4", "other.mp4", box("red"), "--csv", "out")
    assert track(*arguments, "--resume") == 0
    assert begun == ["other"]


@pytest.mark.slow
def test_several_videos_go_on_with_the_one_that_was_stopped(
    track: Track, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from track.test_track import stopped_after

    write_video(files / "short.mp4", colored_video(4))
    arguments = ("short.mp4", "clip.mp4", "other.mp4", box("red"), "--csv", "out")
    with monkeypatch.context() as patched:
        stopped_after(patched, 9, 2)
        assert track(*arguments) == 130
    done = files / "out" / "short.csv"
    before = done.stat().st_mtime_ns
    assert track(*arguments, "--resume") == 0
    assert done.stat().st_mtime_ns == before
    assert (files / "out" / "clip.csv").read_bytes() == (files / "out" / "other.csv").read_bytes()
    assert sorted(each.name for each in (files / "out").iterdir()) == [
        "clip.csv", "other.csv", "short.csv",
    ]  # fmt: skip


def test_going_on_has_the_frames_of_the_run(track: Track, files: Path) -> None:
    kept = ("clip.mp4", box("red"), "--frames", 6, "--job", "kept")
    assert track(*kept, "--csv", "a.csv") == 0
    for other in (("--end", 9), ("--stride", 2), ("--direction", "both"), ("--start", 1)):
        assert track("clip.mp4", *other, "--job", "kept", "--csv", "b.csv", "--resume") == 2
    assert track("clip.mp4", "--job", "kept", "--csv", "b.csv", "--resume") == 0
    assert track(*kept, "--csv", "c.csv", "--resume") == 0
    assert (files / "a.csv").read_bytes() == (files / "b.csv").read_bytes()


def test_a_run_writes_beside_its_images_and_goes_on(
    track: Track, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from track.test_track import stopped_after

    arguments = ("frames", "--box=2@0:4,4,14,14", "-o", "frames/out.mp4", "--csv", "frames/a.csv")
    with monkeypatch.context() as patched:
        stopped_after(patched, 1, 2)
        assert track(*arguments) == 130
    assert track(*arguments, "--resume") == 0
    assert len((files / "frames" / "a.csv").read_text().splitlines()) == 4


def test_too_many_objects_are_refused_before_they_are_tracked(
    track: Track, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Job, "run", lambda *_, **__: pytest.fail("it was tracked"))
    many = [f"--box={number}@20:4,4,14,14" for number in range(1, 1001)]
    before = contents(files)
    for export, count in (("--davis", 256), ("--mots", 1000), ("--vot-file", 2)):
        assert track("clip.mp4", *many[:count], export, "new") == 2
    assert contents(files) == before
