"""One sequence of boxes: coordinates, first boxes, and images that aren't as they should be."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.small_benchmark import COLOR, box_sequence, moving, picture, save
from oracles.stub_tracker import StubSession, StubTracker

from samurai.benchmark.box_run import BoxAnswers, run_boxes
from samurai.benchmark.frames import AHEAD
from samurai.benchmark.prompts import first_prompt
from samurai.benchmark.run_files import as_text
from samurai.datasets.base import BoxSequence, FirstPixel
from samurai.regions import Answer, Box


def tracked(sequence: BoxSequence, tracker: Any = None, **more: Any) -> BoxAnswers:
    count = sequence.frames
    return run_boxes(tracker or StubTracker(), sequence, "pixels", count, lambda _: None, **more)


@pytest.mark.parametrize("first_pixel", [0, 1])
def test_answers_are_the_masks_boxes_in_the_data_sets_coordinates(
    tmp_path: Path, first_pixel: FirstPixel
) -> None:
    sequence = box_sequence(tmp_path, "a", first_pixel=first_pixel)
    answers = tracked(sequence)
    assert np.array_equal(answers.boxes, sequence.truth)
    assert answers.confidences.tolist() == [0.75] * 6 and answers.notes == ()
    assert (answers.seconds > 0).all()


def test_an_absent_object_is_four_zeros(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a", first_pixel=1)
    save(sequence.images[3], picture({}))
    answers = tracked(sequence)
    assert answers.boxes[3].tolist() == [0, 0, 0, 0] and answers.confidences[3] == 0
    assert np.array_equal(answers.boxes[4], sequence.truth[4])


def sequence_with(first: list[float], first_pixel: FirstPixel = 0) -> BoxSequence:
    return BoxSequence("a", (), np.array([first]), first_pixel)


@pytest.mark.parametrize(
    ("first", "rule", "expected"),
    [
        ([5.5, 6, 7, 8], "pixels", Box(4.5, 5, 7, 8)),
        ([0, 1, 7, 8], "pixels", Box(0, 0, 6, 8)),
        ([30, 20, 60, 70], "pixels", Box(29, 19, 11, 5)),
        ([5.5, 6.9, 7.9, 8], "samurai", Box(5, 6, 7, 8)),
        ([-3, 20, 60, 70], "samurai", Box(-3, 20, 60, 70)),
    ],
)
def test_a_first_box_becomes_a_prompt(first: list[float], rule: Any, expected: Box) -> None:
    prompt = first_prompt(sequence_with(first, 1), rule, (24, 40))
    assert prompt.box == expected and not prompt.note


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ([50, 30, 5, 5], Box(39, 23, 1, 1)),
        ([-20, 5, 10, 4], Box(0, 5, 1, 4)),
        ([5, 5, 0, 4], Box(5, 5, 1, 4)),
        ([5, 5, -2, 4], Box(5, 5, 1, 4)),
    ],
)
def test_a_first_box_without_pixels_is_moved_into_the_frame(
    first: list[float], expected: Box
) -> None:
    prompt = first_prompt(sequence_with(first), "pixels", (24, 40))
    assert prompt.box == expected and "is moved into the frame" in prompt.note


def test_an_unknown_first_box_gives_zeros_and_the_reason(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a")
    sequence.truth[0] = np.nan
    answers = tracked(sequence)
    assert not answers.boxes.any() and len(answers.boxes) == 6
    (note,) = answers.notes
    assert "the first box isn't known" in note


def test_an_unreadable_image_repeats_the_answer_before_it(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a")
    for index in (2, 3):
        sequence.images[index].write_bytes(b"no image")
    answers = tracked(sequence)
    expected = sequence.truth.copy()
    expected[2:4] = expected[1]
    assert np.array_equal(answers.boxes, expected)
    (note,) = answers.notes
    assert note.startswith("2 images can't be read") and "0002.png" in note


def test_an_unreadable_first_image_gives_zeros(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a")
    sequence.images[0].unlink()
    answers = tracked(sequence)
    assert not answers.boxes.any() and "the first image can't be read" in answers.notes[0]


def test_frames_of_another_size_are_answered_in_their_own_pixels(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a", first_pixel=1)
    for index in (4, 5):
        x, y, width, height = moving(index)
        large = picture({COLOR: (3 * x, 2 * y, 3 * width, 2 * height)}, (48, 120))
        save(sequence.images[index], large)
    answers = tracked(sequence)
    expected = sequence.truth.copy()
    expected[4:, :2] -= 1
    expected[4:] *= (3, 2, 3, 2)
    expected[4:, :2] += 1
    assert np.array_equal(answers.boxes, expected)
    (note,) = answers.notes
    assert "from frame 4 on there are images of 120x48, not 40x24" in note


def test_gray_images_are_tracked(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a")
    for index, file in enumerate(sequence.images):
        save(file, picture({COLOR: moving(index)})[..., 0])
    assert np.array_equal(tracked(sequence).boxes, sequence.truth)


def test_numbers_have_no_trailing_zeros() -> None:
    rows = np.array([[1.0, 2.5, 0.33333, -0.00001], [np.nan, 0, 100, 1e-9]])
    assert as_text(rows, 4) == "1,2.5,0.3333,0\n,0,100,0\n"


class CountingTracker(StubTracker):
    """Counts the frames that are read but not tracked yet, and the memory of a long run."""

    def __init__(self) -> None:
        self.read = self.tracked = self.most_ahead = 0
        self.memory: list[int] = []

    def picture(self, _: str) -> NDArray[np.uint8]:
        self.read += 1
        return picture({COLOR: (1, 1, 3, 3)}, (8, 8))

    def session(self) -> StubSession:
        return CountingSession(self)


class CountingSession(StubSession):
    def __init__(self, owner: CountingTracker) -> None:
        super().__init__()
        self._owner = owner

    def _answers(self, frame: NDArray[np.uint8], new: Any) -> list[Answer]:
        owner = self._owner
        owner.tracked += 1
        owner.most_ahead = max(owner.most_ahead, owner.read - owner.tracked)
        if owner.tracked in (1000, 19000):
            owner.memory.append(tracemalloc.get_traced_memory()[0])
        return super()._answers(frame, new)


def test_long_sequences_hold_flat_memory_and_few_frames() -> None:
    count = 20_000
    sequence = BoxSequence("long", (Path("image"),) * count, np.array([[1.0, 1, 3, 3]]), 0)
    tracker = CountingTracker()
    tracemalloc.start()
    try:
        answers = tracked(sequence, tracker, read=tracker.picture)
    finally:
        tracemalloc.stop()
    assert answers.boxes.shape == (count, 4) and (answers.boxes[:, 2] == 3).all()
    assert tracker.read == count and tracker.most_ahead <= AHEAD
    early, late = tracker.memory
    assert late - early < 200_000, "a byte per frame would be allowed, ten aren't"


def test_a_smoke_run_looks_at_its_frames_alone(tmp_path: Path) -> None:
    sequence = box_sequence(tmp_path, "a")
    for file in sequence.images[3:]:
        file.unlink()
    told: list[float] = []
    answers = run_boxes(StubTracker(), replace(sequence), "pixels", 3, told.append)
    assert np.array_equal(answers.boxes, sequence.truth[:3]) and told == [1, 2, 3]
