"""A real video with the bundled model: an object is lost, and a correction gives the rest back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.agreement import overlap
from oracles.array_source import ArraySource

from samurai import Mask, Tracker
from samurai.jobs import Job
from samurai.video.images import read_frame
from samurai.video.prompts.base import ObjectPrompt

pytest.importorskip("vot.region.io", reason="reads the true masks")

SEQUENCE = Path(__file__).parents[2] / "vot_workspace" / "hard" / "sequences" / "absence-car"
LOST = 120


def true_masks(size: tuple[int, int]) -> list[NDArray[np.bool_]]:
    from vot.region.io import read_trajectory

    masks = []
    for region in read_trajectory(str(SEQUENCE / "groundtruth.txt")):
        mask = np.zeros(size, np.bool_)
        x, y = region.offset
        part = np.asarray(region.mask, np.bool_)[: size[0] - y, : size[1] - x]
        mask[y : y + part.shape[0], x : x + part.shape[1]] = part
        masks.append(mask)
    return masks


@pytest.mark.slow
def test_a_correction_gives_a_lost_object_back(tmp_path: Path, one_thread: None) -> None:
    frames = [read_frame(str(file)) for file in sorted((SEQUENCE / "color").iterdir())]
    truth = true_masks((frames[0].shape[0], frames[0].shape[1]))
    tracker, source = Tracker.load("nano", device="cpu"), ArraySource(frames)

    def later(job: Job) -> float:
        after = [r for r in job.results() if r.index > LOST]
        return float(np.mean([overlap(r.answers[0].mask, truth[r.index]) for r in after]))

    first_prompt = ObjectPrompt("car", 0, Mask(truth[0]))
    with Job.create(tmp_path / "j", source, tracker, [first_prompt]) as job:
        assert job.run()
        before, first = later(job), [r.answers[0].mask for r in job.results()][:LOST]
        source.given.clear()
        job.prompt(ObjectPrompt("car", LOST, Mask(truth[LOST])))
    with Job.open(tmp_path / "j", source, tracker) as job:
        assert job.run()
        assert min(source.given) >= LOST - 8
        again = [r.answers[0].mask for r in job.results()][:LOST]
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert before < 0.1  # seen: 0
        assert later(job) > 0.5  # seen: 0.78
