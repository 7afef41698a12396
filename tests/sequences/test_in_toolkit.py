"""The bundled sequences through the real toolkit: reading them, and scoring across absence."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from vot.analysis.multistart import AccuracyRobustness
from vot.dataset import Dataset, Sequence, load_dataset
from vot.experiment.multistart import find_anchors
from vot.region import Mask, Region, Special
from vot.tracker import Trajectory
from vot.tracker.results import Results
from vot.workspace.storage import LocalStorage


@pytest.fixture(scope="session")
def dataset(sequences_folder: Path) -> Dataset:
    """vot_workspace/sequences as the toolkit loads it."""
    return load_dataset(str(sequences_folder))


def test_the_toolkit_sees_the_same_masks_anchors_and_tags(
    dataset: Dataset, committed: dict[str, Any]
) -> None:
    assert [sequence.name for sequence in dataset] == list(committed)
    for sequence in dataset:
        ours = committed[sequence.name]
        count, height, width = ours.masks.shape
        assert len(sequence) == count
        assert sequence.size == (width, height)
        assert sequence.metadata("fps") == 25
        forward, backward = find_anchors(sequence)
        assert forward == np.flatnonzero(ours.anchors > 0).tolist()
        assert backward == np.flatnonzero(ours.anchors < 0).tolist()
        for frame in range(count):
            region = sequence.groundtruth(frame)
            assert isinstance(region, Mask)
            seen = region.rasterize((0, 0, width - 1, height - 1)) > 0
            assert np.array_equal(seen, ours.masks[frame])
            assert region.is_empty() == (not ours.masks[frame].any())
            assert ("occlusion" in sequence.tags(frame)) == ours.occluded[frame]
        picture = sequence.frame(0).channel("color")
        assert picture.shape == (height, width, 3)


def score(sequence: Sequence, folder: Path, answers: list[Region]) -> tuple[float, float]:
    """The toolkit's accuracy and robustness of a tracker with one answer for every frame."""
    results = Results(LocalStorage(str(folder)))
    forward, backward = find_anchors(sequence)
    runs = {frame: range(frame, len(sequence)) for frame in forward}
    runs |= {frame: range(frame, -1, -1) for frame in backward}
    for anchor, frames in runs.items():
        trajectory = Trajectory(len(frames))
        trajectory.set(0, Special(Trajectory.INITIALIZATION), {"time": 0.0})
        for step, frame in list(enumerate(frames))[1:]:
            trajectory.set(step, answers[frame], {"time": 0.0})
        trajectory.write(results, f"{sequence.name}_{anchor:08d}")
    experiment = SimpleNamespace(anchor="anchor", results=lambda tracker, sequence: results)
    accuracy, robustness, *_ = AccuracyRobustness().subcompute(experiment, None, sequence, [])
    return float(accuracy), float(robustness)


@pytest.mark.parametrize("name", ["occlusion", "reentry"])
def test_absence_is_scored_as_vot_means_it(
    dataset: Dataset, committed: dict[str, Any], name: str, tmp_path: Path
) -> None:
    sequence = dataset[name]
    ((gone, back),) = committed[name].absences()
    truth = [sequence.groundtruth(frame) for frame in range(len(sequence))]
    empty = Mask(np.zeros((1, 1), dtype=np.uint8))
    # The toolkit counts 0 for the frame of initialisation, hence not quite 1.
    accuracy, robustness = score(sequence, tmp_path / "perfect", truth)
    assert robustness == 1.0
    assert accuracy > 0.97
    # Claiming an object that isn't there costs accuracy and is no failure.
    stuck = [
        truth[gone - 1] if gone <= frame < back else truth[frame] for frame in range(len(truth))
    ]
    lower, robustness = score(sequence, tmp_path / "stuck", stuck)
    assert robustness == 1.0
    assert lower < accuracy - 0.05
    # Not finding it again is one.
    lost = [empty if frame >= back else truth[frame] for frame in range(len(truth))]
    _, robustness = score(sequence, tmp_path / "lost", lost)
    assert robustness < 0.9
