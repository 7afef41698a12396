"""OTB100, UAV123 and NFS: ranges of images, several targets in a folder, layouts of other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets.conftest import box_sequences, boxes, images, numbered, read, write

from samurai.datasets.lists import rows
from samurai.datasets.otb100 import targets
from samurai.errors import DatasetError

SHORT = {"Jogging-1", "Jogging-2", "Human4-2", "Tiger1", "David", "Deer"}
"""Targets that are made; the others are long."""


@pytest.fixture
def otb(tmp_path: Path) -> Path:
    """Some of OTB100, with the departures from its own layout."""
    root = tmp_path / "OTB100"
    for target in targets():
        if target.name in SHORT:
            rows_of_file = (
                target.last if target.name == "Tiger1" else target.last - target.first + 1
            )
            text = boxes(rows_of_file)
            if target.name == "David":
                text = [row.replace(",", "\t") for row in text]
                text[-1] = text[-1].replace("\t", " ")
            write(root / target.folder / target.truth, *text)
            images(root / target.folder / "img", numbered(target.last + 2, digits=4))
    (root / "Human4" / "groundtruth_rect.1.txt").touch()  # as in the data set
    return root


def test_otb100(otb: Path) -> None:
    reading = read("otb100", otb)
    found = box_sequences(reading)
    assert set(found) == SHORT and len(reading.missing) == 100 - len(SHORT)
    assert not any(each.notes for each in found.values())
    tiger, david = found["Tiger1"], found["David"]
    assert tiger.frames == len(tiger.truth) == len(tiger.images) == 349
    assert tiger.images[0].name == "0006.jpg" and tiger.truth[0, 0] == 15
    assert david.frames == 471 and david.images[0].name == "0300.jpg" and david.truth[0, 0] == 10
    assert found["Jogging-1"].images == found["Jogging-2"].images
    assert len(found["Human4-2"].truth) == 667


def test_otb100_spellings_and_other_truths(otb: Path) -> None:
    """SAMURAI's loader has `groundtruth.txt`; folders are in lower case elsewhere."""
    (otb / "Deer").rename(otb / "deer")
    (otb / "deer" / "groundtruth_rect.txt").rename(otb / "deer" / "groundtruth.txt")
    (otb / "Jogging" / "groundtruth_rect.1.txt").unlink()
    reading = read("otb100", otb)
    assert "Deer" in box_sequences(reading)
    assert reading.missing["Jogging-1"].endswith("groundtruth_rect.1.txt is missing")
    assert set(box_sequences(read("otb100", otb.parent))) == SHORT - {"Jogging-1"}


def test_otb100_images_or_rows_that_lack(otb: Path) -> None:
    for file in (otb / "David" / "img").iterdir():
        if int(file.stem) >= 300:
            file.unlink()
    write(otb / "Deer" / "groundtruth_rect.txt", *boxes(70))
    write(otb / "Own" / "groundtruth_rect.txt", *boxes(3))
    reading = read("otb100", otb)
    assert reading.missing["David"].endswith("holds no images 300 to 770")
    deer = box_sequences(reading)["Deer"]
    assert "70 rows of the truth, where the official list has 71 frames" in deer.notes[0]
    assert any("1 further" in note and "Own" in note for note in reading.notes)


def test_otb100_a_folder_of_annotations(tmp_path: Path) -> None:
    names = {"Jogging.1": 307, "jogging_2": 307, "Human4": 667, "tiger1": 349, "deer": 71}
    for name, count in names.items():
        write(tmp_path / f"{name}.txt", *boxes(count))
    reading = read("otb100", tmp_path, annotations_only=True)
    found = box_sequences(reading)
    assert set(found) == SHORT - {"David"} and not any(each.notes for each in found.values())
    assert reading.missing["David"] == "it isn't there"


UAV = {"bird1_1": 253, "bird1_2": 703, "car1_s": 1475}


def uav(anno: Path) -> None:
    for name, count in UAV.items():
        write(anno / f"{name}.txt", *boxes(count - 1), "NaN,NaN,NaN,NaN")


@pytest.mark.parametrize("place", ["", "UAV123"])
def test_uav123(tmp_path: Path, place: str) -> None:
    base = tmp_path / "Dataset_UAV123" / place
    uav(base / "anno" / "UAV123")
    write(base / "anno" / "UAV123" / "att" / "bird1_1.txt", "1,0,0,0,0,0,0,0,0,0,0,1")
    images(base / "data_seq" / "UAV123" / "bird1", numbered(1480, digits=6))
    reading = read("uav123", tmp_path / "Dataset_UAV123")
    found = box_sequences(reading)
    assert set(found) == {"bird1_1", "bird1_2"} and len(reading.missing) == 121
    assert reading.missing["car1_s"].endswith("car1_s holds no images 1 to 1475")
    assert reading.missing["bike1"].endswith("bike1.txt is missing")
    second = found["bird1_2"]
    assert second.images[0].name == "000775.jpg" and second.frames == 703 and not second.notes
    assert np.isnan(second.truth[-1]).all() and second.visible is None
    assert found["bird1_1"].attributes == ("SV", "SOB")
    for only in (True, False):
        assert read("uav123", base / "anno", only).root == base
    assert len(read("uav123", tmp_path / "Dataset_UAV123", annotations_only=True).sequences) == 3


def test_uav123_a_folder_of_annotations(tmp_path: Path) -> None:
    uav(tmp_path / "annos")
    reading = read("uav123", tmp_path, annotations_only=True)
    assert set(box_sequences(reading)) == set(UAV) and reading.root == tmp_path / "annos"
    with pytest.raises(DatasetError, match="no sequence of OTB100"):
        read("otb100", tmp_path, annotations_only=True)


def test_texts_of_another_data_set_with_some_equal_names(tmp_path: Path) -> None:
    """car2 and car4 are in OTB100 and in UAV123."""
    uav_names = [name for name, *_ in rows("uav123")]
    otb_names = [each.name.lower() for each in targets()]
    assert set(uav_names) & set(otb_names)
    for folder, names in (("uav", uav_names), ("otb", otb_names)):
        for name in names:
            write(tmp_path / folder / f"{name}.txt", *boxes(2))
    for name, folder in (("uav123", "otb"), ("otb100", "uav")):
        (tmp_path / "alone" / name).mkdir(parents=True)
        (tmp_path / folder).rename(tmp_path / "alone" / name / folder)
        with pytest.raises(DatasetError, match="and no sequence of"):
            read(name, tmp_path / "alone" / name / folder, annotations_only=True)


def official(root: Path, name: str, count: int, inner: str) -> None:
    """NFS as it is downloaded: the truth at 240 frames per second, as corners."""
    lines = [f'0 {10 + n} 20 {40 + n} 60 {n} 0 0 {n % 8} "my ball"' for n in range(8 * count)]
    write(root / name / "30" / f"{inner}.txt", *lines)
    images(root / name / "30" / inner, numbered(count, digits=5))


def test_nfs_official(tmp_path: Path) -> None:
    official(tmp_path, "airboard_1", 5, "airboard_1")
    official(tmp_path, "dog_2", 4, "dog")
    images(tmp_path / "bird" / "30" / "bird", numbered(3))
    (tmp_path / "dog_2" / "30" / "dog" / "00005.jpg").touch()  # one row fewer than images
    reading = read("nfs30", tmp_path)
    found = box_sequences(reading)
    assert list(found) == ["airboard_1", "dog_2"]
    assert reading.missing["bird"].endswith("bird.txt is missing")
    assert found["airboard_1"].truth.tolist() == [[10 + 8 * n, 20, 30, 40] for n in range(5)]
    assert found["airboard_1"].first_pixel == 0
    assert found["dog_2"].frames == 4 and "5 images and 4 rows" in found["dog_2"].notes[0]
    assert "3 sequences are here, and 100 in the data set" in reading.notes[0]
    annotated = box_sequences(read("nfs30", tmp_path, annotations_only=True))
    assert len(annotated["airboard_1"].truth) == 5


def test_nfs_truth_at_30_frames_per_second_is_not_thinned(tmp_path: Path) -> None:
    official(tmp_path, "ball", 1, "ball")
    images(tmp_path / "ball" / "30" / "ball", numbered(8, digits=5))
    assert len(box_sequences(read("nfs30", tmp_path))["ball"].truth) == 8


def test_nfs_official_with_a_damaged_line(tmp_path: Path) -> None:
    official(tmp_path, "ball", 1, "ball")
    with (tmp_path / "ball" / "30" / "ball.txt").open("a") as file:
        file.write("0 1 2\n")
    assert "line 9: not a line of NFS" in read("nfs30", tmp_path).missing["ball"]


def test_nfs_of_pytracking_and_of_samurai(tmp_path: Path) -> None:
    tabs = [row.replace(",", "\t") for row in boxes(4)]
    write(tmp_path / "py" / "anno" / "nfs_Gymnastics.txt", *tabs)
    images(tmp_path / "py" / "sequences" / "Gymnastics", numbered(4, digits=5))
    images(tmp_path / "py" / "sequences" / "bird", numbered(4, digits=5))
    reading = read("nfs30", tmp_path / "py")
    assert box_sequences(reading)["Gymnastics"].frames == 4 and list(reading.missing) == ["bird"]
    write(tmp_path / "sam" / "Gymnastics" / "30" / "groundtruth.txt", *boxes(4))
    images(tmp_path / "sam" / "Gymnastics" / "30" / "Gymnastics", numbered(4, digits=5))
    found = box_sequences(read("nfs30", tmp_path / "sam"))["Gymnastics"]
    assert found.frames == 4 and found.truth[3].tolist() == [13, 20, 30, 40]
    only = read("nfs30", tmp_path / "py" / "anno", annotations_only=True)
    assert list(box_sequences(only)) == ["Gymnastics"]
