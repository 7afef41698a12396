"""The check before a mask is remembered: scripted masks on pictures that move. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from samurai.policies.base import Candidate, Decoded, PolicyContext
from samurai.policies.memory_check import HORIZON, CheckedPolicy, consistent_flow
from samurai.policies.sam2 import Sam2Policy

SIZE = (96, 128)


@dataclass
class Pictures:
    """The newest pictures: texture, with a square of another texture at (x, y)."""

    shown: list[NDArray[np.uint8]] = field(default_factory=list)

    def show(self, *squares: tuple[int, int]) -> None:
        random = np.random.default_rng(3)
        picture = random.integers(0, 255, (*SIZE, 3)).astype(np.uint8) // 2
        for number, (x, y) in enumerate(squares):
            texture = np.random.default_rng(number).integers(0, 255, (24, 24, 3))
            picture[y : y + 24, x : x + 24] = texture
        self.shown = [picture, *self.shown][: HORIZON + 1]

    @property
    def ago(self) -> int:
        return len(self.shown) - 1

    def rgb(self, ago: int = 0) -> NDArray[np.uint8]:
        return self.shown[ago]

    def gray(self, ago: int = 0) -> NDArray[np.uint8]:
        gray: NDArray[np.uint8] = self.shown[ago].mean(axis=2).astype(np.uint8)
        return gray


def square(x: int, y: int) -> NDArray[np.float32]:
    """Logits of a mask of the square at (x, y) of the picture."""
    logits = np.full((*SIZE,), -5.0, np.float32)
    logits[y : y + 24, x : x + 24] = 5.0
    return logits


def decoded(frame_index: int, *masks: NDArray[np.float32]) -> Decoded:
    """Candidates, the first one the surest, on a grid of the picture's pixels."""
    candidates = tuple(Candidate(0.9 - 0.1 * n) for n in range(len(masks)))
    return Decoded(frame_index, 5.0, candidates, lambda number: masks[number])


class Scripted:
    """A checked `sam2` that is shown pictures and masks; tells what it writes."""

    def __init__(self) -> None:
        self.policy, self.pictures = CheckedPolicy(Sam2Policy(PolicyContext())), Pictures()
        self.frame = -1

    def show(self, squares: list[tuple[int, int]], *masks: NDArray[np.float32]) -> bool:
        """Whether the frame is remembered."""
        self.frame += 1
        self.pictures.show(*squares)
        self.policy.observe(self.pictures)
        seen = decoded(self.frame, *masks)
        if self.frame == 0:
            self.policy.start(seen)
        else:
            [recall] = self.policy.recall(self.frame)
            self.recalled = [entry.frame_index for entry in recall.maps]
            self.pointed = [entry.frame_index for entry in recall.pointers]
            self.policy.choose([seen])
        [keep] = self.policy.remember(self.frame)
        assert (self.frame in keep.maps) is (self.frame in keep.pointers)
        return self.frame in keep.maps


def test_a_mask_that_moves_with_the_picture_passes() -> None:
    scripted = Scripted()
    for step in range(8):
        at = (20 + 3 * step, 30 + step)
        assert scripted.show([at], square(*at))


def test_a_jump_to_another_object_is_not_remembered_at_first() -> None:
    scripted = Scripted()
    for step in range(5):
        assert scripted.show([(20, 30 + step), (80, 40)], square(20, 30 + step))
    assert not scripted.show([(20, 35), (80, 40)], square(80, 40))
    assert not scripted.show([(20, 36), (80, 40)], square(80, 40))
    assert scripted.show([(20, 37), (80, 40)], square(20, 37))
    assert scripted.show([(20, 38), (80, 40)], square(20, 38))
    assert scripted.recalled == [0, 2, 3, 4, 7]
    assert scripted.pointed == [0, 7, 4, 3, 2, 1]


def test_after_the_horizon_there_is_nothing_to_compare_with() -> None:
    scripted = Scripted()
    for _ in range(4):
        assert scripted.show([(20, 30), (80, 40)], square(20, 30))
    jumped = [scripted.show([(20, 30), (80, 40)], square(80, 40)) for _ in range(6)]
    assert jumped == [False] * HORIZON + [True] * (6 - HORIZON)


def test_a_mask_that_spills_is_not_remembered() -> None:
    scripted = Scripted()
    for _ in range(4):
        assert scripted.show([(40, 30)], square(40, 30))
    assert not scripted.show([(40, 30)], np.full(SIZE, 5.0, np.float32))


def test_an_absence_passes_and_ends_nothing() -> None:
    scripted = Scripted()
    assert scripted.show([(40, 30)], square(40, 30))
    empty = np.full(SIZE, -5.0, np.float32)
    assert scripted.show([(40, 30)], empty)
    assert scripted.show([(40, 30)], square(40, 30))


def test_a_mask_on_a_neighbor_of_before_is_not_remembered() -> None:
    """Two squares come together: the mask overlaps with both, more with the other one."""
    scripted = Scripted()
    for _ in range(3):
        own, other = square(20, 30), square(46, 30)
        assert scripted.show([(20, 30), (46, 30)], own, other)
    both = np.full(SIZE, -5.0, np.float32)
    both[30:54, 33:70] = 5.0
    assert not scripted.show([(20, 30), (46, 30)], both)


def test_a_corrected_mask_is_remembered_though_the_mask_before_was_not() -> None:
    scripted = Scripted()
    for _ in range(4):
        assert scripted.show([(20, 30), (80, 40)], square(20, 30))
    assert not scripted.show([(20, 30), (80, 40)], square(80, 40))
    scripted.policy.correct(decoded(4, square(20, 30)), 0)
    [keep] = scripted.policy.remember(4)
    [recall] = scripted.policy.recall(5)
    assert 4 in keep.maps and 4 in keep.pointers
    assert 4 in [entry.frame_index for entry in recall.maps]
    assert 4 in [entry.frame_index for entry in recall.pointers]


def test_flow_that_does_not_return_is_told() -> None:
    there, back = np.zeros((10, 10, 2), np.float32), np.zeros((10, 10, 2), np.float32)
    there[..., 0], back[..., 0] = 2, -2
    back[5] = 0
    met = consistent_flow(there, back)
    assert met[0, :8].all() and not met[5].any() and not met[:, 8:].any()
