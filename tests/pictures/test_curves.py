"""Where the curves run, where they have gaps, and what is marked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from samurai.evaluation.pictures.curves import Curves, draw_curves
from samurai.evaluation.pictures.recording import Recording, State, Track
from samurai.painting.colors import PALETTE

MakeTrack = Callable[..., Track]
MakeRun = Callable[..., Recording]
WIDTH = 561
NAN = float("nan")


def colored(curves: Curves, x: float, color: tuple[int, int, int] = PALETTE[0]) -> np.ndarray:
    """The rows that have a color in the column at x."""
    near = np.abs(curves.picture[:, round(x)].astype(int) - color).max(axis=1) < 40
    return np.flatnonzero(near)


def changed_columns(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.flatnonzero((one != other).any(axis=(0, 2)))


def test_a_curve_runs_through_its_values_and_has_gaps(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    overlaps = [NAN, 1.0, 1.0, 0.0, NAN, NAN, 0.5, NAN, 0.5, 0.5, 0.5]
    curves = draw_curves(make_run(make_track(overlaps)), WIDTH)
    ((top, bottom),) = curves.plots
    ((_, points),) = curves.points
    assert np.array_equal(np.isnan(points[:, 1]), np.isnan(overlaps))
    assert np.allclose(np.diff(points[:, 0]), (points[-1, 0] - points[0, 0]) / 10)
    for (x, y), value in zip(points, overlaps, strict=True):
        if np.isnan(value):
            assert not colored(curves, x).size
        else:
            assert np.abs(colored(curves, x) - y).min() <= 1
            assert y == pytest.approx(bottom - value * (bottom - top), abs=1)
    between = (points[:-1, 0] + points[1:, 0]) / 2
    drawn = [bool(colored(curves, x).size) for x in between]
    known = ~np.isnan(overlaps)
    assert drawn == (known[:-1] & known[1:]).tolist()


def test_confidence_has_its_plot_only_where_there_is_any(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    without = draw_curves(make_run(make_track([0.5] * 11)), WIDTH)
    assert len(without.plots) == 1
    for confidence in (0.5, -7.5, 300.0):
        some = make_run(make_track([0.5] * 11, confidences=[NAN] * 10 + [confidence]))
        curves = draw_curves(some, WIDTH)
        assert len(curves.plots) == 2
        (top, bottom), y = curves.plots[1], curves.points[1][1][10][1]
        assert top <= y <= bottom


def test_a_run_backward_is_drawn_at_its_frames(make_track: MakeTrack, make_run: MakeRun) -> None:
    forward = make_run(make_track([NAN, *[0.5] * 3, *[NAN] * 7]))
    backward = dataclasses.replace(forward, frames=list(range(10, -1, -1)))
    curves = draw_curves(backward, WIDTH)
    frame_2, frame_8 = draw_curves(forward, WIDTH).points[0][1][[2, 8], 0]
    assert colored(curves, frame_8).size and not colored(curves, frame_2).size


def test_starts_failures_and_hidden_frames_are_marked(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    states = [State.INIT, *[State.TRACKED] * 3, State.FAILED, State.NONE, State.INIT]
    states += [State.TRACKED] * 4
    overlaps = [NAN] * 11
    plain = draw_curves(make_run(make_track(overlaps)), WIDTH)
    columns = plain.points[0][1][:, 0].round().astype(int)
    marked = draw_curves(make_run(make_track(overlaps, states=states)), WIDTH)
    changed = changed_columns(plain.picture, marked.picture)
    assert set(columns[[0, 4, 6]]) <= set(changed)
    assert not set(columns[[2, 5, 8]]) & set(changed)
    hidden = draw_curves(make_run(make_track(overlaps, hidden=[n == 8 for n in range(11)])), WIDTH)
    shaded = changed_columns(plain.picture, hidden.picture)
    half = (columns[8] - columns[7]) / 2
    assert shaded[[0, -1]] == pytest.approx([columns[8] - half, columns[8] + half], abs=1.5)
    assert len(shaded) == shaded[-1] - shaded[0] + 1


def test_one_frame_is_enough(make_track: MakeTrack, make_run: MakeRun) -> None:
    curves = draw_curves(make_run(make_track([0.5], states=[State.INIT])), WIDTH)
    assert curves.marked([0], (255, 255, 255)).shape == curves.picture.shape
