"""Scores of a data set are those of its protocol, and say what they leave out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracles.small_datasets import box_dataset, box_sequence, near, write_boxes

from samurai.benchmark.box_scoring import score_boxes
from samurai.benchmark.find_results import find_results
from samurai.benchmark.report import NO_FILES
from samurai.benchmark.scoring import chosen_sequences, score, score_and_report
from samurai.datasets.base import BoxSequence
from samurai.errors import ConfigurationError, DatasetError
from samurai.evaluation import LASOT, measures

SEQUENCES = [box_sequence(name, 12 + seed, seed) for seed, name in enumerate("abc")]
SMALL = box_dataset(SEQUENCES)


def results(folder: Path, skip: str = "", rows: int = 100) -> Path:
    for seed, each in enumerate(SEQUENCES):
        if each.name != skip:
            write_boxes(folder / f"{each.name}.txt", near(each.truth, seed)[:rows])
    return folder


def test_means_are_those_of_the_protocol(tmp_path: Path) -> None:
    (found,) = score(SMALL, SEQUENCES, [results(tmp_path / "tracker")])
    alone = [
        measures.score(LASOT, each.truth, near(each.truth, seed))
        for seed, each in enumerate(SEQUENCES)
    ]
    mean = measures.summary(alone)
    assert found.values["auc"] == mean.auc
    assert found.values["precision"] == mean.precision
    assert found.values["normalized_precision"] == mean.normalized_precision
    assert [each.name for each in found.sequences] == ["a", "b", "c"]
    assert [each.values["auc"] for each in found.sequences] == pytest.approx(
        [100 * each.auc for each in alone]
    )
    assert found.curves["success"].shares.tolist() == mean.success.tolist()


def test_missing_sequences_and_rows_are_said(tmp_path: Path) -> None:
    (found,) = score(SMALL, SEQUENCES, [results(tmp_path / "tracker", "b", 13)])
    assert found.missing == ("b",)
    assert len(found.sequences) == 2
    assert found.notes == ("missing rows count as no box: c (13 of 14)",)


def test_extra_rows_are_said(tmp_path: Path) -> None:
    folder = results(tmp_path / "tracker")
    write_boxes(folder / "a.txt", near(box_sequence("a", 20).truth, 0))
    (found,) = score(SMALL, SEQUENCES, [folder])
    assert found.notes == ("rows beyond the truth are left out: a (20 of 12)",)


def test_both_conventions_of_own_results(tmp_path: Path) -> None:
    folder = results(tmp_path / "tracker")
    (folder / "run.json").write_text(json.dumps({"box": "pixels"}))
    pixels, samurai = score(SMALL, SEQUENCES, [folder])
    assert (pixels.box, samurai.box) == ("pixels", "samurai")
    assert pixels.values["auc"] != samurai.values["auc"]
    (only,) = score(SMALL, SEQUENCES, [folder], box="samurai")
    assert only.values == samurai.values


def test_others_results_have_no_convention(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="leave out --box"):
        score(SMALL, SEQUENCES, [results(tmp_path / "tracker")], box="samurai")


def test_an_unknown_protocol(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="choose one of lasot, pytracking"):
        score(SMALL, SEQUENCES, [results(tmp_path / "tracker")], "got10k")


def test_truth_on_a_server(tmp_path: Path) -> None:
    frames = tuple(Path(f"{number}.jpg") for number in range(9))
    secret = BoxSequence("a", frames, SEQUENCES[0].truth[:1], 0)
    hidden = box_dataset([secret], ("got10k",), "got10k")
    with pytest.raises(DatasetError, match="samurai benchmark pack small"):
        score(hidden, [secret], [results(tmp_path / "tracker")])


def test_got10k_pools_frames_and_runs(tmp_path: Path) -> None:
    one, two = SEQUENCES[:2]
    for number in (1, 2):
        file = tmp_path / "tracker" / "a" / f"a_{number:03d}.txt"
        write_boxes(file, near(one.truth, number))
    write_boxes(tmp_path / "tracker" / "b.txt", two.truth)
    small = box_dataset([one, two], ("got10k",))
    (found,) = score(small, [one, two], [tmp_path])
    first, second = found.sequences
    assert (first.frames, second.frames) == (22, 12)
    pooled = (22 * first.values["ao"] + 12 * second.values["ao"]) / 34
    assert found.values["ao"] == pytest.approx(pooled)
    assert found.notes == ("several runs of a sequence are averaged: a (2)",)


def test_trackingnet_counts_missing_files_as_zero_boxes(tmp_path: Path) -> None:
    small = box_dataset(SEQUENCES, ("trackingnet",))
    (found,) = score(small, SEQUENCES, [results(tmp_path / "tracker", "b")])
    assert found.missing == ("b",)
    assert {each.name for each in found.sequences} == {"a", "b", "c"}
    zero = next(each for each in found.sequences if each.name == "b")
    assert zero.values["auc"] < 20
    assert found.values["auc"] == pytest.approx(
        np.mean([each.values["auc"] for each in found.sequences])
    )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = results(tmp_path / "tracker")
    (folder / "b.txt").write_text("1,2,3,4\n1,2,3\n")
    (found,) = find_results(SMALL, list("abc"), [folder])
    with pytest.raises(DatasetError, match=r"b\.txt.*line 2"):
        score_boxes(SMALL, SEQUENCES, found, "lasot", "as given")


def test_a_partial_data_set_is_refused_by_name() -> None:
    small = box_dataset(SEQUENCES, missing={"d": "no images", "e1": "no folder"})
    with pytest.raises(DatasetError, match=r"5 .* expected, 3 .*: d \(no images\), e1 "):
        chosen_sequences(small, small.read(Path(), False))
    assert [each.name for each in chosen_sequences(small, small.read(Path(), False), "[ab]")] == [
        "a",
        "b",
    ]
    assert len(chosen_sequences(small, small.read(Path(), False), partial=True)) == 3
    with pytest.raises(DatasetError, match=r"no sequence below \. fits 'z'"):
        chosen_sequences(small, small.read(Path(), False), "z")


def test_a_root_without_usable_sequences_says_why(tmp_path: Path) -> None:
    nothing = box_dataset([], missing={"d": "d.txt is empty"})
    with pytest.raises(DatasetError, match=r"no sequence .* can be used: d \(d\.txt is empty\)"):
        score_and_report(nothing, tmp_path, [tmp_path], None, None, NO_FILES)


def test_rows_of_images_before_the_first_frame_are_left_out(tmp_path: Path) -> None:
    """As got10k's toolkit has them of OTB's Tiger1: 354 instead of 349."""
    late = replace(SEQUENCES[0], before=5)
    answers = near(late.truth, 3)
    for name, rows in (("all", np.concatenate([np.ones((5, 4)), answers])), ("own", answers)):
        write_boxes(tmp_path / name / f"{late.name}.txt", rows)
    every, own = (
        score_boxes(SMALL, [late], found, "lasot", "as given")
        for found in find_results(SMALL, [late.name], [tmp_path])
    )
    assert every.values == own.values
    assert every.notes == (f"rows of images before the first frame are left out: {late.name}",)
    assert not own.notes


@pytest.mark.parametrize("protocol", ["got10k", "trackingnet"])
def test_a_secret_truth_is_refused_without_images_too(tmp_path: Path, protocol: str) -> None:
    secret = replace(SEQUENCES[0], truth=SEQUENCES[0].truth[:1])
    write_boxes(tmp_path / f"{secret.name}.txt", SEQUENCES[0].truth)
    (found,) = find_results(SMALL, [secret.name], [tmp_path])
    with pytest.raises(DatasetError, match="on the server, which scores"):
        score_boxes(SMALL, [secret], found, protocol, "as given")
