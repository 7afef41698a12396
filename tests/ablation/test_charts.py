"""Bars can be told apart, also where there are more of them than colors."""

from __future__ import annotations

import numpy as np

from samurai.evaluation.ablation.charts import Bars, draw_bars
from samurai.painting.colors import PALETTE, color_of
from samurai.policies import POLICIES


def test_every_policy_has_a_color_of_its_own() -> None:
    assert len({color_of(number) for number in range(len(POLICIES))}) == len(POLICIES)


def test_a_color_that_repeats_is_hatched() -> None:
    count = len(PALETTE) + 1

    def picture(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        values = [1.0 if each == number else 0.0 for each in range(count)]
        frame = draw_bars(Bars("", {"one": values}), [f"p{each}" for each in range(count)])
        return frame[-200:]  # without the legend

    plain, hatched = (
        np.all(picture(number) == color_of(number), axis=2).sum() for number in (0, count - 1)
    )
    assert 0 < hatched < plain
