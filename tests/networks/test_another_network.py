"""Sessions and policies with a network of other strides, sizes and token counts than SAM 2's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.agreement import overlap
from oracles.color_network import ColorNetwork
from oracles.runs import run

from samurai.core.session import Session
from samurai.policies import POLICIES
from samurai.policies.base import PolicyContext
from samurai.regions import Box, Mask, Points, Region

HEIGHT, WIDTH, FRAMES = 120, 160, 20
RED, BLUE = (220, 40, 30), (30, 60, 230)

Frame = NDArray[np.uint8]


def place(start: tuple[int, int], speed: tuple[int, int], index: int) -> tuple[slice, slice]:
    """Rows and columns of a moving square of 40 pixels."""
    x, y = start[0] + speed[0] * index, start[1] + speed[1] * index
    return slice(y, y + 40), slice(x, x + 40)


def red(index: int) -> tuple[slice, slice]:
    return place((10, 20), (2, 1), index)


def blue(index: int) -> tuple[slice, slice]:
    return place((118, 70), (-1, -1), index)


def frame_of(index: int, visible: bool = True) -> Frame:
    frame = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    frame[blue(index)] = BLUE
    if visible:
        frame[red(index)] = RED
    return frame


def mask_of(where: tuple[slice, slice]) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[where] = True
    return mask


def session_of(policy: str, window: float | None, **options: Any) -> Session:
    spec = ColorNetwork.spec
    context = PolicyContext(spec.map_slots, spec.pointer_slots)
    return Session(ColorNetwork(), lambda: POLICIES[policy](context), "points", window, **options)


@pytest.mark.parametrize("window", [None, 3.0])
@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_every_policy_tracks_with_another_network(policy: str, window: float | None) -> None:
    """Two objects, one of them late and one of them absent for a while, in bounded memory."""
    gone = range(10, 13)
    with session_of(policy, window) as session:
        session.start(frame_of(0), [Mask(mask_of(red(0)))])
        for index in range(1, FRAMES):
            late = [Mask(mask_of(blue(index)))] if index == 4 else []
            answers = session.step(frame_of(index, index not in gone), late)
            session.update_memory_async()
            assert answers[0].absent or index not in gone
            if index == 6:
                held = session._state.bank.maps.capacity, session._state.bank.pointers.capacity
        assert (session._state.bank.maps.capacity, session._state.bank.pointers.capacity) == held
    assert overlap(answers[0].mask, mask_of(red(FRAMES - 1))) > 0.5
    assert overlap(answers[1].mask, mask_of(blue(FRAMES - 1))) > 0.5


@pytest.mark.parametrize("window", [None, 3.0])
def test_every_prompt_is_decoded(window: float | None) -> None:
    regions: list[Region] = [Box(10, 20, 40, 40), Points([(30.0, 40.0)], [1])]
    frames = [frame_of(0), frame_of(1)]
    for index, answers in enumerate(run(session_of("samurai", window), frames, regions)):
        for answer in answers:
            assert overlap(answer.mask, mask_of(red(index))) > 0.5


def test_separated_masks_share_no_pixel() -> None:
    with session_of("sam2", None, overlap=False) as session:
        both = [Mask(mask_of(red(0))), Mask(mask_of(red(0)) | mask_of(blue(0)))]
        first, second = session.start(frame_of(0), both)
    assert first.mask.any() and second.mask.any() and not (first.mask & second.mask).any()
