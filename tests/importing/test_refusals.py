"""`samurai workspace --from`: what can't be read is named with its remedy, and nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from importing.conftest import Command, Images, boxes, lines, picture, read

Break = Callable[[Path], object]


def cut_short(folder: Path) -> None:
    file = folder / "img" / "00000005.jpg"
    file.write_bytes(file.read_bytes()[:300])


def resize(folder: Path) -> None:
    cv2.imwrite(str(folder / "img" / "00000005.jpg"), picture(5, (30, 30)))


BROKEN: dict[str, tuple[Break, list[str]]] = {
    "a word": (
        lambda folder: (folder / "groundtruth.txt").write_text(lines(*boxes(4), "left,top,1,1")),
        ["groundtruth.txt:5", "'left,top,1,1' is not a region", "write x,y,width,height"],
    ),
    "outside": (  # of larger images, perhaps
        lambda folder: (folder / "groundtruth.txt").write_text(lines(*["600,40,30,20"] * 10)),
        ["first box (599,39,30,20) lies outside the images of 48 x 36 pixels"],
    ),
    "three numbers": (
        lambda folder: (folder / "groundtruth.txt").write_text("1,2,3\n"),
        ["groundtruth.txt:1", "3 numbers are not a region"],
    ),
    "no row": (
        lambda folder: (folder / "groundtruth.txt").write_text("\n"),
        ["groundtruth.txt: it is empty"],
    ),
    "never there": (
        lambda folder: (folder / "groundtruth.txt").write_text(lines(*["nan,nan,nan,nan"] * 10)),
        ["has no region in any frame", "annotate the frame in which it appears"],
    ),
    "labels": (
        lambda folder: (folder / "out_of_view.txt").write_text("0,x,1"),
        ["out_of_view.txt", "restore it from the data set"],
    ),
    "damaged image": (cut_short, ["00000005.jpg", "damaged or cut short", "restore the file"]),
    "a lost image": (  # rows after it would be of other frames
        lambda folder: (folder / "img" / "00000005.jpg").unlink(),
        ["1 number missing between 00000001.jpg and 00000010.jpg", "restore these images"],
    ),
    "another size": (resize, ["00000005.jpg", "30 x 30 pixels", "one size"]),
}


def without_images(folder: Path) -> None:
    for file in (folder / "img").iterdir():
        file.unlink()


def with_masks(folder: Path) -> None:
    for number in (1, 2):
        cv2.imwrite(str(folder / "img" / f"{number:08d}.png"), picture(number))


BROKEN["frames and masks"] = (
    with_masks,
    ["img holds 00000001.jpg and 00000001.png", "leave only the frames"],
)
BROKEN["no images"] = (without_images, ["img holds no images", "restore them"])


@pytest.fixture
def lasot(images: Images, tmp_path: Path) -> Path:
    """Two sequences in LaSOT's layout."""
    for name in ("good-1", "good-2"):
        folder = tmp_path / "lasot" / name
        images(folder / "img", "%08d.jpg")
        (folder / "groundtruth.txt").write_text(lines(*boxes()))
    return tmp_path / "lasot"


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken(workspace: Command, lasot: Path, tmp_path: Path, name: str) -> None:
    damage, words = BROKEN[name]
    damage(lasot / "good-1")
    before = sorted(tmp_path.iterdir())
    code, printed = workspace(tmp_path / "new", "--from", lasot)
    assert code == 2 and "Traceback" not in printed
    assert all(word in printed for word in [*words, "Remedy", "--skip"]), printed
    assert sorted(tmp_path.iterdir()) == before
    code, printed = workspace(tmp_path / "new", "--from", lasot, "--skip")
    assert code == 0 and "left out: " in printed
    assert read(tmp_path / "new" / "sequences" / "list.txt") == ["good-2"]
    folders = [path.name for path in (tmp_path / "new" / "sequences").iterdir() if path.is_dir()]
    assert folders == ["good-2"]


def test_all_problems_at_once(workspace: Command, lasot: Path, tmp_path: Path) -> None:
    for name in ("good-1", "good-2"):
        (lasot / name / "groundtruth.txt").write_text("1,2,3\n")
    code, printed = workspace(tmp_path / "new", "--from", lasot)
    assert code == 2 and "2 sequences can't be used" in printed
    assert "good-1/groundtruth.txt:1" in printed and "good-2/groundtruth.txt:1" in printed
    code, printed = workspace(tmp_path / "new", "--from", lasot, "--skip")
    assert code == 2 and "no sequence is left" in printed
    assert not (tmp_path / "new").exists()


def test_no_region_to_start_from(workspace: Command, images: Images, tmp_path: Path) -> None:
    source = images(tmp_path / "clip", "%03d.png")
    code, printed = workspace(tmp_path / "new", "--from", source)
    assert code == 2 and "--box X,Y,WIDTH,HEIGHT" in printed
    assert str(source / "groundtruth.txt") in printed
    for box in ("1,2,3", "1,2,0,4", "a,b,c,d", "m1,1,2,2,0,4", "48,2,3,3", "9,-5,3,5"):
        code, printed = workspace(tmp_path / "new", "--from", source, "--box", box)
        assert code == 2 and "box" in printed and "Remedy" in printed
        assert "--skip" not in printed  # nothing would be left
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]
    assert workspace(tmp_path / "new", "--from", source, "--box", "5 10 10 10")[0] == 0


def test_what_is_missing_is_not_passed_over(
    workspace: Command, lasot: Path, tmp_path: Path
) -> None:
    (lasot / "good-1" / "img").rename(tmp_path / "elsewhere")
    code, printed = workspace(tmp_path / "new", "--from", lasot)
    assert code == 2 and "good-1 has ground truth and no images" in printed
    (lasot / "list.txt").write_text("good-2\ngood-3\n")
    code, printed = workspace(tmp_path / "new", "--from", lasot)
    assert code == 2 and "names good-3, which isn't in" in printed and "Remedy" in printed
    assert not (tmp_path / "new").exists()


def test_a_box_is_for_one_source_without_truth(
    workspace: Command, lasot: Path, tmp_path: Path
) -> None:
    box = ("--box", "5,10,10,10")
    code, printed = workspace(tmp_path / "new", "--from", lasot, *box)
    assert code == 2 and "there are 2" in printed
    code, printed = workspace(tmp_path / "new", "--from", lasot / "good-1", *box)
    assert code == 2 and "has ground truth" in printed


def test_a_source_that_is_named_twice(workspace: Command, lasot: Path, tmp_path: Path) -> None:
    code, printed = workspace(tmp_path / "new", "--from", lasot / "good-1", lasot / "good-1")
    assert code == 2 and "two sequences would be called good-1, one of them from" in printed
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("rate", ["0", "-2", "x", "2.5"])
def test_a_rate_that_is_none(
    workspace: Command, lasot: Path, capsys: pytest.CaptureFixture[str], rate: str
) -> None:
    with pytest.raises(SystemExit):
        workspace(lasot.parent / "new", "--from", lasot, f"--fps={rate}")
    assert "--fps: " in capsys.readouterr().err


def test_a_file_that_is_no_video(workspace: Command, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"not a film" * 100)
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    source = tmp_path / "film.mp4"
    code, printed = workspace(tmp_path / "new", "--from", source, "--box", "1,1,5,5")
    assert code == 2 and "OpenCV can't open the video" in printed and "ffmpeg" in printed
    for source, words in (
        (tmp_path / "notes.pdf", "no sequences"),
        (tmp_path / "x", "there is no"),
    ):
        code, printed = workspace(tmp_path / "new", "--from", source)
        assert code == 2 and words in printed and "Remedy" in printed
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something(workspace: Command, lasot: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "notes.txt").write_text("mine")
    code, printed = workspace(new, "--from", lasot)
    assert code == 2 and "isn't empty" in printed
    assert [path.name for path in new.iterdir()] == ["notes.txt"]


def test_a_full_disk_leaves_nothing(
    workspace: Command, lasot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vot_wrapper.importing.frames.shutil.copyfile", full)
    code, printed = workspace(tmp_path / "new", "--from", lasot, "--copy")
    assert code == 2 and "No space left on device" in printed and "Remedy: free space" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["lasot"]


def test_options_of_own_sequences_need_some(workspace: Command, tmp_path: Path) -> None:
    code, printed = workspace(tmp_path / "new", "--copy")
    assert code == 2 and "--from SOURCE" in printed
    assert not (tmp_path / "new").exists()


def test_only_named_sequences(workspace: Command, lasot: Path, tmp_path: Path) -> None:
    code, printed = workspace(tmp_path / "new", "--from", lasot, "--sequences", "good-2,bad")
    assert code == 2 and "no sequence bad. Available: good-1, good-2" in printed
    assert workspace(tmp_path / "new", "--from", lasot, "--sequences", "good-2")[0] == 0
    assert read(tmp_path / "new" / "sequences" / "list.txt") == ["good-2"]
