"""Where the curves run, where they have gaps, and what is marked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vot_wrapper.pictures.curves import LEFT, PLOT_HEIGHT, RIGHT, draw_curves, round_bounds
from vot_wrapper.pictures.drawing import PALETTE
from vot_wrapper.pictures.runs import Run, State, Track

MakeTrack = Callable[..., Track]
MakeRun = Callable[..., Run]
WIDTH = 561
STEP = (WIDTH - 1 - LEFT - RIGHT) / 10  # pixels between frames of a run of 11
NAN = float("nan")


def coloured(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The columns that have pixels of a colour."""
    return (np.abs(picture.astype(int) - colour).max(axis=2) < 30).any(axis=0)


def column(frame: float) -> int:
    return round(LEFT + frame * STEP)


def test_a_curve_is_as_high_as_its_values_and_has_gaps(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    overlaps = [NAN, 1.0, 1.0, 0.0, NAN, NAN, 0.5, NAN, 0.5, 0.5, 0.5]
    picture = draw_curves(make_run(make_track(overlaps)), WIDTH).picture
    there = coloured(picture, PALETTE[0])
    for frame in (1.5, 2.5, 6, 8.5, 9.5):
        assert there[column(frame)], frame
    for frame in (0.5, 3.5, 4.5, 5.5, 6.5, 7.5):
        assert not there[column(frame)], frame

    rows = {
        frame: np.flatnonzero(coloured(picture[:, [column(frame)]].swapaxes(0, 1), PALETTE[0]))
        for frame in (1, 3, 9)
    }
    top, bottom, middle = (rows[frame].mean() for frame in (1.0, 3.0, 9.0))
    assert bottom - top > PLOT_HEIGHT * 0.4
    assert middle - top == pytest.approx((PLOT_HEIGHT - 1) / 2, abs=2)


def test_confidence_has_its_plot_only_where_there_is_any(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    without = draw_curves(make_run(make_track([0.5] * 11)), WIDTH).picture
    some = make_run(make_track([0.5] * 11, confidences=[NAN] * 10 + [-7.5]))
    with_it = draw_curves(some, WIDTH).picture
    assert with_it.shape[0] > without.shape[0] + PLOT_HEIGHT
    assert with_it.shape[0] % 2 == 0 and without.shape[0] % 2 == 0


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
@example(-5e-324, 0.0)
@example(-5e-324, 10.0)
def test_axes_hold_their_values_in_round_numbers(low: float, span: float) -> None:
    bottom, top = round_bounds(low, low + span)
    slack = 1e-9 * (abs(low) + span)
    assert bottom <= low + slack and low + span <= top + slack
    assert bottom < top
    if low >= 0 and low + span <= 1:
        assert (bottom, top) == (0, 1)
    elif span > max(0.01 * abs(low + span), 1e-9):
        assert top - bottom <= 4 * span  # the values fill a good part of it


def test_marks_are_where_the_frames_are(make_track: MakeTrack, make_run: MakeRun) -> None:
    curves = draw_curves(make_run(make_track([0.5] * 11)), WIDTH)
    before = curves.picture.copy()
    changed = (curves.marked([3, 8], (255, 0, 255)) != before).any(axis=(0, 2))
    assert np.array_equal(curves.picture, before)
    assert changed[column(3)] and changed[column(8)]
    far = np.abs(np.arange(WIDTH)[:, None] - [column(3), column(8)]).min(axis=1) > 6
    assert not changed[far].any()


def test_a_run_backward_is_drawn_at_its_frames(make_track: MakeTrack, make_run: MakeRun) -> None:
    forward = make_run(make_track([NAN, *[0.5] * 3, *[NAN] * 7]))
    backward = Run(**{**vars(forward), "frames": list(range(10, -1, -1))})
    there = coloured(draw_curves(backward, WIDTH).picture, PALETTE[0])
    assert there[column(8)] and not there[column(2)]


def test_starts_failures_and_hidden_frames_are_marked(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    states = [State.INIT, *[State.TRACKED] * 3, State.FAILED, State.NONE, State.INIT]
    states += [State.TRACKED] * 4
    overlaps = [NAN] * 11
    plain = draw_curves(make_run(make_track(overlaps)), WIDTH).picture
    marked = draw_curves(make_run(make_track(overlaps, states=states)), WIDTH).picture
    changed = (plain != marked).any(axis=(0, 2))
    assert all(changed[column(frame)] for frame in (0, 4, 6))
    assert not any(changed[column(frame)] for frame in (2, 5, 8))
    hidden = draw_curves(make_run(make_track(overlaps, hidden=[n == 8 for n in range(11)])), WIDTH)
    shaded = (plain != hidden.picture).any(axis=(0, 2))
    assert shaded[column(8)] and not shaded[column(7)] and not shaded[column(9)]


def test_one_frame_is_enough(make_track: MakeTrack, make_run: MakeRun) -> None:
    curves = draw_curves(make_run(make_track([0.5], states=[State.INIT])), WIDTH)
    assert curves.marked([0], (255, 255, 255)).shape == curves.picture.shape
