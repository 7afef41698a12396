"""Archives are what servers take: complete, flat or in folders, with the rows of the data set."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracles.small_datasets import (
    box_dataset,
    box_sequence,
    dataset,
    mask_sequence,
    near,
    squares,
    write_boxes,
    write_labels,
)

from samurai.benchmark.find_results import find_results
from samurai.benchmark.packing import check, pack
from samurai.benchmark.results import TrackerResults
from samurai.benchmark.scoring import score
from samurai.errors import DatasetError, StorageError

WHOLE = [box_sequence(name, 9 + seed, seed) for seed, name in enumerate(["-a_0", "b_1"])]
HIDDEN = [  # a server has the truth but for the first row
    replace(
        each,
        truth=each.truth[:1],
        images=tuple(Path(f"{number}.jpg") for number in range(len(each.truth))),
    )
    for each in WHOLE
]
TRACKINGNET = box_dataset(HIDDEN, ("trackingnet",), "trackingnet")
GOT10K = box_dataset(HIDDEN, ("got10k",), "got10k")


def results(folder: Path) -> TrackerResults:
    for seed, each in enumerate(WHOLE):
        write_boxes(folder / f"{each.name}.txt", near(each.truth, seed))
        times = np.full((len(each.truth), 2), 0.25)
        write_boxes(folder / f"{each.name}_time.txt", times)
    (folder / "run.json").write_text(json.dumps({"box": "pixels"}))
    (found,) = find_results(TRACKINGNET, [each.name for each in HIDDEN], [folder])
    return found


def test_trackingnet_is_flat(tmp_path: Path) -> None:
    archive = tmp_path / "t.zip"
    assert pack(TRACKINGNET, HIDDEN, results(tmp_path / "ours"), archive, "pixels") == 2
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["-a_0.txt", "b_1.txt"]
        lines = opened.read("-a_0.txt").decode().splitlines()
    assert len(lines) == HIDDEN[0].frames
    assert lines[0] == ",".join(f"{value:.2f}" for value in HIDDEN[0].truth[0])


def test_got10k_has_a_folder_and_times_per_sequence(tmp_path: Path) -> None:
    archive = tmp_path / "g.zip"
    pack(GOT10K, HIDDEN, results(tmp_path / "ours"), archive, "samurai")
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [
            "-a_0/-a_0_001.txt",
            "-a_0/-a_0_time.txt",
            "b_1/b_1_001.txt",
            "b_1/b_1_time.txt",
        ]
        boxes = opened.read("b_1/b_1_001.txt").decode().splitlines()
        times = opened.read("b_1/b_1_time.txt").decode().splitlines()
    assert times == ["0.25000000"] * HIDDEN[1].frames
    expected = near(WHOLE[1].truth, 1)[3] - [1, 1, 1, 1]
    assert [float(value) for value in boxes[3].split(",")] == expected.tolist()
    assert boxes[0] == ",".join(f"{value:.3f}" for value in HIDDEN[1].truth[0])


def test_the_first_row_is_the_given_box_whatever_mask_it_became(tmp_path: Path) -> None:
    found = results(tmp_path / "ours")
    boxes = near(WHOLE[1].truth, 1).astype(float)
    boxes[0] += [5, 5, -9, -9]
    write_boxes(tmp_path / "ours" / "b_1.txt", boxes)
    pack(TRACKINGNET, HIDDEN, found, tmp_path / "t.zip", "pixels")
    with zipfile.ZipFile(tmp_path / "t.zip") as opened:
        first = opened.read("b_1.txt").decode().splitlines()[0]
    assert [float(value) for value in first.split(",")] == WHOLE[1].truth[0].tolist()


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    found = results(tmp_path / "ours")
    for name in ("one.zip", "two.zip"):
        pack(GOT10K, HIDDEN, found, tmp_path / name, "pixels")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_unpacked_results_score_the_same(tmp_path: Path) -> None:
    found = results(tmp_path / "ours")
    whole = box_dataset(WHOLE, ("lasot",))
    pack(GOT10K, HIDDEN, found, tmp_path / "g.zip", "pixels")
    with zipfile.ZipFile(tmp_path / "g.zip") as opened:
        opened.extractall(tmp_path / "unpacked")
    before = score(whole, WHOLE, [tmp_path / "ours"], box="pixels")[0]
    after = score(whole, WHOLE, [tmp_path / "unpacked"])[0]
    assert after.values == before.values


def test_davis_has_a_picture_per_frame(tmp_path: Path) -> None:
    sequence = mask_sequence(tmp_path / "truth", "video", squares(4, (1, 2)))
    small = dataset("mask", [sequence], ["davis"], "davis")
    for frame, labels in enumerate(squares(4, (1, 2), 2)):
        write_labels(tmp_path / "ours" / "video" / f"{frame:05d}.png", labels)
    (found,) = find_results(small, ["video"], [tmp_path / "ours"])
    archive = tmp_path / "d.zip"
    assert pack(small, [sequence], found, archive, "as given") == 4
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [f"video/{frame:05d}.png" for frame in range(4)]
    (tmp_path / "ours" / "video" / "00002.png").unlink()
    with pytest.raises(DatasetError, match=r"00002\.png is missing"):
        pack(small, [sequence], found, archive, "as given")


def test_a_missing_sequence_leaves_no_archive(tmp_path: Path) -> None:
    found = results(tmp_path / "ours")
    (tmp_path / "ours" / "b_1.txt").unlink()
    (found,) = find_results(TRACKINGNET, ["-a_0", "b_1"], [found.folder])
    with pytest.raises(DatasetError, match=r"no results of b_1\. Remedy: run them"):
        pack(TRACKINGNET, HIDDEN, found, tmp_path / "t.zip", "pixels")
    assert not list(tmp_path.glob("t.zip*"))


def test_a_place_where_nobody_may_write_is_named(tmp_path: Path) -> None:
    found = results(tmp_path / "ours")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"can't write .*t\.zip.*: name a place where you may"):
        pack(TRACKINGNET, HIDDEN, found, tmp_path / "file" / "t.zip", "pixels")
    assert pack(TRACKINGNET, HIDDEN, found, tmp_path / "new" / "t.zip", "pixels") == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("short", r"b_1\.txt has 9 rows, and the sequence 10 frames"),
        ("nan", r"b_1\.txt has no number in row 4"),
        ("negative", r"b_1\.txt has a negative size in row 4"),
        ("start", r"b_1\.txt doesn't begin with the given box"),
    ],
)
def test_what_a_server_refuses_is_refused_here(tmp_path: Path, rows: str, message: str) -> None:
    found = results(tmp_path / "ours")
    boxes = near(WHOLE[1].truth, 1).astype(float)
    if rows == "short":
        boxes = boxes[:-1]
    elif rows == "start":  # another tool's: ours are known to have begun with it
        boxes[0, 0] += 9
        (found.folder / "run.json").unlink()
        (found,) = find_results(TRACKINGNET, ["-a_0", "b_1"], [found.folder])
    else:
        boxes[3, 2] = np.nan if rows == "nan" else -1
    write_boxes(tmp_path / "ours" / "b_1.txt", boxes)
    with pytest.raises(DatasetError, match=message):
        pack(TRACKINGNET, HIDDEN, found, tmp_path / "t.zip", "pixels")
    assert not list(tmp_path.glob("t.zip*"))


def test_an_archive_of_others_is_checked(tmp_path: Path) -> None:
    archive = tmp_path / "t.zip"
    pack(TRACKINGNET, HIDDEN, results(tmp_path / "ours"), archive, "pixels")
    assert check(TRACKINGNET, HIDDEN, archive) == []
    with zipfile.ZipFile(archive) as opened:
        content = {name: opened.read(name) for name in opened.namelist()}
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("results/-a_0.txt", content["-a_0.txt"])
        written.writestr("b_1.txt", content["b_1.txt"].replace(b",", b" "))
    assert check(TRACKINGNET, HIDDEN, archive) == [
        f"{archive} lacks -a_0.txt",
        f"{archive}: b_1.txt has no commas between numbers, which servers ask for",
        f"{archive} has files that the server doesn't know: results/-a_0.txt",
    ]
    with zipfile.ZipFile(archive, "w") as written:
        for name, each in content.items():
            written.writestr(f"results/{name}", each)
    assert check(TRACKINGNET, HIDDEN, archive) == [
        f"{archive} has everything in a folder results: zip what is in it instead"
    ]
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("readme.txt", "")
    assert check(TRACKINGNET, HIDDEN, archive) == [
        f"{archive} lacks -a_0.txt, b_1.txt",
        f"{archive} has files that the server doesn't know: readme.txt",
    ]
    archive.write_bytes(b"no archive")
    (fault,) = check(TRACKINGNET, HIDDEN, archive)
    assert "can't be read as an archive" in fault
