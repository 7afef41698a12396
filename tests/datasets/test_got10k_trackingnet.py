"""GOT-10k's and TrackingNet's layouts, and truth that only a server has."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets.conftest import box_sequences, boxes, images, numbered, read, write

from samurai.datasets.lists import rows
from samurai.errors import DatasetError


def got10k(root: Path, split: str, numbers: range = range(1, 181)) -> Path:
    names = [f"GOT-10k_{split.capitalize()}_{number:06d}" for number in numbers]
    for name in names:
        folder = images(root / split / name, numbered(4))
        write(folder / "groundtruth.txt", *[f"{row}.0000" for row in boxes(4)])
        info = ["[METAINFO]", "anno_fps: 10Hz", "resolution: (1920, 1080)"]
        write(folder / "meta_info.ini", *info)
        if split == "val":
            write(folder / "cover.label", 8, 3, 0, 1)
            write(folder / "absence.label", 0, 0, 0, 1)
        else:
            write(folder / "groundtruth.txt", boxes(1)[0])
    write(root / split / "list.txt", *names)
    return root


def test_got10k_val(tmp_path: Path) -> None:
    for place in (tmp_path / "full", tmp_path / "full" / "val"):
        reading = read("got10k-val", got10k(tmp_path / "full", "val") and place)
        assert len(reading.sequences) == 180 and not reading.missing and not reading.notes
    found = box_sequences(reading)
    first = found["GOT-10k_Val_000001"]
    assert first.visible is not None and first.visible.tolist() == [True, True, False, True]
    assert (first.size, first.fps, first.first_pixel, first.frames) == ((1920, 1080), 10, 1, 4)
    assert [path.name for path in first.images] == numbered(4)
    changing = [name for name, each in found.items() if each.notes]
    assert changing == ["GOT-10k_Val_000136", "GOT-10k_Val_000137"]


def test_got10k_test_has_the_first_rows_only(tmp_path: Path) -> None:
    got10k(tmp_path, "val", range(1, 3))
    got10k(tmp_path, "test")
    reading = read("got10k-test", tmp_path / "val")  # a folder too low
    assert reading.root == tmp_path and len(reading.sequences) == 180
    first = box_sequences(reading)["GOT-10k_Test_000001"]
    assert len(first.truth) == 1 and first.frames == 4 and not first.notes


def test_got10k_what_is_missing(tmp_path: Path) -> None:
    got10k(tmp_path, "val")
    (tmp_path / "val" / "list.txt").unlink()  # then the official names count
    folder = tmp_path / "val"
    for file in (folder / "GOT-10k_Val_000002").iterdir():
        file.unlink()
    (folder / "GOT-10k_Val_000002").rmdir()
    (folder / "GOT-10k_Val_000003" / "groundtruth.txt").unlink()
    write(folder / "GOT-10k_Val_000004" / "groundtruth.txt", boxes(1)[0])
    for name in ("cover.label", "meta_info.ini"):
        (folder / "GOT-10k_Val_000005" / name).unlink()
    reading = read("got10k-val", tmp_path)
    assert [name[-1] for name in reading.missing] == ["2", "3", "4"]
    assert "one row" in reading.missing["GOT-10k_Val_000004"]
    bare = box_sequences(reading)["GOT-10k_Val_000005"]
    assert bare.visible is None and bare.size is None and len(bare.notes) == 2


def test_got10k_prompt_outside(tmp_path: Path) -> None:
    got10k(tmp_path, "val")
    write(tmp_path / "val" / "GOT-10k_Val_000001" / "groundtruth.txt", "2000,5,9,9", *boxes(3))
    found = box_sequences(read("got10k-val", tmp_path))["GOT-10k_Val_000001"]
    assert "first row" in found.notes[0]


IDS = [name for (name,) in rows("trackingnet")]


@pytest.fixture
def trackingnet(tmp_path: Path) -> Path:
    for name in IDS:
        write(tmp_path / "TEST" / "anno" / f"{name}.txt", "10.5,20,30,40")
        images(tmp_path / "TEST" / "frames" / name, [f"{k}.jpg" for k in range(12)])
    return tmp_path


def test_trackingnet(trackingnet: Path) -> None:
    assert len(IDS) == 511 and any(name.startswith("-") for name in IDS)
    for place in (".", "TEST", "TEST/anno"):
        reading = read("trackingnet", trackingnet / place)
        assert len(reading.sequences) == 511 and not reading.missing
    first = box_sequences(reading)[IDS[0]]
    assert [path.stem for path in first.images] == [str(k) for k in range(12)]
    assert (first.first_pixel, first.frames) == (0, 12)


def test_trackingnet_what_is_missing(trackingnet: Path) -> None:
    (trackingnet / "TEST" / "anno" / f"{IDS[3]}.txt").unlink()
    for file in (trackingnet / "TEST" / "frames" / IDS[5]).iterdir():
        file.unlink()
    write(trackingnet / "TEST" / "anno" / "unknown.txt", "1,2,3,4")
    reading = read("trackingnet", trackingnet)
    assert list(reading.missing) == [IDS[3], IDS[5]]
    assert reading.missing[IDS[3]].endswith(f"{IDS[3]}.txt is missing")
    assert "1 further sequences" in reading.notes[0]
    assert list(read("trackingnet", trackingnet, annotations_only=True).missing) == [IDS[3]]


def test_trackingnet_annotations_with_all_rows(tmp_path: Path) -> None:
    for name in IDS[:4]:
        write(tmp_path / f"{name}.txt", *boxes(5))
    reading = read("trackingnet", tmp_path, annotations_only=True)
    assert len(reading.sequences) == 4 and len(reading.missing) == 507
    assert box_sequences(reading)[IDS[0]].frames == 5
    with pytest.raises(DatasetError, match="no sequence of GOT-10k's test set"):
        read("got10k-test", tmp_path)


def test_trackingnet_other_videos(tmp_path: Path) -> None:
    """The development kit's example is of videos that aren't in the test set."""
    for name in ("-3TIfnTSM6c_2", "a1qoB1eERn0_0"):
        write(tmp_path / "truth" / f"{name}.txt", *boxes(3))
    write(tmp_path / "truth" / "notes.txt", "none")
    for root in (tmp_path, tmp_path / "truth"):
        reading = read("trackingnet", root, annotations_only=True)
        assert set(box_sequences(reading)) == {"-3TIfnTSM6c_2", "a1qoB1eERn0_0"}
        assert reading.notes == (
            "none of these 2 videos is in the list of the test set, which has 511",
        )
