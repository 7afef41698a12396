"""Results of ours and of other tools are found by what sequences are called."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.small_datasets import box_dataset, box_sequence, moving_boxes, write_boxes

from samurai.benchmark.find_results import find_results
from samurai.benchmark.results import as_samurai
from samurai.datasets.lists import rows
from samurai.errors import DatasetError

NAMES = ["Jogging-1", "Jogging-2", "Human4-2", "airplane-1"]
SEQUENCES = [box_sequence(name) for name in NAMES]
SMALL = box_dataset(SEQUENCES)
BOXES = moving_boxes(12, 0)


@pytest.mark.parametrize(
    "names",
    [
        ["Jogging-1", "Jogging-2", "Human4-2", "airplane-1"],
        ["jogging_1", "jogging_2", "human4_2", "airplane_1"],
        ["Jogging.1", "Jogging.2", "Human4.2", "Airplane-1"],
        ["nfs_Jogging-1", "nfs_Jogging-2", "Human4", "nfs_airplane-1"],
    ],
)
def test_names_are_compared_by_letters_and_digits(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        write_boxes(tmp_path / "tracker" / f"{name}.txt", BOXES)
        write_boxes(tmp_path / "tracker" / f"{name}_time.txt", BOXES)
        write_boxes(tmp_path / "tracker" / f"{name}_confidence.txt", BOXES)
    (found,) = find_results(SMALL, NAMES, [tmp_path / "tracker"])
    assert found.tracker == "tracker"
    assert {name: files[0].stem for name, files in found.files.items()} == dict(
        zip(NAMES, names, strict=True)
    )


def test_a_folder_of_repetitions(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write_boxes(tmp_path / "ours" / "airplane-1" / f"airplane-1_{number:03d}.txt", BOXES)
    write_boxes(tmp_path / "ours" / "airplane-1" / "airplane-1_time.txt", BOXES)
    (found,) = find_results(SMALL, NAMES, [tmp_path])
    assert [each.stem[-3:] for each in found.files["airplane-1"]] == ["001", "002", "003"]
    assert len(found.boxes("airplane-1", "as given", 1)) == 3


def test_several_trackers_below_a_folder(tmp_path: Path) -> None:
    for tracker in ("dimp/dimp50_000", "dimp/dimp50_001", "atom/default_000"):
        write_boxes(tmp_path / tracker / "airplane-1.txt", BOXES, "\t")
    found = find_results(SMALL, NAMES, [tmp_path])
    assert [each.tracker for each in found] == ["default_000", "dimp50_000", "dimp50_001"]


def test_equal_names_take_more_of_the_path(tmp_path: Path) -> None:
    for tracker in ("dimp/default_000", "atom/default_000"):
        write_boxes(tmp_path / tracker / "airplane-1.txt", BOXES, " ")
    found = find_results(SMALL, NAMES, [tmp_path / "dimp", tmp_path / "atom"])
    assert [each.tracker for each in found] == ["dimp/default_000", "atom/default_000"]


def test_a_single_target_stands_for_its_folder_only_where_it_is_the_only_one(
    tmp_path: Path,
) -> None:
    for name in ("Jogging", "Human4"):
        write_boxes(tmp_path / "tracker" / f"{name}.txt", BOXES)
    (found,) = find_results(SMALL, NAMES, [tmp_path])
    assert set(found.files) == {"Human4-2"}


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no folder"):
        find_results(SMALL, NAMES, [tmp_path / "nothing"])
    (tmp_path / "other.txt").write_text("1,2,3,4\n")
    with pytest.raises(DatasetError, match=r"no results on Small.*such as Jogging-1\.txt"):
        find_results(SMALL, NAMES, [tmp_path])


def test_results_of_another_data_set_are_recognized(tmp_path: Path) -> None:
    for (name, *_), _ in zip(rows("uav123"), range(5), strict=False):
        write_boxes(tmp_path / f"{name}.txt", BOXES)
    with pytest.raises(DatasetError, match="its names are those of UAV123"):
        find_results(SMALL, NAMES, [tmp_path])


def test_a_few_names_that_two_data_sets_share_are_no_results(tmp_path: Path) -> None:
    """LaSOT's bird-2 and car-2 are OTB100's Bird2 and Car2 to other tools."""
    lasot, otb100 = ([words[0] for words in rows(name)] for name in ("lasot", "otb100"))
    for name in otb100:
        write_boxes(tmp_path / "tracker" / f"{name}.txt", BOXES)
        write_boxes(tmp_path / "tracker" / f"{name}_time.txt", BOXES)
    message = r"has results of \d of 280 .* and 9\d others: Basketball.* those of OTB100\. Remedy"
    with pytest.raises(DatasetError, match=message):
        find_results(SMALL, lasot, [tmp_path])
    for name in lasot:  # pytracking has all data sets in one folder
        write_boxes(tmp_path / "tracker" / f"{name}.txt", BOXES)
    for names in (lasot, otb100):
        (found,) = find_results(SMALL, names, [tmp_path])
        assert set(found.files) == set(names)


def test_a_run_of_a_few_sequences_counts(tmp_path: Path) -> None:
    lasot = [words[0] for words in rows("lasot")]
    write_boxes(tmp_path / f"{lasot[0]}.txt", BOXES)
    write_boxes(tmp_path / f"{lasot[0]}_time.txt", BOXES)
    (found,) = find_results(SMALL, lasot, [tmp_path])
    assert set(found.files) == {lasot[0]}


def test_a_folder_per_sequence(tmp_path: Path) -> None:
    for name in ("airplane-1", "Jogging-2"):
        write_boxes(tmp_path / "tracker" / name / f"{name}.txt", BOXES)
    (found,) = find_results(SMALL, NAMES, [tmp_path])
    assert found.tracker == "tracker"
    assert set(found.files) == {"airplane-1", "Jogging-2"}


def test_two_results_of_a_sequence(tmp_path: Path) -> None:
    for name in ("Human4", "human4_2", "human4-2"):
        write_boxes(tmp_path / f"{name}.txt", BOXES)
        (found,) = find_results(SMALL, NAMES, [tmp_path])
        assert found.files["Human4-2"][0].stem == name
    write_boxes(tmp_path / "Human4-2.csv", BOXES)
    with pytest.raises(DatasetError, match=r"two results of Human4-2: .*Remedy: keep one"):
        find_results(SMALL, NAMES, [tmp_path])


def test_own_results_have_two_conventions(tmp_path: Path) -> None:
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    for folder in (own, foreign):
        write_boxes(folder / "airplane-1.txt", BOXES)
    (own / "run.json").write_text(json.dumps({"box": "pixels", "first_pixel": 1}))
    ours, theirs = find_results(SMALL, NAMES, [own, foreign])
    assert ours.conventions == ("pixels", "samurai")
    assert theirs.conventions == ("as given",)
    (own / "run.json").write_text("{")
    with pytest.raises(DatasetError, match=r"run\.json can't be read"):
        find_results(SMALL, NAMES, [own])


def test_boxes_as_samurai_writes_them() -> None:
    pixels = np.array([[11, 21, 30, 40], [0, 0, 0, 0], [1, 1, 1, 5], [3.6, 4.6, 10.8, 10.8]])
    assert as_samurai(pixels, 1).tolist() == [
        [10, 20, 29, 39],
        [0, 0, 0, 0],
        [0, 0, 0, 4],
        [2, 3, 9, 9],
    ]
    assert as_samurai(pixels, 0)[0].tolist() == [11, 21, 29, 39]


@pytest.mark.parametrize("name", ["uav123", "trackingnet", "lasot", "otb100"])
def test_no_two_sequences_share_a_file(tmp_path: Path, name: str) -> None:
    """UAV123's car1_1 and car11 have the same letters and digits."""
    names = [words[0] for words in rows(name)]
    for each in names:
        write_boxes(tmp_path / f"{each}.txt", BOXES)
    (found,) = find_results(SMALL, names, [tmp_path])
    assert {each: files[0].stem for each, files in found.files.items()} == {n: n for n in names}
