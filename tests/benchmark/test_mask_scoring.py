"""J and F of results in files: labels of all objects, or a file per object."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles.small_datasets import dataset, mask_sequence, squares, write_labels

from samurai.benchmark.scoring import score
from samurai.datasets.base import MaskObject, MaskSequence
from samurai.errors import DatasetError
from samurai.evaluation import object_score, segmentation_summary

FRAMES = 6


def answers(folder: Path, numbers: tuple[int, ...] = (1, 2), shift: int = 3) -> Path:
    """Labels that are off by some pixels."""
    for frame, labels in enumerate(squares(FRAMES, numbers, shift)):
        write_labels(folder / "video" / f"{frame:05d}.png", labels)
    return folder


def test_labels_of_all_objects(tmp_path: Path) -> None:
    truth = squares(FRAMES, (1, 2))
    sequence = mask_sequence(tmp_path / "truth", "video", truth)
    small = dataset("mask", [sequence], ["davis"])
    (found,) = score(small, [sequence], [answers(tmp_path / "tracker")])
    moved = squares(FRAMES, (1, 2), 3)
    alone = [
        object_score((a == number, t == number) for a, t in zip(moved, truth, strict=True))
        for number in (1, 2)
    ]
    mean = segmentation_summary(alone)
    assert found.values["jf"] == mean.jf
    assert found.values["j_decay"] == mean.j_decay
    assert list(found.sequences[0].objects) == [1, 2]
    assert found.sequences[0].objects[2]["j"] == segmentation_summary(alone[1:]).j
    assert found.sequences[0].frames == FRAMES - 2


def test_a_file_per_object_may_start_late_and_overlap(tmp_path: Path) -> None:
    truth = squares(FRAMES, (1, 2))
    for each in truth[:2]:
        each[each == 2] = 0  # the second object appears in frame 2
    sequence = mask_sequence(tmp_path / "truth", "video", truth, per_object=True)
    assert sequence.objects[1].start == 2
    folder = tmp_path / "tracker"
    for frame, each in enumerate(truth):
        for number in (1, 2):
            mask = (each == number).astype(np.uint8) * 255
            write_labels(folder / "video" / f"{number:03d}" / f"{frame:05d}.png", mask)
    small = dataset("mask", [sequence], ["sav"])
    (found,) = score(small, [sequence], [folder])
    assert found.values == {"jf": 100, "j": 100, "f": 100}
    assert found.sequences[0].frames == FRAMES - 2


def test_the_first_and_the_last_annotated_frame_need_no_answer(tmp_path: Path) -> None:
    sequence = mask_sequence(tmp_path / "truth", "video", squares(FRAMES, (1,)))
    folder = answers(tmp_path / "tracker", (1,), 0)
    for frame in (0, FRAMES - 1):
        (folder / "video" / f"{frame:05d}.png").unlink()
    (found,) = score(dataset("mask", [sequence], ["davis"]), [sequence], [folder])
    assert found.values["jf"] == 100


def test_a_single_object_is_whatever_is_not_background(tmp_path: Path) -> None:
    truth = mask_sequence(tmp_path / "truth", "video", squares(FRAMES, (1,)))
    (item,) = truth.objects
    single = MaskSequence("video", (), (MaskObject(1, item.masks),), truth.stems)
    folder = tmp_path / "tracker"
    for frame, labels in enumerate(squares(FRAMES, (1,))):
        write_labels(folder / "video" / f"{frame:05d}.png", np.asarray(labels * 255, np.uint8))
    (found,) = score(dataset("mask", [single], ["davis"]), [single], [folder])
    assert found.values["jf"] == 100


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("missing", r"00002\.png is missing. Remedy: run the sequence again"),
        ("damaged", r"00002\.png can't be read as an image"),
        ("size", r"mask 00002 has 30x20 pixels, the truth 60x40"),
        ("objects", r"00002\.png has an object 7, and the first frame of video 2"),
    ],
)
def test_what_cannot_be_scored_is_named(tmp_path: Path, fault: str, message: str) -> None:
    sequence = mask_sequence(tmp_path / "truth", "video", squares(FRAMES, (1, 2)))
    folder = answers(tmp_path / "tracker")
    file = folder / "video" / "00002.png"
    if fault == "missing":
        file.unlink()
    elif fault == "damaged":
        file.write_bytes(b"no image")
    elif fault == "size":
        write_labels(file, np.zeros((20, 30), np.uint8))
    else:
        write_labels(file, squares(1, (1, 7))[0])
    with pytest.raises(DatasetError, match=message):
        score(dataset("mask", [sequence], ["davis"]), [sequence], [folder])
