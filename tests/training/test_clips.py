"""Generated clips: reproducible, prompted by something visible, and not made of what is bundled."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import samurai_training
from samurai_training.assets import SOURCES, Assets, fetch
from samurai_training.camera import GRAY
from samurai_training.clips import film, training_clip
from samurai_training.errors import TrainingError
from samurai_training.ground import Ground
from samurai_training.people import Person
from samurai_training.sprites import CutOut, Deformation
from samurai_training.view_sampling import FollowingView, ViewRule
from samurai_training.world import World


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets.procedural()


def test_a_clip_is_a_function_of_its_seed(assets: Assets) -> None:
    first, again = (training_clip(assets, ViewRule(64), 4, (3, 1)) for _ in range(2))
    other = training_clip(assets, ViewRule(64), 4, (3, 2))
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.masks, again.masks)
    assert (first.frames != other.frames).any()


def test_the_first_frame_shows_the_target(assets: Assets) -> None:
    """A mask that pointed elsewhere would have the mean color of its surroundings."""
    contrasts = []
    for seed in range(12):
        clip = training_clip(assets, ViewRule(96), 2, (seed,))
        assert clip.frames.shape == (2, 96, 96, 3) and clip.frames.dtype == np.uint8
        assert clip.masks.shape == (2, 96, 96) and clip.masks.dtype == bool
        mask, frame = clip.masks[0], clip.frames[0].astype(float)
        assert mask.sum() >= 60
        ring = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9))).astype(bool) & ~mask
        contrasts.append(np.abs(frame[mask].mean(0) - frame[ring].mean(0)).max())
    assert np.median(contrasts) > 15


def test_targets_leave_and_come_back_in_some_clips(assets: Assets) -> None:
    gone, back = 0, 0
    for seed in range(24):
        masks = training_clip(assets, ViewRule(64), 8, (seed,)).masks
        seen = [bool(mask.any()) for mask in masks]
        assert seen[0]
        gone += not all(seen)
        back += not all(seen) and any(seen[seen.index(False) :])
    assert 24 > gone > back > 0


def test_windows_follow_the_target(assets: Assets) -> None:
    offsets = []
    for seed in range(10):
        clip = training_clip(assets, ViewRule(96, 4.0, whole=0.0), 4, (seed,))
        for mask in clip.masks[1:]:
            if mask.sum() > 100:
                rows, columns = np.nonzero(mask)
                offsets.append(max(abs(rows.mean() - 48), abs(columns.mean() - 48)) / 96)
    assert np.median(offsets) < 0.2


def test_beyond_the_frame_lies_the_mean_color(assets: Assets) -> None:
    clips = (training_clip(assets, ViewRule(64), 1, (seed,)) for seed in range(30))
    assert any((clip.frames[0] == np.array(GRAY[::-1])).all(2).mean() > 0.02 for clip in clips)


def test_windows_err_as_they_do_in_use() -> None:
    """Of an object that rests, a window is aside, and of another size than the frame before."""
    rule, target = ViewRule(100, 4.0), (0.0, 0.0, 1.0)
    sampler = FollowingView(rule, np.random.default_rng(0))
    views = []
    for _ in range(12):
        views.append(sampler.view(target))
        sampler.notice(target, True)
    assert 0 < max(abs(view.x) * view.scale for view in views) < 50
    assert len({view.scale for view in views}) > 1


def test_targets_are_things_people_parts_and_pieces_of_the_ground(assets: Assets) -> None:
    kinds = set()
    for seed in range(120):
        target = World(assets, np.random.default_rng(seed)).target
        if target is None:
            kinds.add("ground")
            continue
        name = "figure" if isinstance(target.look, Person) else "thing"
        kinds.add(name if target.look.part(0) is None else f"part of a {name}")
        x, y, size = target.focus()
        assert (x, y) == pytest.approx((0, 0), abs=1e-6) and size == pytest.approx(1)
        if len(kinds) == 5:
            return
    raise AssertionError(f"only {kinds}")


def test_a_part_lies_within_its_look(assets: Assets) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        cut = CutOut(assets.sprites[seed % len(assets.sprites)], Deformation.drawn(random))
        for look in (Person.drawn(assets, random), cut):
            assert look.part(0) is None
            look.choose_part(random)
            for time in range(0, 30, 7):
                picture, part = look.at(time), look.part(time)
                assert picture is not None and part is not None
                assert part.shape == picture.shape[:2]
                assert 0 < (part > 127).sum() < part.size / 2
                if isinstance(look, Person):
                    assert ((part > 0) <= (picture[..., 3] > 0)).all()


def test_a_figure_moves_its_limbs_and_its_double_wears_the_same(assets: Assets) -> None:
    random = np.random.default_rng(1)
    figure = Person.drawn(assets, random)
    figure.gait = replace(figure.gait, swing=0.6, pace=0.5, frontal=False)
    shapes = [figure.at(time)[..., 3] > 0 for time in range(8)]
    assert any((shape != shapes[0]).mean() > 0.01 for shape in shapes)
    double = figure.double(random)
    assert double.clothes is figure.clothes and double.part(0) is None
    assert (double.at(0) != figure.at(0)).any()


def test_a_camouflaged_look_comes_nearer_to_the_ground(assets: Assets) -> None:
    random = np.random.default_rng(0)
    for look in (
        Person.drawn(assets, random),
        CutOut(assets.sprites[0], Deformation.drawn(random)),
    ):
        height, width = look.size
        piece = np.full((height, width, 3), 200, np.uint8)
        shown = look.at(0)[..., 3] > 127
        far = np.abs(look.at(0)[..., :3][shown].astype(float) - 200).mean()
        look.blend(piece, 0.8)
        assert np.abs(look.at(0)[..., :3][shown].astype(float) - 200).mean() < far


def test_a_piece_of_the_ground_is_one_unit_large_and_moves_with_the_ground(assets: Assets) -> None:
    found = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        ground = Ground.drawn(assets, random)
        if not ground.choose_piece(random):
            continue
        found += 1
        assert ground.piece is not None
        ground.swing(random)
        for _ in range(3):
            rows, columns = np.nonzero(ground.piece)
            moved = ground.matrix() @ np.stack([columns, rows, np.ones(len(rows))])
            x, y = moved[:2] / moved[2]
            assert abs(x.max() + x.min()) < 0.3 and abs(y.max() + y.min()) < 0.3
            assert 0.7 < np.sqrt(np.ptp(x) * np.ptp(y)) < 1.4
            ground.advance(random)
        sprite = ground.cut_piece()
        assert (sprite[..., 3] > 0).sum() == (ground.piece > 0).sum()
    assert found


def test_films_show_whole_frames_with_the_target_in_the_first(assets: Assets) -> None:
    clip = film(assets, 3, 5)
    assert clip.frames.shape == (3, 480, 640, 3)
    assert clip.masks[0].sum() >= 80
    np.testing.assert_array_equal(clip.frames, film(assets, 3, 5).frames)


def archive_of(path: Path, count: int) -> Path:
    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as file:
        for number in range(count):
            picture = random.integers(0, 255, (20, 20, 4), dtype=np.uint8)
            data = cv2.imencode(".webp", picture)[1].tobytes()
            file.writestr(f"sprite/tuxpaint-stamps-default/{number:04d}.webp", data)
    return path


def test_validation_pictures_are_held_out_of_training(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "assets.zip", 30)
    trained, held = Assets.load(archive), Assets.load(archive, held_out=True)
    assert len(trained.sprites) == 27 and len(held.sprites) == 3
    seen = {sprite.tobytes() for sprite in trained.sprites}
    assert not any(sprite.tobytes() in seen for sprite in held.sprites)


def test_a_missing_archive_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="samurai_training assets"):
        Assets.load(tmp_path / "assets.zip")


def test_training_reads_nothing_that_is_measured() -> None:
    """No module of training names the measured sequences or a package that leads to them."""
    files = list(Path(samurai_training.__file__).parent.rglob("*.py"))
    assert len(files) > 10
    for file in files:
        text = file.read_text()
        unwanted = ("benchmarks", "vot_wrapper", "vot_workspace", "groundtruth")
        assert not any(name in text for name in unwanted), file


def test_packages_are_fetched_into_a_relative_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tools run inside the folder, and are told paths that hold there."""
    told: list[tuple[list[str], Path]] = []

    def run(command: list[str], folder: Path) -> None:
        told.append((command, folder))
        if command[0] == "apt-get":
            (folder / f"{command[-1]}_1.deb").touch()
        else:
            assert Path(command[2]).is_file()
            Path(command[3]).mkdir(parents=True)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("samurai_training.assets._run", run)
    monkeypatch.setattr("shutil.which", lambda tool: tool)
    archive = fetch(Path("training/assets"), say=lambda _: None)
    assert archive == tmp_path / "training" / "assets" / "assets.zip" and archive.is_file()
    unpacked = [Path(command[3]) for command, _ in told if command[0] == "dpkg-deb"]
    assert unpacked == [archive.parent / source.package for source in SOURCES]
    assert all(folder.is_absolute() and folder.is_dir() for _, folder in told)
    assert all(path.is_dir() for path in unpacked)
    told.clear()
    fetch(Path("training/assets"), say=lambda _: None)
    assert told == []  # nothing is fetched twice
