"""Calibrated confidence: fitted on made-up answers, monotone, and used by sessions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from samurai.confidence import calibrated, fit_knots
from samurai.regions import Mask
from samurai.tracker import Tracker


def test_a_fit_recovers_the_truth() -> None:
    random = np.random.default_rng(0)
    estimates = random.random(4000)
    truth = 0.8 * estimates**2
    knots = fit_knots(estimates, truth + random.normal(0, 0.1, 4000))
    for estimate in (0.1, 0.5, 0.9):
        assert calibrated(estimate, knots) == pytest.approx(0.8 * estimate**2, abs=0.03)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50))
def test_confidence_never_falls_and_stays_in_range(pairs: list[tuple[float, float]]) -> None:
    knots = fit_knots([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    values = [calibrated(estimate, knots) for estimate in np.linspace(0, 1, 30)]
    assert values == sorted(values) and values[0] >= 0 and values[-1] <= 1


def test_without_knots_the_estimate_is_the_confidence() -> None:
    assert calibrated(0.37, ()) == 0.37


def test_a_session_answers_with_calibrated_confidence(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], prompt_mask: Mask
) -> None:
    knots = (0.1, 0.2, 0.9)
    calibrated_tracker = make_tracker()
    calibrated_tracker.confidence = knots
    with make_tracker().session() as plain, calibrated_tracker.session() as ours:
        plain.start(video[0], [prompt_mask])
        ours.start(video[0], [prompt_mask])
        for frame in video[1:4]:
            raw, answer = plain.step(frame)[0], ours.step(frame)[0]
            assert answer.confidence == (
                0 if answer.absent else pytest.approx(calibrated(raw.confidence, knots))
            )
