"""The committed sequences through the real toolkit: reading them, and scoring across absence."""

from __future__ import annotations

from typing import Any

import numpy as np
from vot.dataset import load_dataset
from vot.experiment.helpers import MultiObjectHelper
from vot.experiment.multistart import find_anchors
from vot.region import Mask, Region, Special


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
