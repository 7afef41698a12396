"""The generator gives the same pictures and masks again, and can write several objects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vot.dataset import load_sequence

from benchmarks.bundled import __main__ as command
from benchmarks.bundled.__main__ import make_sequence
from benchmarks.bundled.noise import fractal, gradient_noise, grain, uniform
from benchmarks.bundled.places import river_bed
from benchmarks.bundled.recipes import MULTIOBJECT, RECIPES
from benchmarks.bundled.render import Picture, render
from benchmarks.bundled.rle import read_mask_line
from benchmarks.bundled.scene import Scene
from benchmarks.bundled.writer import SPECK, truths, visible_mask, write_frame, write_truth

RECIPE = RECIPES["reentry"]
SMALL = replace(RECIPE, width=64, height=48, frames=2, samples=2)


@pytest.fixture(scope="module")
def scene() -> Scene:
    """The scene of one sequence; building it takes seconds."""
    return RECIPE.build(RECIPE.seed)


def test_other_processes_make_the_same_files(scene: Scene, tmp_path: Path) -> None:
    make_sequence(SMALL, tmp_path / "there", jobs=2)
    known = []
    for frame in range(SMALL.frames):
        picture = render(scene, frame, SMALL.width, SMALL.height, SMALL.samples)
        developed = SMALL.sensor.develop(picture.light, 1000 * SMALL.seed + frame)
        write_frame(tmp_path / "here" / SMALL.name, frame + 1, developed, SMALL.quality)
        known.append(truths(picture))
    write_truth(tmp_path / "here" / SMALL.name, SMALL, known)
    here, there = (
        {
            path.relative_to(tmp_path / side).as_posix(): path.read_bytes()
            for path in (tmp_path / side).rglob("*")
            if path.is_file()
        }
        for side in ("here", "there")
    )
    assert here == there
    assert len(here) == 6  # two pictures, truth, anchors, tag, properties
    assert here["reentry/color/00000001.jpg"] != here["reentry/color/00000002.jpg"]


def test_a_committed_frame_can_be_made_again(scene: Scene, committed: dict[str, Any]) -> None:
    frame, sequence = 60, committed[RECIPE.name]
    picture = render(scene, frame, RECIPE.width, RECIPE.height, RECIPE.samples)
    (truth,) = truths(picture).values()
    assert truth.line == (sequence.folder / "groundtruth.txt").read_text().splitlines()[frame]
    assert truth.occluded == sequence.occluded[frame]
    seed = 1000 * RECIPE.seed + frame
    made, other_grain = (
        RECIPE.sensor.develop(picture.light, s).astype(float) for s in (seed, seed + 1)
    )
    kept = sequence.picture(frame).astype(float)
    # What differs is the loss of JPEG; another grain on the same picture is further off.
    assert np.abs(made - kept).mean() < 4.0
    assert ((made - kept) ** 2).mean() < 0.95 * ((other_grain - kept) ** 2).mean()


def test_the_command_makes_the_chosen_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    monkeypatch.setattr(command, "make_sequence", lambda recipe, *_: asked.append(recipe.name))
    command.main(["--output", str(tmp_path)])
    assert asked == sorted(RECIPES)
    asked.clear()
    command.main(["--output", str(tmp_path), "--multiobject"])
    assert asked == sorted(MULTIOBJECT)
    asked.clear()
    command.main(["--output", str(tmp_path), "--only", "scale"])
    assert asked == ["scale"]
    with pytest.raises(SystemExit):
        command.main(["--output", str(tmp_path), "--only", "twins"])
    assert "--only takes names out of camera, " in capsys.readouterr().err


def test_another_seed_makes_another_ground() -> None:
    one, two, again = (river_bed(seed, side=128).tile.levels[0] for seed in (1, 2, 1))
    assert np.array_equal(one, again)
    assert np.abs(one - two).mean() > 0.02


def test_several_objects_get_a_file_each(tmp_path: Path) -> None:
    left, right = np.zeros((40, 60)), np.zeros((40, 60))
    left[5:20, 3:20] = 1.0
    right[5:20, 30:50] = 0.6
    frames = []
    for number in range(2):
        light = np.full((40, 60, 3), 0.2 + 0.1 * number)
        picture = Picture(light, {"a": left, "b": right}, {"a": left, "b": right})
        write_frame(tmp_path / "pair", number + 1, SMALL.sensor.develop(light, number), 90)
        frames.append(truths(picture))
    recipe = replace(SMALL, name="pair", width=60, height=40, frames=2)
    write_truth(tmp_path / "pair", recipe, frames)
    sequence = load_sequence(str(tmp_path / "pair"))
    assert set(sequence.objects()) == {"a", "b"}
    for name, coverage in (("a", left), ("b", right)):
        seen = sequence.frame(1).object(name).rasterize((0, 0, 59, 39)) > 0
        assert np.array_equal(seen, coverage > 0.5)


def test_a_speck_or_a_sliver_counts_as_absent() -> None:
    coverage = np.zeros((30, 30))
    coverage[4:8, 4:8] = 1.0
    assert coverage.sum() < SPECK and not visible_mask(coverage).any()
    coverage[:, :] = 0.0
    coverage[:, 3:5] = 1.0
    assert coverage.sum() > SPECK and not visible_mask(coverage).any()
    coverage[:, 3:6] = 1.0
    assert np.array_equal(visible_mask(coverage), coverage > 0.5)
    coverage[:, 3:6] = 0.5
    assert not visible_mask(coverage).any(), "half covered is not covered"


def test_occluded_means_more_than_a_quarter_hidden() -> None:
    whole = np.zeros((20, 20))
    whole[:10] = 1.0
    for rows, expected in ((8, False), (7, True), (0, True)):
        part = whole.copy()
        part[rows:] = 0.0
        (truth,) = truths(Picture(np.zeros((20, 20, 3)), {"a": part}, {"a": whole})).values()
        assert truth.occluded is expected
        assert read_mask_line(truth.line, 20, 20).sum() == rows * 20


def test_noise_is_fixed_forever() -> None:
    # Integers hashed on another machine must give these very numbers.
    cells = np.array([[0, 1, -5, 1000], [0, 2, 7, -3]])
    words = (uniform(cells, 42) * 2**32).astype(np.uint64).tolist()
    assert words == [531467928, 803240698, 3759538621, 737616818]
    points = np.linspace(0.0, 4.0, 64).reshape(2, 32)
    tiled = gradient_noise(points + 4.0, 3, period=4)
    np.testing.assert_allclose(tiled, gradient_noise(points, 3, period=4), atol=1e-12)
    assert np.abs(fractal(points, 3)).max() < 2.0
    speckle = grain((100, 100), 9)
    assert abs(speckle.mean()) < 0.03
    assert abs(speckle.std() - 1.0) < 0.03
