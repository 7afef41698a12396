"""DAVIS's and SA-V's layouts: lists, palettes, objects that start late."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets.conftest import images, mask, mask_sequences, numbered, read, write

from samurai.datasets.lists import rows
from samurai.errors import DatasetError

NAMES = [name for (name,) in rows("davis2017-val")]


def labels(*values: int) -> np.ndarray:
    """A mask with a row per object; the last row is background."""
    picture = np.zeros((len(values) + 1, 4), np.uint8)
    picture[:-1] = np.array(values, np.uint8)[:, None]
    return picture


def davis(root: Path, name: str, count: int = 3) -> None:
    images(root / "JPEGImages" / "480p" / name, numbered(count, 5, 0))
    for number in range(count):
        mask(root / "Annotations" / "480p" / name / f"{number:05d}.png", labels(1, 2, 255))


@pytest.mark.parametrize("place", [".", "..", "Annotations"])
def test_davis_2017(tmp_path: Path, place: str) -> None:
    root = tmp_path / "DAVIS"
    for name in NAMES:
        davis(root, name)
    davis(root, "bear")  # of the training set
    write(root / "ImageSets" / "2017" / "val.txt", *NAMES)
    reading = read("davis2017-val", root / place)
    assert reading.root.resolve() == root and not reading.notes
    assert [each.name for each in reading.sequences] == NAMES and not reading.missing
    first = mask_sequences(reading)[NAMES[0]]
    assert [(each.number, each.value, each.start) for each in first.objects] == [
        (1, 1, 0),
        (2, 2, 0),
    ]
    assert first.stems == ("00000", "00001", "00002") and first.asked is None
    assert len(first.images) == 3 and first.objects[0].masks[2].name == "00002.png"


def test_davis_2017_objects_are_those_of_the_first_frame(tmp_path: Path) -> None:
    davis(tmp_path, "dog")
    mask(tmp_path / "Annotations" / "480p" / "dog" / "00001.png", labels(1, 2, 3))
    found = mask_sequences(read("davis2017-val", tmp_path))["dog"]
    assert [each.number for each in found.objects] == [1, 2]


def test_davis_what_is_missing(tmp_path: Path) -> None:
    for name in NAMES[:6]:
        davis(tmp_path, name)
    for file in (tmp_path / "JPEGImages" / "480p" / NAMES[0]).iterdir():
        file.unlink()
    masks = tmp_path / "Annotations" / "480p"
    (masks / NAMES[1] / "00000.png").unlink()
    (masks / NAMES[2] / "00000.png").write_bytes(b"no picture")
    mask(masks / NAMES[3] / "00000.png", labels(0, 255))
    (masks / NAMES[4] / "00002.png").unlink()
    reading = read("davis2017-val", tmp_path)
    assert reading.missing[NAMES[0]].endswith("holds no images")
    assert "no mask of the first frame" in reading.missing[NAMES[1]]
    assert "can't be read as an image" in reading.missing[NAMES[2]]
    assert "has no object" in reading.missing[NAMES[3]]
    found = mask_sequences(reading)
    assert list(found) == NAMES[4:6] and found[NAMES[4]].notes == ("2 of 3 frames have masks",)
    assert len(reading.missing) == 28


@pytest.mark.parametrize("file", ["480p/val.txt", "2016/val.txt"])
def test_davis_2016_has_one_object(tmp_path: Path, file: str) -> None:
    davis(tmp_path, "dog")
    line = "/JPEGImages/480p/dog/00000.jpg /Annotations/480p/dog/00000.png"
    write(tmp_path / "ImageSets" / file, *([line, line] if "480p" in file else ["dog"]))
    reading = read("davis2016-val", tmp_path)
    (dog,) = mask_sequences(reading).values()
    assert [(each.number, each.value) for each in dog.objects] == [(1, None)]
    assert "names 1 sequences, not the official 20" in reading.notes[0]
    (tmp_path / "ImageSets" / "2017").mkdir()
    assert any("masks are those of DAVIS 2017" in n for n in read("davis2016-val", tmp_path).notes)


def test_davis_a_folder_of_masks(tmp_path: Path) -> None:
    for name in ("dog", "parkour"):
        mask(tmp_path / "annos" / name / "00000.png", labels(1))
        mask(tmp_path / "annos" / name / "00001.png", labels(1))
    reading = read("davis2016-val", tmp_path, annotations_only=True)
    assert list(mask_sequences(reading)) == ["dog", "parkour"] and len(reading.missing) == 18
    assert mask_sequences(reading)["dog"].stems == ("00000", "00001")
    with pytest.raises(DatasetError, match="no sequence of SA-V's val set"):
        read("sav-val", tmp_path)


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    """Two videos of nine frames; the second object of the first one starts in frame 4, after an
    empty mask."""
    root = tmp_path / "sav_val"
    for video in ("sav_000001", "sav_000010"):
        images(root / "JPEGImages_24fps" / video, numbered(9, 5, 0))
        for thing in ("000", "001"):
            for frame in (0, 4, 8):
                late = video == "sav_000001" and thing == "001" and frame == 0
                file = root / "Annotations_6fps" / video / thing / f"{frame:05d}.png"
                mask(file, labels(0 if late else 255))
    write(root / "sav_val.txt", "sav_000001", "sav_000010", "sav_000011")
    return root


def test_sav(sav: Path) -> None:
    reading = read("sav-val", sav.parent)
    assert reading.root == sav
    assert reading.missing["sav_000011"].endswith("sav_000011 is missing")
    assert "3 videos are named here, and the official set has 155" in reading.notes[0]
    found = mask_sequences(reading)["sav_000001"]
    assert found.frames == 9 and found.asked == (0, 4, 8)
    assert [(each.number, each.start, each.value) for each in found.objects] == [
        (0, 0, None),
        (1, 4, None),
    ]
    assert list(found.objects[1].masks) == [0, 4, 8]  # all of them are scored
    with pytest.raises(DatasetError, match="no sequence of SA-V's test set"):
        read("sav-test", sav)


def test_sav_without_images_or_list(sav: Path) -> None:
    (sav / "sav_val.txt").unlink()
    for file in (sav / "JPEGImages_24fps" / "sav_000010").iterdir():
        file.unlink()
    reading = read("sav-val", sav)
    assert list(reading.missing) == ["sav_000010"]
    alone = mask_sequences(read("sav-val", sav, annotations_only=True))["sav_000010"]
    assert alone.frames == 9 and alone.stems[4] == "00004" and alone.asked == (0, 4, 8)


def test_sav_masks_that_are_all_empty(sav: Path) -> None:
    for frame in (0, 4, 8):
        mask(sav / "Annotations_6fps" / "sav_000010" / "000" / f"{frame:05d}.png", labels(0))
    assert "are empty" in read("sav-val", sav).missing["sav_000010"]
