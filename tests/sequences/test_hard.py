"""The hard sequences: each shows what it is named for, and comes out the same again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.bundled.rle import read_mask_line
from benchmarks.bundled.writer import Truth, truths
from benchmarks.hard import __main__ as command
from benchmarks.hard import props
from benchmarks.hard.making import make_sequence
from benchmarks.hard.scenes import RECIPES, absence, doubles, fast, jerk
from benchmarks.hard.stage import DOUBLE, TARGET, Eye, Placed, Stage, film
from benchmarks.hard.tags import tags

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "goldens" / "hard.txt"
GROUNDS = ("asphalt", "forest_floor", "river_bed", "table")
HALF = 2  # the films here are half as wide and high, on black, with coarse props


@dataclass(frozen=True)
class Filmed:
    """A sequence, small: masks (N, H, W) and middles (N, 2) of the target, and its tag (N,)."""

    stage: Stage
    masks: NDArray[np.bool_]
    doubles: NDArray[np.bool_]
    tags: NDArray[np.bool_]

    @property
    def boxes(self) -> NDArray[np.float64]:
        """x, y, width, height; NaN where the target can't be seen."""
        found = np.full((len(self.masks), 4), np.nan)
        for frame in np.flatnonzero(self.masks.any(axis=(1, 2))):
            found[frame] = cv2.boundingRect(self.masks[frame].astype(np.uint8))
        return found

    @property
    def middles(self) -> NDArray[np.float64]:
        return self.boxes[:, :2] + self.boxes[:, 2:] / 2


def black(*_: object, **__: object) -> NDArray[np.float32]:
    return np.zeros((8, 8, 3), np.float32)


@pytest.fixture(scope="module")
def filmed() -> Callable[[str], Filmed]:
    """Films a sequence once, quickly."""
    known: dict[str, Filmed] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(props, "DETAIL", 0.4)
        patch.setattr(props, "SAMPLES", 2)
        for module in (absence, doubles, fast, jerk):
            patch.setattr(module, "ground_picture", black)
            for ground in GROUNDS:
                patch.setattr(module, ground, lambda *_, **__: None, raising=False)

        def make(name: str) -> Filmed:
            if name not in known:
                known[name] = film_small(name)
            return known[name]

        yield make


def film_small(name: str) -> Filmed:
    recipe = RECIPES[name]
    stage = recipe.build(recipe.seed)
    small = replace(stage, camera=lambda time: replace(stage.camera(time), zoom=1 / HALF))
    size = (recipe.height // HALF, recipe.width // HALF)
    seen = [truths(film(small, k, *size[::-1], moments=1)) for k in range(recipe.frames)]
    return Filmed(
        stage,
        np.stack([read_mask_line(truth[TARGET].line, *size) for truth in seen]),
        np.array([truth[DOUBLE].area > 0 for truth in seen]),
        np.array(tags(recipe.attribute, stage, seen)),
    )


def test_about_twelve_hundred_frames_and_two_or_three_of_a_kind() -> None:
    assert 1_100 <= sum(recipe.frames for recipe in RECIPES.values()) <= 1_300
    kinds = [recipe.attribute for recipe in RECIPES.values()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "out-of-view": 3,
        "distractor": 3,
        "fast-motion": 2,
        "camera-jerk": 2,
    }
    assert len({recipe.seed for recipe in RECIPES.values()}) == len(RECIPES)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_target_can_be_seen_at_both_ends(name: str, filmed: Callable[[str], Filmed]) -> None:
    areas = filmed(name).masks.sum(axis=(1, 2))
    assert min(areas[0], areas[-1]) > 0.3 * np.median(areas[areas > 0])


@pytest.mark.parametrize("name", ["doubles-cars", "doubles-koi", "doubles-oranges"])
def test_doubles_are_of_the_same_prop_and_come_close(
    name: str, filmed: Callable[[str], Filmed]
) -> None:
    sequence = filmed(name)
    gaps = []
    for frame in range(len(sequence.masks)):
        things = sequence.stage.things(float(frame))
        (target,) = (thing for thing in things if thing.role == TARGET)
        others = [thing for thing in things if thing.role == DOUBLE]
        assert len(others) >= 2
        assert all(thing.prop is target.prop and thing.scale == target.scale for thing in others)
        gaps.append(min(np.hypot(o.x - target.x, o.y - target.y) for o in others))
    assert min(gaps) < 0.75 * target.prop.size, "they nearly touch"
    assert sequence.masks.any(axis=(1, 2)).all(), "the target is never wholly hidden"
    np.testing.assert_array_equal(sequence.tags, sequence.doubles)
    assert sequence.tags.mean() > 0.9


@pytest.mark.parametrize("name", ["absence-car", "absence-koi", "absence-salamander"])
def test_the_target_is_gone_for_long_and_comes_back_elsewhere(
    name: str, filmed: Callable[[str], Filmed]
) -> None:
    sequence = filmed(name)
    seen = np.flatnonzero(sequence.masks.any(axis=(1, 2)))
    (pause,) = np.flatnonzero(np.diff(seen) > 1)
    gone, back = seen[pause] + 1, seen[pause + 1]
    assert back - gone >= 60
    assert gone >= 25 and len(sequence.masks) - back >= 25
    # Compared where it is whole again, in small pixels.
    away = np.hypot(*(sequence.middles[back + 15] - sequence.middles[gone - 15]))
    assert away > 35.0
    assert sequence.tags.tolist() == [frame >= gone for frame in range(len(sequence.masks))]


@pytest.mark.parametrize("name", ["fast-koi", "fast-orange"])
def test_it_moves_by_more_than_its_own_length_between_frames(
    name: str, filmed: Callable[[str], Filmed]
) -> None:
    sequence = filmed(name)
    steps = np.hypot(*np.diff(sequence.middles, axis=0).T)
    lengths = np.maximum(sequence.boxes[1:, 2:].max(axis=1), sequence.boxes[:-1, 2:].max(axis=1))
    quick = steps > lengths
    assert quick.sum() >= 10
    first = int(np.flatnonzero(quick)[0]) + 1
    assert first >= 8, "time to get to know it"
    assert np.flatnonzero(sequence.tags)[0] == pytest.approx(first, abs=1)
    assert sequence.masks.any(axis=(1, 2)).all()


@pytest.mark.parametrize("name", ["jerk-car", "jerk-salamander"])
def test_the_whole_view_shifts_suddenly(name: str, filmed: Callable[[str], Filmed]) -> None:
    sequence = filmed(name)
    eyes = [sequence.stage.camera(float(frame)) for frame in range(len(sequence.masks))]
    shifts = np.hypot(np.diff([eye.x for eye in eyes]), np.diff([eye.y for eye in eyes]))
    jerks = np.flatnonzero(shifts > 40.0) + 1
    assert len(jerks) >= 6
    assert np.diff(jerks).min() >= 6
    assert np.delete(shifts, jerks - 1).max() < 6.0, "else the camera is held still"
    assert np.flatnonzero(sequence.tags)[0] == jerks[0]
    areas = sequence.masks.sum(axis=(1, 2))
    assert areas.min() > 0.3 * np.median(areas), "the target stays in the picture"


def square(x: float, y: float, role: str | None) -> Placed:
    picture = np.zeros((20, 20, 4), np.float32)
    picture[..., 0] = picture[..., 3] = 1.0
    return Placed(props.Prop((picture,), (picture[..., 3] * 0.0,), 20.0), x, y, role=role)


def test_what_lies_above_hides_what_lies_below() -> None:
    stage = Stage(
        np.zeros((4, 4, 3), np.float32),
        lambda time: [square(30.0, 20.0, TARGET), square(40.0, 20.0, None)],
        lambda time: Eye(32.0, 24.0),
    )
    seen = film(stage, 0, 64, 48)
    whole, visible = seen.present[TARGET] > 0.5, seen.visible[TARGET] > 0.5
    assert cv2.boundingRect(whole.astype(np.uint8)) == (20, 10, 20, 20)
    assert cv2.boundingRect(visible.astype(np.uint8)) == (20, 10, 10, 20)
    assert truths(seen)[TARGET].occluded


def test_a_thing_that_turns_keeps_its_size_and_its_place() -> None:
    def turned(angle: float) -> NDArray[np.bool_]:
        stage = Stage(
            np.zeros((4, 4, 3), np.float32),
            lambda time: [replace(square(32.0, 24.0, TARGET), angle=angle)],
            lambda time: Eye(32.0, 24.0, roll=0.1),
        )
        return film(stage, 0, 64, 48).visible[TARGET] > 0.5

    for angle in (0.1, 0.6, 2.0):
        mask = turned(angle)
        assert mask.sum() == pytest.approx(400, abs=12)
        assert np.argwhere(mask).mean(axis=0) == pytest.approx((23.5, 31.5), abs=0.3)


def test_tags_of_a_scripted_target() -> None:
    places = ["m10,10,4,4,0,16", "m10,10,4,4,0,16", "m20,10,4,4,0,16", "m0,0,0,0,0"]
    seen = [
        {TARGET: Truth(line, 16 * (line[1] != "0"), False), DOUBLE: Truth("", number % 2, False)}
        for number, line in enumerate(places)
    ]
    stage = SimpleNamespace(camera=lambda time: Eye(50.0 * (time >= 2), 0.0))
    assert tags("distractor", stage, seen) == [False, True, False, True]
    assert tags("out-of-view", stage, seen) == [False, False, False, True]
    assert tags("fast-motion", stage, seen) == [False, False, True, True]
    assert tags("camera-jerk", stage, seen) == [False, False, True, True]


SHORT = """
import sys
from dataclasses import replace
from pathlib import Path
from benchmarks.hard.making import RECIPES, make_sequence
name = "fast-orange"
RECIPES[name] = replace(RECIPES[name], frames=3)
make_sequence(name, Path(sys.argv[1]))
"""


def test_other_processes_make_the_same_files(tmp_path: Path) -> None:
    for side in ("here", "there"):
        call = [sys.executable, "-c", SHORT, str(tmp_path / side)]
        subprocess.run(call, cwd=ROOT, check=True, timeout=300)
    here, there = (
        {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*.*")}
        for root in (tmp_path / "here", tmp_path / "there")
    )
    assert here == there
    assert {"fast-orange/groundtruth.txt", "fast-orange/fast-motion.tag"} <= here.keys()
    assert sum(file.endswith(".jpg") for file in here) == 3


def test_the_command_makes_what_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def make(name: str, output: Path) -> None:
        asked.append(name)
        (output / name).mkdir(parents=True)
        (output / name / "sequence").touch()

    monkeypatch.setattr(command, "make_sequence", make)
    monkeypatch.setattr(command, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    command.main(["--output", str(tmp_path), "--only", "jerk-car", "fast-koi"])
    assert asked == ["jerk-car", "fast-koi"]
    assert (tmp_path / "list.txt").read_text() == "fast-koi\njerk-car\n"
    assert "jerk-car: 120 frames" in capsys.readouterr().out


def test_an_unknown_sequence_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        command.main(["--output", str(tmp_path), "--only", "nothing"])
    assert "--only takes names out of absence-car, " in capsys.readouterr().err


def check_golden(name: str, folder: Path) -> None:
    """Boxes, areas and tags of every tenth frame; an edge may differ by a pixel elsewhere."""
    recipe = RECIPES[name]
    lines = (folder / name / "groundtruth.txt").read_text().splitlines()
    tagged = (folder / name / f"{recipe.attribute}.tag").read_text().split()
    golden = [line.split() for line in GOLDEN.read_text().splitlines()]
    known = {int(frame): (*map(int, rest),) for n, frame, *rest in golden if n == name}
    assert len(known) == len(range(0, recipe.frames, 10))
    for frame, (x, y, width, height, area, tag) in known.items():
        mask = read_mask_line(lines[frame], recipe.height, recipe.width)
        box = cv2.boundingRect(mask.astype(np.uint8))
        assert np.abs(np.array(box) - (x, y, width, height)).max() <= 2
        assert abs(int(mask.sum()) - area) <= 0.05 * area + 2
        assert int(tagged[frame]) == tag


def test_the_command_as_it_is_typed_makes_the_known_sequence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.hard", "--only", "fast-orange", "--output"]
    subprocess.run([*command, str(tmp_path)], cwd=ROOT, check=True, timeout=300)
    assert (tmp_path / "list.txt").read_text() == "fast-orange\n"
    assert len(list((tmp_path / "fast-orange" / "color").iterdir())) == 100
    check_golden("fast-orange", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_sequences_are_those_that_were_measured(name: str, tmp_path: Path) -> None:
    make_sequence(name, tmp_path)
    check_golden(name, tmp_path)
