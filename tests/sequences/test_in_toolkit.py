"""The committed sequences through the real toolkit: reading them, and scoring across absence."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from vot.analysis.multistart import AccuracyRobustness
from vot.dataset import Sequence, load_dataset
from vot.experiment.helpers import MultiObjectHelper
from vot.experiment.multistart import find_anchors
from vot.region import Mask, Region, Special
from vot.tracker import Trajectory
from vot.tracker.results import Results
from vot.workspace.storage import LocalStorage


def check_regions(regions: list[Region], masks: Any, start: int) -> None:
    """The toolkit's regions of an object are its masks (N, H, W), unknown before its start."""
    height, width = masks.shape[1:]
    for frame, region in enumerate(regions):
        if frame < start:
            assert isinstance(region, Special) and region.code == 0
            continue
        assert isinstance(region, Mask)
        seen = region.rasterize((0, 0, width - 1, height - 1)) > 0
        assert np.array_equal(seen, masks[frame])
        assert region.is_empty() == (not masks[frame].any())


def test_the_toolkit_sees_the_same_masks_and_tags(collection: Any) -> None:
    dataset = load_dataset(str(collection.folder))
    assert [sequence.name for sequence in dataset] == list(collection.sequences)
    for sequence in dataset:
        ours = collection.sequences[sequence.name]
        count, height, width = ours.shape
        assert len(sequence) == count and sequence.size == (width, height)
        assert sequence.metadata("fps") == 25
        assert sequence.frame(0).channel("color").shape == (height, width, 3)
        helper = MultiObjectHelper(sequence)
        names = sorted(sequence.objects())
        assert len(names) == len(ours.masks)
        for name, known in zip(names, sorted(ours.masks), strict=True):
            regions = [sequence.object(name, frame) for frame in range(count)]
            check_regions(regions, ours.masks[known], ours.starts[known])
            assert name in helper.new(ours.starts[known])
        for file in (file for file in ours.values if file.endswith(".tag")):
            tag = file.removesuffix(".tag")
            marked = [tag in sequence.tags(frame) for frame in range(count)]
            np.testing.assert_array_equal(marked, ours.tag(tag))


def test_the_toolkit_finds_the_anchors(collections: Any) -> None:
    for sequence in load_dataset(str(collections["bundled"].folder)):
        anchors = collections["bundled"].sequences[sequence.name].anchors()
        forward, backward = find_anchors(sequence)
        assert forward == np.flatnonzero(anchors > 0).tolist()
        assert backward == np.flatnonzero(anchors < 0).tolist()


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
def test_absence_is_scored_as_vot_means_it(collections: Any, name: str, tmp_path: Path) -> None:
    bundled = collections["bundled"]
    sequence = load_dataset(str(bundled.folder))[name]
    absent = np.flatnonzero(~bundled.sequences[name].target.any(axis=(1, 2)))
    gone, back = absent[0], absent[-1] + 1
    assert len(absent) == back - gone, "one absence"
    truth = [sequence.groundtruth(frame) for frame in range(len(sequence))]
    empty = Mask(np.zeros((1, 1), dtype=np.uint8))
    # The toolkit counts 0 for the frame of initialization, hence not quite 1.
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
