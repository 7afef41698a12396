"""One sequence of masks: late objects, files of frames or of objects, bad first masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from oracles.small_benchmark import SIZE, label_file, mask_sequence, picture, save
from oracles.stub_tracker import StubTracker
from PIL import Image

from samurai.benchmark.mask_files import MaskWriter, mask_files
from samurai.benchmark.mask_run import MaskTimes, run_masks
from samurai.datasets.base import MaskSequence
from samurai.video.palette import PALETTE


def tracked(
    folder: Path, sequence: MaskSequence, per_object: bool = False, count: int | None = None
) -> MaskTimes:
    count = count or sequence.frames
    writer = MaskWriter(folder, sequence, per_object, count)
    return run_masks(StubTracker(), sequence, writer, count, lambda _: None)


def labels(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        assert image.mode == "P" and image.getpalette()[:12] == PALETTE[:12]  # type: ignore[index]
        return np.asarray(image)


def names(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def expected(index: int, starts: dict[int, int]) -> NDArray[np.uint8]:
    found = np.zeros(SIZE, np.uint8)
    for place, (number, start) in enumerate(starts.items()):
        if index >= start:
            found[2 + index : 7 + index, 2 + 10 * place : 8 + 10 * place] = number
    return found


def test_objects_start_in_their_own_frames(tmp_path: Path) -> None:
    starts = {1: 0, 2: 2, 5: 4}
    sequence = mask_sequence(tmp_path / "data", "a", starts)
    times = tracked(tmp_path / "a", sequence)
    assert names(tmp_path / "a") == {f"{index:05d}.png" for index in range(5)}
    for index in range(5):
        assert np.array_equal(labels(tmp_path / f"a/{index:05d}.png"), expected(index, starts))
    started = ~np.isnan(times.confidences)
    assert started.sum(axis=0).tolist() == [5, 3, 1] and times.notes == ()
    assert not list(tmp_path.glob("*.part"))


def test_a_first_frame_without_objects_is_background(tmp_path: Path) -> None:
    sequence = mask_sequence(tmp_path / "data", "a", {3: 1})
    tracked(tmp_path / "a", sequence)
    assert not labels(tmp_path / "a/00000.png").any()
    assert np.array_equal(labels(tmp_path / "a/00001.png"), expected(1, {3: 1}))


def test_what_a_later_first_mask_says_of_other_objects_is_not_looked_at(tmp_path: Path) -> None:
    starts = {1: 0, 2: 2}
    sequence = mask_sequence(tmp_path / "data", "a", starts)
    file = sequence.objects[1].masks[2]
    values = expected(2, starts)
    values[values == 1] = 0
    values[20:] = 1  # nonsense about the first object
    label_file(file, values)
    tracked(tmp_path / "a", sequence)
    assert np.array_equal(labels(tmp_path / "a/00004.png"), expected(4, starts))


def test_each_object_may_have_files_of_its_own(tmp_path: Path) -> None:
    starts = {1: 0, 2: 2}
    sequence = replace(mask_sequence(tmp_path / "data", "a", starts), asked=(0, 3))
    tracked(tmp_path / "a", sequence, per_object=True)
    expected_names = {
        f"{folder}/{stem}.png" for folder in ("001", "002") for stem in ("00000", "00003")
    }
    assert names(tmp_path / "a") == expected_names == set(mask_files(sequence, True, 5))
    assert not labels(tmp_path / "a/002/00000.png").any()
    second = labels(tmp_path / "a/002/00003.png")
    assert np.array_equal(second == 1, expected(3, starts) == 2) and set(np.unique(second)) == {
        0,
        1,
    }


def test_of_two_objects_that_claim_a_pixel_the_smaller_number_has_it(tmp_path: Path) -> None:
    sequence = mask_sequence(tmp_path / "data", "a", {1: 0, 2: 0})
    writer = MaskWriter(tmp_path / "a", sequence, False, 5)
    left, both = np.zeros((2, *SIZE), bool)
    left[:, :10] = both[:, 5:15] = True
    with writer.open():
        for index in range(5):
            writer.write(index, {1: left, 2: both}, SIZE)
    found = labels(tmp_path / "a/00004.png")
    assert (found[:, 5:10] == 1).all() and (found[:, 10:15] == 2).all()


def test_first_masks_that_say_nothing_leave_background_and_a_note(tmp_path: Path) -> None:
    sequence = mask_sequence(tmp_path / "data", "a", {1: 0, 2: 1, 3: 2})
    sequence.objects[1].masks[1].write_bytes(b"no image")
    label_file(sequence.objects[2].masks[2], np.ones(SIZE, np.uint8))
    times = tracked(tmp_path / "a", sequence)
    assert set(np.unique(labels(tmp_path / "a/00004.png"))) == {0, 1}
    unreadable, empty = times.notes
    assert "object 2 can't be read" in unreadable and "object 3 is empty" in empty


def test_unreadable_images_repeat_masks_and_other_sizes_keep_theirs(tmp_path: Path) -> None:
    sequence = mask_sequence(tmp_path / "data", "a", {1: 1})
    for index in (0, 3):
        sequence.images[index].unlink()
    large = picture({110: (4, 12, 12, 10)}, (48, 80))
    save(sequence.images[4], large)
    times = tracked(tmp_path / "a", sequence)
    assert not labels(tmp_path / "a/00000.png").any()
    before, repeated, last = (labels(tmp_path / f"a/{index:05d}.png") for index in (2, 3, 4))
    assert np.array_equal(before, repeated)
    assert np.array_equal(last == 1, large[..., 0] == 110)
    unreadable, size = times.notes
    assert unreadable.startswith("2 images can't be read") and size.startswith("from frame 4 on")


def test_the_palette_is_that_of_davis() -> None:
    colors = np.array(PALETTE).reshape(256, 3).tolist()
    assert colors[:4] == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
    assert colors[9] == [191, 0, 0] and colors[21] == [128, 64, 128] and colors[22] == [22] * 3
