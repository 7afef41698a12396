"""Complaints about neighboring projects, tried here: order of objects, odd sizes, touching
objects, absence, and a second start in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from oracles.agreement import overlap
from oracles.runs import bundled, run

from samurai import Answer, Box, Mask, Points, Tracker
from samurai.regions import Region

VISITORS = (Box(46, 87, 24, 21), Box(81, 31, 70, 97), Box(120, 119, 34, 32))
"""Objects of the first frame of `visitors`: an apple, a jug and an orange."""

FIVE = [*VISITORS, Box(20, 30, 40, 40), Box(200, 150, 60, 50)]


def assert_sound(answer: Answer, size: tuple[int, int]) -> None:
    """What every answer owes: a mask of the frame's size, and a box of just that mask."""
    assert answer.mask.shape == size and answer.mask.dtype == np.bool_
    assert answer.box == Box.of_mask(answer.mask)
    assert answer.absent is (answer.box is None)
    assert 0.0 <= answer.confidence <= 1.0
    if answer.absent:
        assert answer.confidence == 0.0 and not answer.mask.any()


@pytest.mark.parametrize(
    ("policy", "late"), [("samurai", False), ("sam2long", True), ("mosam", True)]
)
def test_objects_in_reverse_order_are_answered_in_reverse_order(policy: str, late: bool) -> None:
    """Numbers belong to objects, whatever else is in the batch (transformers#40770)."""
    frames = bundled("../multiobject/sequences/visitors", 4)
    tracker = Tracker.load("nano", policy=policy, device="cpu")

    def last(boxes: Sequence[Box]) -> list[Answer]:
        if late:
            return run(tracker.session(), frames, boxes[:1], {1: boxes[1:]})[-1]
        return run(tracker.session(), frames, boxes)[-1]

    first = FIVE[0]  # which begins alone where the others are late
    forward = last([first, *FIVE[1:]])
    backward = last([first, *FIVE[:0:-1]]) if late else last(FIVE[::-1])
    expected = [backward[0], *backward[:0:-1]] if late else backward[::-1]
    assert [answer.object_id for answer in backward] == list(range(len(FIVE)))
    for ours, theirs in zip(forward, expected, strict=True):
        assert overlap(ours.mask, theirs.mask) > 0.95


def edge_prompts(size: tuple[int, int]) -> list[Region]:
    """Prompts at the last column, the last row and the last corner."""
    rows, columns = size
    mask = np.zeros(size, dtype=bool)
    mask[rows // 3 : rows // 2, -1] = True
    return [
        Box(columns - 1, rows / 4, 1, rows / 2),
        Box(columns / 4, rows - 1, columns / 2, 1),
        Box(columns - 1, rows - 1, 1, 1),
        Box(columns - 20.5, rows / 4, 40, rows / 2),
        Mask(mask),
        Points([[columns - 1, rows - 1]], [1]),
    ]


@pytest.mark.parametrize(
    ("model", "size"),
    [
        *(("nano", size) for size in ((359, 641), (1, 33), (1, 1))),
        *(("whole frame", size) for size in ((97, 131), (33, 1), (1, 1))),
    ],
)
def test_sizes_that_no_stride_divides_and_objects_at_the_last_column(
    make_tracker: Callable[..., Tracker], model: str, size: tuple[int, int]
) -> None:
    """ultralytics#19895. The other model sees whole frames, as the official ones do."""
    tracker = (
        Tracker.load("nano", policy="samurai", device="cpu")
        if model == "nano"
        else make_tracker("samurai")
    )
    random = np.random.default_rng(0)
    frames = [random.integers(0, 255, (*size, 3), dtype=np.uint8) for _ in range(3)]
    prompts = edge_prompts(size) if size[0] > 2 < size[1] else [Box(0, 0, *size[::-1])]
    with tracker.session() as session:
        for frame in frames:
            started = session.frame_index >= 0
            answers = session.step(frame) if started else session.start(frame, prompts)
            assert len(answers) == len(prompts)
            for answer in answers:
                assert_sound(answer, size)


def test_an_object_whose_every_pixel_is_another_ones_is_absent() -> None:
    """The same object twice, without overlap: one keeps it, the other says that it has nothing."""
    frames = bundled("deformation", 3)
    session = Tracker.load("nano", policy="samurai", device="cpu", overlap=False).session()
    box = Box(62, 115, 165, 63)
    for answers in run(session, frames, [box, box]):
        for answer in answers:
            assert_sound(answer, frames[0].shape[:2])
        assert not answers[0].absent and answers[0].mask.any()
    both = sum(int(answer.mask.sum()) for answer in answers)
    assert both == int((answers[0].mask | answers[1].mask).sum())


FRESH = """
import sys, numpy as np
from samurai import Box, Tracker
frames = np.load(sys.argv[1])
with Tracker.load("nano", policy="him2sam", device="cpu").session() as session:
    masks = [session.start(frames[0], [Box(62, 115, 165, 63)])[0].mask]
    masks += [session.step(frame)[0].mask for frame in frames[1:]]
np.save(sys.argv[2], masks)
"""


def test_a_second_start_in_a_process_is_as_the_first_in_a_fresh_one(tmp_path: Path) -> None:
    """samurai#118 and DAM4SAM#31: no state of the model, a module or a process is left behind.
    `him2sam` has the most of it: a filter, pictures, followed points, two memories."""
    frames = bundled("deformation", 10)
    np.save(tmp_path / "frames.npy", frames[5:])
    paths = [str(tmp_path / name) for name in ("frames.npy", "masks.npy")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", FRESH, *paths]
    subprocess.run(command, check=True, timeout=300, env=environment)
    with Tracker.load("nano", policy="him2sam", device="cpu").session() as session:
        run(session, frames[:6], [Box(20, 30, 40, 40)])
        again = run(session, frames[5:], [Box(62, 115, 165, 63)])
    for [answer], mask in zip(again, np.load(paths[1]), strict=True):
        assert overlap(answer.mask, mask) > 0.95
