"""What is painted where: masks, boxes, ground truth, captions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from samurai.evaluation.pictures.drawing import FILL, describe, fit, outlines, paint
from samurai.evaluation.pictures.recording import MaskShape, PolygonShape, Recording, State, Track
from samurai.painting.colors import PALETTE
from samurai.painting.shapes import SUBPIXEL_BITS
from samurai.painting.text import SMALL, write

MakeTrack = Callable[..., Track]
MakeRun = Callable[..., Recording]
GRAY = 100


def ring() -> MaskShape:
    """20 x 20 pixels at (15, 12) with a hole of 8 x 8."""
    pixels = np.ones((20, 20), np.uint8)
    pixels[6:14, 6:14] = 0
    return MaskShape(pixels, 15, 12)


def test_a_mask_is_filled_and_its_hole_is_not(make_track: MakeTrack, make_run: MakeRun) -> None:
    scale = 3
    run = make_run(make_track([0.5], answers=[ring()]))
    picture = paint(run, 0, (64 * scale, 48 * scale))
    inside = np.round((1 - FILL) * GRAY + FILL * np.array(PALETTE[0]))
    assert np.abs(picture[15 * scale, 18 * scale] - inside).max() <= 1
    assert picture[22 * scale, 25 * scale].tolist() == [GRAY] * 3  # the hole
    assert picture[5 * scale, 5 * scale].tolist() == [GRAY] * 3


def test_a_box_has_only_an_outline(
    make_track: MakeTrack, make_run: MakeRun, box: PolygonShape
) -> None:
    run = make_run(make_track([0.5], answers=[box]))
    picture = paint(run, 0, (64, 48))
    assert picture[15, 20].tolist() == [GRAY] * 3
    assert (picture[15, 9] != GRAY).any() or (picture[15, 10] != GRAY).any()


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1)),
    st.integers(-5, 60),
    st.floats(0.3, 4),
)
def test_outlines_keep_to_the_masks_border(pixels: np.ndarray, offset: int, factor: float) -> None:
    """To half a pixel, of the frame or of the picture, whichever is larger."""
    lines = outlines(MaskShape(pixels, offset, offset), (factor, factor))
    if not pixels.any():
        assert lines == []
        return
    points = (np.concatenate(lines) / 2**SUBPIXEL_BITS + 0.5) / factor - offset
    rows, columns = np.nonzero(pixels)
    border = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]])
    found = np.array([points.min(axis=0), points.max(axis=0)])
    inward = (found - border) * np.array([[1], [-1]])
    slack = 1 / 2**SUBPIXEL_BITS / factor
    assert (inward >= -slack).all()
    assert (inward <= max(0.5, 0.5 / factor) + slack).all()


def test_shapes_far_outside_the_frame_do_no_harm(make_track: MakeTrack, make_run: MakeRun) -> None:
    far = PolygonShape(np.array([(-1e30, -1e30), (1e30, -1e30), (1e30, 1e30)]))
    mask = MaskShape(np.ones((5, 5), np.uint8), 5000, -900)
    run = make_run(make_track([0.5], name="a", answers=[mask], truths=[far]), make_track([0.5]))
    assert paint(run, 0, (64, 48)).shape == (48, 64, 3)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_sizes_are_even_and_keep_their_shape(width: int, height: int) -> None:
    wide, high = fit((width, height), 640, 1280)
    assert wide % 2 == 0 and high % 2 == 0
    assert 640 <= wide <= 1280
    assert high == 2 or abs(high - wide * height / width) <= 1


def words(run: Recording, index: int, width: int = 400) -> list[str]:
    return [text for text, _ in describe(run, index, width)]


def test_captions_say_what_happened(make_track: MakeTrack, make_run: MakeRun) -> None:
    nan = float("nan")
    states = [State.INIT, State.TRACKED, State.ABSENT, State.FAILED, State.NONE]
    run = make_run(
        make_track(
            [nan, 0.756, 1.0, nan, nan],
            states=states,
            confidences=[nan, 0.9, nan, 0.1, nan],
            hidden=[False, False, True, False, False],
        )
    )
    assert words(run, 0) == ["frame 0", "init"]
    assert words(run, 1) == ["frame 1", "overlap 0.76", "confidence 0.90"]
    assert words(run, 2) == ["frame 2", "not in view", "absent", "overlap 1.00"]
    assert words(run, 3) == ["frame 3", "failed", "confidence 0.10"]
    assert words(run, 4) == ["frame 4", "no answer"]


def test_captions_of_many_objects_shrink_to_their_mean(
    make_track: MakeTrack, make_run: MakeRun
) -> None:
    run = make_run(*(make_track([n / 10], name=f"o{n}") for n in range(9)))
    assert words(run, 0, 1000)[1:] == [f"{n / 10:.2f}" for n in range(9)]
    assert words(run, 0, 300)[1:] == ["mean overlap 0.40 of 9 objects"]


def test_text_keeps_to_its_area_and_pieces_without_room_are_left_out() -> None:
    canvas = np.zeros((40, 80, 3), np.uint8)
    write(canvas[10:30, 10:60], [("a", (255, 0, 0)), ("b" * 12, (0, 255, 0))], SMALL)
    assert canvas[10:30, 10:60, 0].any() and not canvas[..., 1].any()
    canvas[10:30, 10:60] = 0
    assert not canvas.any()
