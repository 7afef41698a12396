"""LaSOT's layouts: classes or none, the toolkit's annotations, lists of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from datasets.conftest import box_sequences, boxes, images, numbered, read, write

from samurai.datasets.lists import rows
from samurai.errors import DatasetError

NAMES = [name for (name,) in rows("lasot")]


def sequence(folder: Path, count: int = 3, pictures: int | None = None) -> Path:
    """A sequence's folder, with the object away in the second frame and hidden in the third."""
    write(folder / "groundtruth.txt", *boxes(count))
    write(folder / "full_occlusion.txt", ",".join("001"[:count]))
    write(folder / "out_of_view.txt", ",".join("010"[:count]))
    write(folder / "nlp.txt", "a bird")
    images(folder / "img", numbered(count if pictures is None else pictures))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Everything but images of cup, and without the class bird."""
    for name in NAMES:
        kind = name.rpartition("-")[0]
        if kind != "bird":
            sequence(tmp_path / "LaSOT" / kind / name, pictures=0 if kind == "cup" else None)
    return tmp_path / "LaSOT"


def test_classes_and_what_is_missing(root: Path) -> None:
    sequence(root / "airplane" / "airplane-2")  # of the training set
    reading = read("lasot", root)
    assert reading.root == root
    assert len(reading.sequences) == 280 - 8
    birds = [name for name in NAMES if name.startswith("bird-")]
    cups = [name for name in NAMES if name.startswith("cup-")]
    assert list(reading.missing) == sorted(birds + cups, key=NAMES.index)
    assert "class's folder bird" in reading.missing[birds[0]]
    assert reading.missing[cups[0]].endswith("img holds no images")
    assert any("1 further sequences" in note and "airplane-2" in note for note in reading.notes)
    first = box_sequences(reading)["airplane-1"]
    assert [path.name for path in first.images] == numbered(3)
    assert first.truth.tolist()[2] == [12, 20, 30, 40]
    assert first.visible is not None and first.visible.tolist() == [True, False, False]
    assert (first.first_pixel, first.fps, first.frames, first.notes) == (1, 30, 3, ())
    assert set(read("lasot", root, annotations_only=True).missing) == set(birds)


@pytest.mark.parametrize("place", ["..", "airplane", "."])
def test_a_root_too_high_or_too_low_is_found(root: Path, place: str) -> None:
    reading = read("lasot", root / place)
    assert reading.root.resolve() == root
    assert len(reading.sequences) == 280 - 8


def test_without_folders_of_classes(tmp_path: Path) -> None:
    for name in NAMES:
        sequence(tmp_path / name)
    reading = read("lasot", tmp_path)
    assert [each.name for each in reading.sequences] == NAMES and not reading.missing


def test_two_copies_of_a_sequence(root: Path) -> None:
    sequence(root / "airplane-1", count=2)
    found = box_sequences(read("lasot", root))["airplane-1"]
    assert found.frames == 3
    assert "airplane/airplane-1 counts, and not its copy" in found.notes[0]


def test_numbers_of_images_and_rows(root: Path) -> None:
    images(root / "airplane" / "airplane-15" / "img", ["00000004.jpg"])
    (root / "bus" / "bus-2" / "img" / "00000003.jpg").unlink()
    found = box_sequences(read("lasot", root))
    more, fewer = found["airplane-15"], found["bus-2"]
    assert more.frames == 3 and "4 images and 3 rows" in more.notes[0]
    assert fewer.frames == 2 and "2 images and 3 rows" in fewer.notes[0]


@pytest.mark.parametrize("first", ["NaN,NaN,NaN,NaN", "0,0,0,0", "5,5,-3,9", "-90,1,20,20"])
def test_a_prompt_that_is_no_box_is_a_note(root: Path, first: str) -> None:
    file = root / "airplane" / "airplane-1" / "groundtruth.txt"
    write(file, first, *boxes(2))
    found = box_sequences(read("lasot", root))["airplane-1"]
    assert "first row" in found.notes[0] and len(found.truth) == 3


def test_files_that_are_damaged_or_missing(root: Path) -> None:
    folder = root / "airplane"
    write(folder / "airplane-1" / "groundtruth.txt", "1,2,3,4", "1,2,3")
    (folder / "airplane-9" / "groundtruth.txt").unlink()
    write(folder / "airplane-13" / "out_of_view.txt", "0,0")
    for name in ("full_occlusion.txt", "out_of_view.txt"):
        (folder / "airplane-15" / name).unlink()
    reading = read("lasot", root)
    assert "line 2: 3 numbers" in reading.missing["airplane-1"]
    assert "Remedy" not in reading.missing["airplane-1"]
    assert reading.missing["airplane-9"].endswith("groundtruth.txt is missing")
    found = box_sequences(reading)
    assert "2 flags of visibility for 3 rows" in found["airplane-13"].notes[0]
    assert found["airplane-15"].visible is None
    assert any("1 sequences have no flags" in note for note in reading.notes)


def toolkit(folder: Path, names: list[str]) -> Path:
    """LaSOT's toolkit: `annos` of the whole data set."""
    for name in names:
        write(folder / f"{name}.txt", *boxes(3))
        write(folder / "absent" / f"{name}.txt", 0, 1, 0)
        write(folder / "att" / f"{name}.txt", "0,1,0,0,0,0,0,0,0,0,0,0,0,1")
    return folder


@pytest.mark.parametrize("place", ["toolkit", "toolkit/annos"])
def test_annotations_of_the_toolkit_suffice(tmp_path: Path, place: str) -> None:
    toolkit(tmp_path / "toolkit" / "annos", [*NAMES, "airplane-2"])
    write(tmp_path / "toolkit" / "sequence_evaluation_config" / "testing_set.txt", *NAMES)
    reading = read("lasot", tmp_path / place, annotations_only=True)
    assert len(reading.sequences) == 280 and not reading.missing
    first = box_sequences(reading)["airplane-1"]
    assert first.visible is not None and first.visible.tolist() == [True, False, True]
    assert first.attributes == ("POC", "ARC") and first.images == () and first.frames == 3
    with_images = read("lasot", tmp_path / place)
    assert len(with_images.missing) == 280
    assert with_images.missing["airplane-1"] == "it has no images"


def test_annotations_beside_the_sequences_count(root: Path) -> None:
    write(toolkit(root / "annos", ["airplane-1"]) / "airplane-1.txt", *boxes(3, start=50))
    found = box_sequences(read("lasot", root))["airplane-1"]
    assert found.truth[0, 0] == 50 and len(found.images) == 3


def test_a_list_beside_the_sequences(tmp_path: Path) -> None:
    sequence(tmp_path / "own" / "own-1")
    write(tmp_path / "testing_set.txt", "own-1", "own-2", "", "own-1")
    reading = read("lasot", tmp_path)
    assert list(box_sequences(reading)) == ["own-1"] and list(reading.missing) == ["own-2"]
    assert "names 2 sequences, not the official 280" in reading.notes[0]


def test_the_extension_is_another_data_set(root: Path, tmp_path: Path) -> None:
    write(root / "testing_set.txt", *NAMES)
    with pytest.raises(DatasetError, match=r"no sequence of LaSOText .*Remedy"):
        read("lasot-ext", root)
    extension = tmp_path / "ext"
    for (name,) in rows("lasot-ext"):
        sequence(extension / name.rpartition("-")[0] / name)
    reading = read("lasot-ext", extension)
    assert len(reading.sequences) == 150 and not reading.missing


def test_a_root_that_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    for folder, words in (("empty", "holds inner, and no sequence"), ("none", "doesn't exist")):
        with pytest.raises(DatasetError, match=f"{words}.*LaSOT.*Remedy|{words}.*Remedy.*LaSOT"):
            read("lasot", tmp_path / folder)
    write(tmp_path / "file")
    with pytest.raises(DatasetError, match="is no folder"):
        read("lasot", tmp_path / "file")


def test_a_neighbor_that_cannot_be_read_is_passed_over(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.parent / "lost+found").mkdir()
    whole = os.listdir

    def refuse(folder: Path) -> list[str]:
        if "lost+found" in str(folder):
            raise PermissionError(13, "Permission denied")
        return whole(folder)

    monkeypatch.setattr(os, "listdir", refuse)
    assert len(read("lasot", root.parent).sequences) == 280 - 8
    with pytest.raises(DatasetError, match=r"Permission denied\). Remedy: allow reading it"):
        read("lasot", root.parent / "lost+found")


def test_several_folders_that_could_be_it(tmp_path: Path) -> None:
    for folder in ("truth", "results"):
        for name in NAMES:
            write(tmp_path / folder / f"{name}.txt", *boxes(2))
    with pytest.raises(DatasetError, match=r"several folders .*results, truth. Remedy"):
        read("lasot", tmp_path, annotations_only=True)
    (tmp_path / "truth").rename(tmp_path / "annos")
    assert read("lasot", tmp_path, annotations_only=True).root == tmp_path
