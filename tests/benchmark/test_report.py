"""From files of results to the report: what is missing, notes, files, pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.made_scores import make_dataset, make_score
from oracles.small_datasets import box_dataset, box_sequence, near, write_boxes
from PIL import Image

from samurai.benchmark.find_results import find_results
from samurai.benchmark.moment_sources import moments_of
from samurai.benchmark.report import MOST_NOTES, ReportFiles, show
from samurai.benchmark.scoring import score
from samurai.datasets.base import BoxSequence, Reading


def with_images(folder: Path, sequence: BoxSequence) -> BoxSequence:
    """A sequence whose frames are gray pictures."""
    images = []
    for frame in range(sequence.frames):
        file = folder / f"{sequence.name}-{frame}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((200, 240, 3), 100, np.uint8)).save(file)
        images.append(file)
    return replace(sequence, images=tuple(images))


def test_from_files_of_results_to_all_files(tmp_path: Path) -> None:
    sequences = [
        with_images(tmp_path / "images", box_sequence(name, seed=place))
        for place, name in enumerate(("a", "b", "c", "d", "e", "f"))
    ]
    for tracker, spread in (("good", 3), ("bad", 60)):
        for place, each in enumerate(sequences):
            file = tmp_path / "results" / tracker / f"{each.name}.txt"
            write_boxes(file, near(each.truth, place, spread))
    dataset = box_dataset(sequences)
    folders = [tmp_path / "results" / "good", tmp_path / "results" / "bad"]
    scores = score(dataset, sequences, folders)
    results = find_results(dataset, [each.name for each in sequences], folders)
    files = ReportFiles(*(tmp_path / "out" / f"scores.{end}" for end in ("j", "c", "t", "h")))
    printed: list[str] = []
    reading = Reading(tmp_path, sequences)
    moments = moments_of(sequences, results)
    show(dataset, scores, reading, files, moments=moments, out=printed.append)

    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        *("scores.c", "scores.h", "scores.j", "scores.t"),
    ]
    assert files.json is not None and files.page is not None and files.csv is not None
    found = json.loads(files.json.read_text(encoding="utf-8"))
    assert found["box"] == "as given" and list(found["trackers"]) == ["good", "bad"]
    for scored in scores:
        assert found["trackers"][scored.tracker]["auc"] == scored.values["auc"]
    gap = found["trackers"]["good"]["differences"]["bad"]
    assert gap["mean"] == pytest.approx(scores[0].values["auc"] - scores[1].values["auc"])
    assert gap["low"] < gap["mean"] < gap["high"]
    assert len(files.csv.read_text(encoding="utf-8").splitlines()) == 1 + 2 * 6
    page = files.page.read_text(encoding="utf-8")
    assert page.count("<img ") >= 3 and "good is better" in page
    assert "Box convention as given: boxes as the result files have them." in printed[0]


def test_pictures_count_from_the_first_pixel(tmp_path: Path) -> None:
    sequence = with_images(tmp_path / "images", box_sequence("a", first_pixel=1))
    write_boxes(tmp_path / "x" / "a.txt", sequence.truth)
    results = find_results(box_dataset([sequence]), ["a"], [tmp_path / "x"])
    moments = moments_of([sequence], results)
    assert moments is not None
    boxes = moments.boxes("a")
    assert boxes is not None
    expected = sequence.truth - [1, 1, 0, 0]
    assert np.array_equal(boxes.truth, expected)
    assert np.array_equal(boxes.answers["x"], expected)
    frame = moments.image("a", 3)
    assert frame is not None and frame.shape == (200, 240, 3)
    assert moments.image("a", 99) is None
    sequence.images[3].write_bytes(b"damaged")
    assert moments.image("a", 3) is None
    assert moments.boxes("unknown") is None


def test_without_images_there_are_no_moments(tmp_path: Path) -> None:
    assert moments_of([box_sequence("a")], []) is None


def test_what_the_data_set_lacks_makes_scores_partial() -> None:
    lacking = Reading(Path(), [], {"c": "no images", "a": "scored all the same"}, ("A note.",))
    printed: list[str] = []
    show(make_dataset(), [make_score(missing=("d",))], lacking, out=printed.append)
    lines = printed[0].splitlines()
    assert lines[0] == "LaSOT: 4 sequences, protocol lasot"
    assert "samurai-l: 2 of 4 sequences: not comparable; missing: d and c." in lines
    assert "A note." in lines
    assert not any("difference" in line for line in lines)


def test_many_notes_are_shortened_where_people_look(tmp_path: Path) -> None:
    sequences = [replace(box_sequence(f"s{n}"), notes=(f"Note {n}.",)) for n in range(9)]
    reading = Reading(tmp_path, sequences)
    files = ReportFiles(json=tmp_path / "a.json", page=tmp_path / "a.html")
    printed: list[str] = []
    show(make_dataset(), [make_score()], reading, files, out=printed.append)
    assert MOST_NOTES == 5
    assert "s4: Note 4.\n4 other notes about sequences: --json FILE has all of them." in printed[0]
    assert "s5: Note 5." not in printed[0]
    assert files.json is not None and files.page is not None
    entry = json.loads(files.json.read_text(encoding="utf-8"))["trackers"]["samurai-l"]
    assert entry["notes"] == [f"s{n}: Note {n}." for n in range(9)]
    assert "4 other notes" in files.page.read_text(encoding="utf-8")
    printed.clear()
    show(make_dataset(), [make_score()], Reading(tmp_path, sequences[:6]), out=printed.append)
    assert "s5: Note 5." in printed[0], "one more isn't worth a sentence about it"


def test_sequences_that_count_without_results_are_no_results() -> None:
    """As TrackingNet's server counts them."""
    more: dict[str, Any] = {"protocol": "trackingnet", "box": "as given"}
    score = make_score("x", {"a": 80.0, "b": 0.0}, missing=("b",), values={"auc": 40.0}, **more)
    printed: list[str] = []
    show(make_dataset(published=()), [score], out=printed.append)
    assert "LaSOT: 2 sequences" in printed[0] and "1 of 2" in printed[0]


def test_no_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="no scores"):
        show(make_dataset(), [])
