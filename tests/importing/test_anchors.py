"""Anchors by VOT's rule, and the experiments of a new workspace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from vot.dataset import Sequence
from vot.experiment.multistart import find_anchors

from vot_wrapper.importing.anchors import place_anchors
from vot_wrapper.preflight.rules import make_anchors
from vot_wrapper.preflight.sequence import Facts


class Valued:
    """As much of a sequence as the toolkit's search for anchors reads."""

    def __init__(self, values: list[int]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def values(self, frame: int) -> dict[str, float]:
        return {"anchor": float(self._values[frame])}


def found(visible: str) -> tuple[list[int], list[int]]:
    """Forward and backward anchors, as the toolkit finds them."""
    sequence: Sequence = Valued(place_anchors(visible))
    return find_anchors(sequence)  # type: ignore[no-any-return]


def test_every_fifty_frames_and_the_last() -> None:
    assert found("v" * 201) == ([0, 50, 100], [150, 200])
    assert found("v" * 10) == ([0], [9])
    assert found("v") == ([0], [])


def test_an_anchor_moves_to_a_visible_frame_or_is_dropped() -> None:
    hidden = "v" * 48 + "e" * 5 + "v" * 98
    assert found(hidden) == ([0, 47], [100, 150])
    nowhere = "v" * 20 + "e" * 60 + "v" * 71
    assert found(nowhere) == ([0], [100, 150])


@pytest.mark.parametrize("count", [2, 50, 51, 99, 100, 101, 360])
def test_the_command_of_the_check_makes_the_same(tmp_path: Path, count: int) -> None:
    command = make_anchors(Facts("s", str(tmp_path), length=count), "anchor")
    assert os.system(command) == 0
    values = [int(line) for line in (tmp_path / "anchor.value").read_text().split()]
    assert values == place_anchors("v" * count)
