"""Scores of runs: beside the progress, of smoke runs, and where the truth is on a server."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracles.small_benchmark import box_sequence, dataset, mask_sequence
from oracles.stub_tracker import load_stub

from samurai.benchmark.report import ReportFiles
from samurai.benchmark.run_report import (
    ReportOptions,
    cut,
    is_secret,
    report_runs,
    running_score,
)
from samurai.benchmark.running import Contender, RunOptions, run_tracker
from samurai.config import TrackerConfig
from samurai.datasets.base import AnySequence, BoxSequence, Dataset, MaskSequence, Reading

pytestmark = pytest.mark.usefixtures("plain_environment")

MINE = Contender("mine", TrackerConfig(device="cpu"))


def test_the_score_so_far_is_the_mean_over_what_is_finished(tmp_path: Path) -> None:
    right = box_sequence(tmp_path / "data", "right", frames=5)
    wrong = replace(box_sequence(tmp_path / "data", "wrong", frames=4))
    wrong.truth[1:, 0] += 1000  # the truth is elsewhere, except in the first frame
    data = dataset("toy", [right, wrong])
    options = RunOptions(tmp_path, load=load_stub)
    folder = run_tracker(data, [right, wrong], MINE, options, io.StringIO()).folder
    score = running_score(data)
    assert score([right], folder) == f"AUC {100 * 20 / 21:.1f}"
    assert score([wrong], folder) == f"AUC {100 * 20 / 21 * (1 + 1 / 4) / 2:.1f}"
    pooled = running_score(replace(data, protocols=("got10k",)))
    sized = [replace(each, size=(40, 24)) for each in (right, wrong)]
    assert pooled(sized, folder) == f"AO {100 * 4 / 7:.1f}", "frames count, but the first ones"


def reported(data: Dataset, sequences: list[AnySequence], folder: Path) -> str:
    lines: list[str] = []
    reading = Reading(folder, sequences)
    report_runs(data, reading, sequences, [folder], ReportOptions(), lines.append)
    return "\n".join(lines)


def test_a_secret_truth_has_no_score_but_says_what_is_complete(tmp_path: Path) -> None:
    first = np.array([[3.0, 2, 8, 6]])
    secret = [replace(box_sequence(tmp_path, name), truth=first) for name in ("a", "b")]
    data = replace(dataset("toy", secret), submission="got10k")
    options = RunOptions(tmp_path, load=load_stub)
    folder = run_tracker(data, secret, MINE, options, io.StringIO()).folder
    assert all(is_secret(each) for each in secret)
    assert running_score(data)(secret, folder) == ""
    (folder / "b_time.txt").unlink()
    for images in (secret[0].images, ()):
        shown: list[AnySequence] = [replace(each, images=images) for each in secret]
        text = reported(data, shown, folder)
        assert "the truth isn't public" in text and "mine: 1 of 2 sequences are complete" in text
        assert "`samurai benchmark pack toy RESULTS`" in text


def test_the_report_says_what_the_run_noted(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path / "data", "a")
    sequence.images[3].unlink()
    data = dataset("toy", [sequence])
    options = RunOptions(tmp_path, load=load_stub)
    folder = run_tracker(data, [sequence], MINE, options, io.StringIO()).folder
    assert "a: 1 image can't be read, and the answer before is" in " ".join(
        reported(data, [sequence], folder).split()
    )


def test_a_choice_of_sequences_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    both = [box_sequence(tmp_path / "data", name) for name in ("a", "b")]
    data = dataset("toy", both)
    options = RunOptions(tmp_path, load=load_stub)
    folder = run_tracker(data, both[:1], MINE, options, io.StringIO()).folder
    files = ReportFiles(json=tmp_path / "out.json")
    report_runs(
        *(data, Reading(tmp_path, both), both[:1], [folder]), ReportOptions(files=files), str
    )
    (tracker,) = json.loads((tmp_path / "out.json").read_text())["trackers"].values()
    assert tracker["missing"] == ["b"]


def test_smoke_runs_are_scored_on_their_frames(tmp_path: Path) -> None:
    boxes = box_sequence(tmp_path, "a", frames=5)
    short = cut(replace(boxes, visible=np.ones(5, bool)), 2)
    assert isinstance(short, BoxSequence) and short.visible is not None
    assert (len(short.images), len(short.truth), len(short.visible)) == (2, 2, 2)
    assert cut(boxes, 5) is boxes and cut(boxes, None) is boxes
    masks = replace(mask_sequence(tmp_path, "b", {1: 0, 2: 3}), asked=(0, 2, 4))
    few = cut(masks, 3)
    assert isinstance(few, MaskSequence)
    assert [each.number for each in few.objects] == [1] and few.asked == (0, 2)
    assert few.frames == 3 == len(few.images)
