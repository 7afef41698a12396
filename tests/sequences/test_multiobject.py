"""The frozen sequences of several objects show what their names say, here and in the toolkit."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from vot.dataset import Dataset, load_dataset
from vot.experiment.helpers import MultiObjectHelper
from vot.region import Mask, Special

from benchmarks.bundled.recipes import MULTIOBJECT
from benchmarks.bundled.render import render
from benchmarks.bundled.scene import Scene
from benchmarks.bundled.writer import Truth, introduction, truth_lines, truths

DRAKES = ("drake1", "drake2", "drake3")


@pytest.fixture(scope="module")
def dataset(several: dict[str, Any]) -> Dataset:
    """vot_workspace/multiobject/sequences as the toolkit loads it."""
    return load_dataset(str(next(iter(several.values())).folder.parent))


@pytest.fixture(scope="module")
def scene() -> Scene:
    """The scene of the drakes; building it takes seconds."""
    recipe = MULTIOBJECT["twins"]
    return recipe.build(recipe.seed)


def centre(mask: NDArray[np.bool_]) -> float:
    """The middle column of a mask."""
    return float(np.nonzero(mask)[1].mean())


def order(sequence: Any, frame: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """Objects from left to right."""
    return tuple(sorted(names, key=lambda name: centre(sequence.masks[name][frame])))


def touches_border(mask: NDArray[np.bool_]) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def test_each_has_three_to_five_objects_in_as_many_pictures_as_truth(
    several: dict[str, Any],
) -> None:
    for name, sequence in several.items():
        recipe = MULTIOBJECT[name]
        assert 3 <= len(sequence.masks) <= 5
        assert len(list((sequence.folder / "color").iterdir())) == recipe.frames
        for masks in sequence.masks.values():
            assert masks.shape == (recipe.frames, recipe.height, recipe.width)
        for frame in (0, recipe.frames - 1):
            assert sequence.picture(frame).shape == (recipe.height, recipe.width, 3)


def test_no_pixel_belongs_to_two_objects(several: dict[str, Any]) -> None:
    for sequence in several.values():
        assert np.sum(list(sequence.masks.values()), axis=0).max() == 1


def test_objects_start_on_no_scrap_and_are_never_a_speck(several: dict[str, Any]) -> None:
    for sequence in several.values():
        for name, masks in sequence.masks.items():
            areas = masks.sum(axis=(1, 2))
            assert areas[sequence.starts[name]] > np.median(areas[areas > 0]) / 4
            assert areas[areas > 0].min() >= 25


def test_the_toolkit_sees_the_same_and_introduces_objects_where_they_come(
    dataset: Dataset, several: dict[str, Any]
) -> None:
    assert [sequence.name for sequence in dataset] == list(several)
    for sequence in dataset:
        ours = several[sequence.name]
        assert set(sequence.objects()) == set(ours.masks)
        helper = MultiObjectHelper(sequence)
        for name, masks in ours.masks.items():
            count, height, width = masks.shape
            assert len(sequence) == count and sequence.size == (width, height)
            assert name in helper.new(ours.starts[name])
            for frame in range(count):
                region = sequence.object(name, frame)
                if frame < ours.starts[name]:
                    assert isinstance(region, Special) and region.code == 0
                    continue
                assert isinstance(region, Mask)
                seen = region.rasterize((0, 0, width - 1, height - 1)) > 0
                assert np.array_equal(seen, masks[frame])
                assert region.is_empty() == (not masks[frame].any())


def test_the_dogs_cross_and_hide_one_another(several: dict[str, Any]) -> None:
    sequence = several["crossing"]
    names = ("near", "middle", "far")
    last = MULTIOBJECT["crossing"].frames - 1
    assert order(sequence, 0, names) != order(sequence, last, names)
    for pair in (("near", "middle"), ("middle", "far")):
        assert order(sequence, 0, pair) != order(sequence, last, pair)
    for name in ("middle", "far"):
        areas = sequence.masks[name].sum(axis=(1, 2))
        assert 0 < areas.min() < 0.6 * areas.max(), "partly hidden, never wholly"


def test_the_drakes_look_alike_and_swap_places(several: dict[str, Any], scene: Scene) -> None:
    sequence = several["twins"]
    picture = sequence.picture(0).astype(float)
    looks = {name: picture[masks[0]].mean(axis=0) for name, masks in sequence.masks.items()}
    among = max(float(np.abs(looks[a] - looks[b]).max()) for a, b in combinations(DRAKES, 2))
    apart = min(float(np.abs(looks[a] - looks["white"]).min()) for a in DRAKES)
    assert apart > 3 * among
    # Not a feather tells them apart; behind the neck, where nodding doesn't move the colours.
    spots = np.random.default_rng(5).random((3, 500)) * 0.2 - np.array([[0.2], [0.0], [0.1]])
    coats = {body.target: body.finish(spots).albedo for body in scene.bodies(0.0) if body.target}
    assert all(np.array_equal(coats[a], coats[b]) for a, b in combinations(DRAKES, 2))
    assert not np.array_equal(coats["white"], coats["drake1"])
    last = MULTIOBJECT["twins"].frames - 1
    swapped = [
        pair
        for pair in combinations(DRAKES, 2)
        if order(sequence, 0, pair) != order(sequence, last, pair)
    ]
    assert len(swapped) >= 2


def test_one_visitor_comes_late_one_leaves_and_one_hides(several: dict[str, Any]) -> None:
    sequence = several["visitors"]
    there = {name: masks.any(axis=(1, 2)) for name, masks in sequence.masks.items()}
    count = MULTIOBJECT["visitors"].frames
    assert there["jug"].all()

    start = sequence.starts["lemon"]
    assert count // 5 < start < count // 2
    assert there["lemon"][start:].all()
    assert {name for name, first in sequence.starts.items() if first > 0} == {"lemon"}

    left = int(np.flatnonzero(there["orange"])[-1])
    assert there["orange"][: left + 1].all()
    assert touches_border(sequence.masks["orange"][left])
    assert count - 1 - left > 15, "for good"

    hidden = np.flatnonzero(~there["apple"])
    assert len(hidden) > 10, "the toolkit judges absences of more than ten frames"
    assert np.array_equal(hidden, np.arange(hidden[0], hidden[-1] + 1))
    for frame in (hidden[0] - 1, hidden[-1] + 1):
        assert there["apple"][frame]
        assert not touches_border(sequence.masks["apple"][frame])


def test_a_committed_frame_can_be_made_again(several: dict[str, Any], scene: Scene) -> None:
    frame, recipe, sequence = 22, MULTIOBJECT["twins"], several["twins"]
    picture = render(scene, frame, recipe.width, recipe.height, recipe.samples)
    for name, truth in truths(picture).items():
        file = sequence.folder / f"groundtruth_{name}.txt"
        assert truth.line == file.read_text().splitlines()[frame]
    made = recipe.sensor.develop(picture.light, 1000 * recipe.seed + frame).astype(float)
    assert np.abs(made - sequence.picture(frame).astype(float)).mean() < 4.0


def test_an_object_is_introduced_when_a_quarter_of_it_shows() -> None:
    areas = [0, 30, 90, 110, 400, 0, 400, 420, 380]
    assert introduction(areas) == 3  # the median of what is visible is 380
    assert introduction([0, 0]) == introduction([50, 60]) == 0
    lines = truth_lines([Truth(f"m{k}", area, False) for k, area in enumerate(areas)])
    assert lines == ["0", "0", "0", *(f"m{k}" for k in range(3, 9))]
