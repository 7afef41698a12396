"""`samurai workspace --from`: what becomes of every layout, and of its irregularities."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from importing.conftest import HEIGHT, WIDTH, Command, Images, boxes, lines, picture, read

from vot_wrapper.preflight.sequence import read_facts


def properties(sequence: Path) -> dict[str, str]:
    found = dict(line.split("=", 1) for line in read(sequence / "sequence"))
    facts = read_facts(sequence, sequence.name)
    assert facts is not None and facts.findings == []  # the toolkit reads it without a complaint
    return found


def loaded(file: Path) -> np.ndarray:
    pixels = cv2.imread(str(file))
    assert pixels is not None
    return pixels


def test_images_with_truth(workspace: Command, images: Images, tmp_path: Path) -> None:
    """Separators differ, NaN and empty boxes are absences, a lone 0 isn't annotated."""
    source = images(tmp_path / "my clip é", "shot_%d.JPG", range(9, 19))
    rows = boxes()
    rows[1] = rows[1].replace(",", "\t")
    rows[2] = rows[2].replace(",", " ")
    rows[3], rows[4], rows[5] = "NaN,NaN,NaN,NaN", "0,0,0,0", "0"
    (source / "groundtruth.txt").write_text(lines(*rows, ""))
    code, printed = workspace(tmp_path / "new", "--from", source)
    assert code == 0, printed
    sequence = tmp_path / "new" / "sequences" / "my-clip"
    assert read(sequence.parent / "list.txt") == ["my-clip"]
    assert properties(sequence) == {
        "channels.color": "color/%08d.jpg",
        "fps": "30",
        "format": "default",
        "name": "my-clip",
        "width": str(WIDTH),
        "height": str(HEIGHT),
        "length": "10",
    }
    truth = boxes()
    truth[3] = truth[4] = "0,0,0,0"
    truth[5] = "0"
    assert read(sequence / "groundtruth.txt") == truth
    links = sorted((sequence / "color").iterdir())
    assert [link.name for link in links] == [f"{n:08d}.jpg" for n in range(1, 11)]
    assert [link.resolve().name for link in links] == [f"shot_{n}.JPG" for n in range(9, 19)]


def test_numbered_images_are_linked_as_a_folder(
    workspace: Command, images: Images, tmp_path: Path
) -> None:
    source = images(tmp_path / "clip", "%05d.png")
    (source / "groundtruth.txt").write_text(lines(*boxes()))
    assert workspace(tmp_path / "new", "--from", source)[0] == 0
    sequence = tmp_path / "new" / "sequences" / "clip"
    assert (sequence / "color").is_symlink()
    assert properties(sequence)["channels.color"] == "color/%05d.png"
    assert workspace(tmp_path / "copied", "--from", source, "--copy", "--fps", "12")[0] == 0
    copied = tmp_path / "copied" / "sequences" / "clip"
    assert not any(path.is_symlink() for path in copied.rglob("*"))
    assert properties(copied)["channels.color"] == "color/%08d.png"
    assert properties(copied)["fps"] == "12"


def test_other_image_formats_become_png(workspace: Command, images: Images, tmp_path: Path) -> None:
    source = images(images(tmp_path / "clip", "%02d.bmp", range(1, 6)), "%02d.jpg", range(6, 8))
    assert workspace(tmp_path / "new", "--from", source, "--box", "5,10,10,10")[0] == 0
    files = sorted((tmp_path / "new" / "sequences" / "clip" / "color").iterdir())
    assert [file.suffix for file in files] == [".png"] * 7
    assert np.array_equal(loaded(files[2]), picture(3))


def test_a_video(workspace: Command, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    video = tmp_path / "films" / "a film.avi"
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(video), codec, 12.5, (WIDTH, HEIGHT))
    for number in range(1, 11):
        writer.write(picture(number))
    writer.release()
    code, printed = workspace(tmp_path / "new", "--from", video, "--box", "5,10,10,10")
    assert code == 0 and "no scores: a-film has no ground truth" in printed
    sequence = tmp_path / "new" / "sequences" / "a-film"
    assert properties(sequence)["fps"] == "12" and properties(sequence)["length"] == "10"
    assert read(sequence / "groundtruth.txt") == ["5,10,10,10"]
    frame = loaded(sequence / "color" / "00000004.jpg")
    assert abs(frame.astype(int) - picture(4)).mean() < 8

    video.with_suffix(".txt").write_text(lines(*boxes(7)))  # of the first frames alone
    code, printed = workspace(tmp_path / "scored", "--from", tmp_path / "films")
    assert code == 0 and "runs from anchors" in printed
    assert properties(tmp_path / "scored" / "sequences" / "a-film")["length"] == "7"


def test_lasot(workspace: Command, images: Images, tmp_path: Path) -> None:
    """Two levels of folders, coordinates from 1, and absences in files of their own."""
    root = tmp_path / "LaSOT"
    for name in ("bird-2", "bird-10"):
        images(root / "bird" / name / "img", "%08d.jpg")
        folder = root / "bird" / name
        (folder / "groundtruth.txt").write_text(lines(*boxes(offset=1)))
        (folder / "full_occlusion.txt").write_text("0,0,1,0,0,0,0,0,0,0")
        (folder / "out_of_view.txt").write_text("0,0,0,1,0,0,0,0,0,0\n")
        (folder / "nlp.txt").write_text("a bird")
    code, printed = workspace(tmp_path / "new", "--from", root)
    assert code == 0, printed
    data = tmp_path / "new" / "sequences"
    assert read(data / "list.txt") == ["bird-2", "bird-10"]
    truth = boxes()
    truth[2] = truth[3] = "0,0,0,0"
    assert read(data / "bird-2" / "groundtruth.txt") == truth
    assert properties(data / "bird-10")["fps"] == "30"


def test_got10k(workspace: Command, images: Images, tmp_path: Path) -> None:
    folder = images(tmp_path / "val" / "GOT-10k_Val_000001", "%08d.jpg")
    (tmp_path / "val" / "list.txt").write_text("GOT-10k_Val_000001\n")
    (folder / "groundtruth.txt").write_text(lines(*boxes(offset=1)))
    (folder / "absence.label").write_text(lines(*[0] * 9, 1))
    (folder / "cover.label").write_text(lines(*[8] * 8, 0, 0))
    (folder / "meta_info.ini").write_text("[METAINFO]\nurl: x\nanno_fps: 10Hz\n")
    assert workspace(tmp_path / "new", "--from", tmp_path / "val")[0] == 0
    sequence = tmp_path / "new" / "sequences" / folder.name
    assert read(sequence / "groundtruth.txt") == [*boxes(8), "0,0,0,0", "0,0,0,0"]
    assert properties(sequence)["fps"] == "10"


def test_otb(workspace: Command, images: Images, tmp_path: Path) -> None:
    """Ranges of frames, and two targets in one folder."""
    images(tmp_path / "otb" / "David" / "img", "%04d.jpg", range(297, 310))
    (tmp_path / "otb" / "David" / "groundtruth_rect.txt").write_text(lines(*boxes(offset=1)))
    for name in ("Jogging", "Human4"):
        images(tmp_path / "otb" / name / "img", "%04d.jpg")
        for target in (1, 2):
            file = tmp_path / "otb" / name / f"groundtruth_rect.{target}.txt"
            file.write_text(lines(*boxes(offset=target)))
    code, printed = workspace(tmp_path / "new", "--from", tmp_path / "otb")
    assert code == 0, printed
    data = tmp_path / "new" / "sequences"
    assert read(data / "list.txt") == ["David", "Human4", "Jogging-1", "Jogging-2"]
    first = min((data / "David" / "color").iterdir())
    assert first.name == "00000001.jpg" and first.resolve().name == "0300.jpg"
    assert read(data / "Human4" / "groundtruth.txt") == boxes(offset=1)
    assert read(data / "Jogging-1" / "groundtruth.txt") == boxes()


def test_a_name_of_otb_alone_cuts_nothing(
    workspace: Command, images: Images, tmp_path: Path
) -> None:
    """OTB's Diving ends with image 215, and has 215 rows."""
    images(tmp_path / "otb" / "Diving" / "img", "%04d.jpg", range(210, 220))
    (tmp_path / "otb" / "Diving" / "groundtruth_rect.txt").write_text(lines(*boxes(offset=1)))
    assert workspace(tmp_path / "new", "--from", tmp_path / "otb")[0] == 0
    assert properties(tmp_path / "new" / "sequences" / "Diving")["length"] == "10"


def test_vot_is_taken_as_it_is(workspace: Command, images: Images, tmp_path: Path) -> None:
    """With all its files; `sequence` and anchors are added where they are missing."""
    first, second = tmp_path / "set" / "first", tmp_path / "set" / "second"
    for folder in (first, second):
        images(folder / "color", "%08d.jpg")
        (folder / "groundtruth.txt").write_text(lines(*boxes()))
    metadata = "channels.color=color/%08d.jpg\nfps=7\nformat=default\nname=first\n"
    (first / "sequence").write_text(metadata)
    (first / "anchor.value").write_text("0\n1\n")
    (first / "occlusion.tag").write_text("0\n1\n")
    code, printed = workspace(tmp_path / "new", "--from", tmp_path / "set")
    assert code == 0, printed
    data = tmp_path / "new" / "sequences"
    for name in ("sequence", "anchor.value", "occlusion.tag", "groundtruth.txt"):
        assert (data / "first" / name).read_bytes() == (first / name).read_bytes()
    assert (data / "first" / "color").resolve() == first / "color"
    assert read(data / "second" / "anchor.value") == ["1", *"00000000", "-1"]
    assert properties(data / "second")["length"] == "10"
    assert workspace(tmp_path / "faster", "--from", tmp_path / "set", "--fps", "50")[0] == 0
    for name in ("first", "second"):
        assert properties(tmp_path / "faster" / "sequences" / name)["fps"] == "50"


def test_several_objects_and_late_ones(workspace: Command, images: Images, tmp_path: Path) -> None:
    """Frames before the first object are left out; a late object isn't annotated until then."""
    source = images(tmp_path / "two", "%08d.jpg")
    (source / "groundtruth_cup.txt").write_text(lines("nan,nan,nan,nan", *boxes()[1:]))
    (source / "groundtruth_pen.txt").write_text(lines(*["0,0,0,0"] * 4, *boxes()[4:]))
    code, printed = workspace(tmp_path / "new", "--from", source)
    assert code == 0 and "several objects at once, boxes" in printed
    assert "starts in frame 2: nothing is annotated before" in printed
    sequence = tmp_path / "new" / "sequences" / "two"
    assert read(sequence / "groundtruth_cup.txt") == boxes()[1:]
    assert read(sequence / "groundtruth_pen.txt") == [*["0"] * 3, *boxes()[4:]]
    assert properties(sequence)["length"] == "9"
    assert not (sequence / "anchor.value").exists()
    first = min((sequence / "color").iterdir())
    assert first.resolve().name == "00000002.jpg"


@pytest.mark.parametrize("count", [7, 13])
def test_rows_and_images_that_differ_are_told(
    workspace: Command, images: Images, tmp_path: Path, count: int
) -> None:
    source = images(tmp_path / "clip", "%08d.jpg")
    (source / "groundtruth.txt").write_text(lines(*boxes(count)))
    code, printed = workspace(tmp_path / "new", "--from", source)
    assert code == 0 and f"{count} rows of ground truth for 10 frames" in printed
    assert properties(tmp_path / "new" / "sequences" / "clip")["length"] == str(min(10, count))


def test_equal_names_get_those_of_their_folders(
    workspace: Command, images: Images, tmp_path: Path
) -> None:
    for camera in ("left", "right"):
        source = images(tmp_path / "cameras" / camera / "clip", "%08d.jpg")
        (source / "groundtruth.txt").write_text(lines(*boxes()))
    assert workspace(tmp_path / "new", "--from", tmp_path / "cameras")[0] == 0
    names = read(tmp_path / "new" / "sequences" / "list.txt")
    assert names == ["left-clip", "right-clip"]


def test_sequences_of_one_name_are_told_apart_by_the_folders_around_them(
    workspace: Command, images: Images, tmp_path: Path
) -> None:
    """As far out as it takes."""
    for split in ("train", "test"):
        source = images(tmp_path / split / "bird" / "1", "%08d.jpg")
        (source / "groundtruth.txt").write_text(lines(*boxes()))
    source = images(tmp_path / "test" / "cat" / "2", "%08d.jpg")
    (source / "groundtruth.txt").write_text(lines(*boxes()))
    code, printed = workspace(tmp_path / "new", "--from", tmp_path / "train", tmp_path / "test")
    assert code == 0, printed
    listed = read(tmp_path / "new" / "sequences" / "list.txt")
    assert listed == ["train-bird-1", "test-bird-1", "2"]
