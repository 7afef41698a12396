"""Recorded work: what is copied in, replayed and copied out, with a recorder that needs no GPU."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from oracles.tape import Tape
from torch import Tensor

from samurai.networks.sam2.backends.cuda_graphs import Recording, Replayed


def both(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return a + b, (a * b).T


def test_new_inputs_give_new_results_and_callers_own_what_they_got() -> None:
    tape = Tape()
    replayed = Replayed(both, tape)
    torch.manual_seed(0)
    seen = []
    for _ in range(4):
        a, b = torch.randn(3, 5), torch.randn(3, 5)
        seen.append((a, b, replayed(a, b)))
    assert tape.recorded == 1 and tape.replayed == 4
    for a, b, (total, product) in seen:  # those of the first frames weren't written over
        assert torch.equal(total, a + b) and torch.equal(product, (a * b).T)
        assert product.stride() == (a * b).T.stride()


def test_inputs_stay_the_callers() -> None:
    replayed = Replayed(lambda a: a.mul_(2), Tape())
    value = torch.ones(2)
    assert replayed(value).tolist() == [2, 2] and value.tolist() == [1, 1]


def test_views_and_expanded_tensors_are_inputs_like_others() -> None:
    replayed = Replayed(lambda a: a + 1, Tape())
    row = torch.arange(3.0)
    for factor in (1, 2):
        wide = (row * factor)[None].expand(4, 3)
        assert torch.equal(replayed(wide.T), wide.T + 1)


def test_a_recording_per_shape_and_type_and_no_more_than_allowed() -> None:
    tape = Tape()
    replayed = Replayed(lambda a: a * 2, tape, at_most=2)
    inputs = [torch.ones(2), torch.ones(3), torch.ones(2), torch.ones(4), torch.ones(2).double()]
    for value in inputs:
        assert torch.equal(replayed(value), value * 2) and replayed(value).dtype == value.dtype
    assert tape.recorded == 2 and tape.replayed == 6


def test_where_there_is_no_room_for_a_recording_in_a_video_work_goes_on_without(
    caplog: pytest.LogCaptureFixture,
) -> None:
    full = False
    tape = Tape()

    def record(function: Any, inputs: tuple[Tensor, ...]) -> Recording:
        if full:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return tape(function, inputs)

    replayed = Replayed(lambda a: a * 2, record)
    assert torch.equal(replayed(torch.ones(2)), torch.full((2,), 2.0))
    full = True
    with pytest.raises(torch.OutOfMemoryError):  # while warming up: somebody falls back then
        replayed(torch.ones(3))
    replayed.must_record = False
    with caplog.at_level(logging.WARNING):
        for length in (3, 4, 2, 3):
            assert torch.equal(replayed(torch.ones(length)), torch.full((length,), 2.0))
    assert len(caplog.messages) == 1 and tape.recorded == 1 and tape.replayed == 2
