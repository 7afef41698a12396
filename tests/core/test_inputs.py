"""Prompts and frames of every kind are taken rightly, or refused by one typed line."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles.runs import run, same
from PIL import Image

from samurai import Answer, Box, Mask, Points, SamuraiError, Tracker
from samurai.core.preprocess import rgb_frame
from samurai.errors import FrameError, RegionError
from samurai.regions import as_region, as_regions

OBJECT = np.zeros((96, 128), bool)
OBJECT[34:60, 30:62] = True
OBJECT[34:40, 30:36] = False

TAKEN: dict[str, Callable[[NDArray[np.bool_]], Any]] = {
    "bool": lambda m: m,
    "0 and 255": lambda m: m.astype(np.uint8) * 255,
    "one label": lambda m: m.astype(np.int64) * 7,
    "minus one": lambda m: -m.astype(np.int8),
    "float32": lambda m: m.astype(np.float32),
    "minus zero": lambda m: np.where(m, 1.0, -0.0),
    "lists": lambda m: m.tolist(),
    "Fortran order": np.asfortranarray,
    "negative strides": lambda m: m[::-1, ::-1].copy()[::-1, ::-1],
    "tensor": torch.from_numpy,
    "bfloat16 tensor": lambda m: torch.from_numpy(m).bfloat16(),
    "tensor with gradient": lambda m: torch.from_numpy(m).float().requires_grad_(),
    "inference tensor": lambda m: _inference(m),
}

REFUSED: dict[str, Callable[[NDArray[np.bool_]], Any]] = {
    "probabilities": lambda m: np.where(m, 0.99, 0.01),
    "probabilities of one": lambda m: np.where(m, 1.0, 0.01),
    "nan": lambda m: np.where(m, 1.0, np.nan),
    "logit tensor": lambda m: torch.from_numpy(np.where(m, 8.0, -8.0)),
    "label map": lambda m: m.astype(np.uint8) + (np.arange(128) > 50),
    "(H, W, 1)": lambda m: m[..., None],
    "(1, 1, H, W)": lambda m: m[None, None],
    "scalar": lambda m: True,
    "text": lambda m: "mask.png",
    "strings": lambda m: m.astype(str),
    "objects": lambda m: m.astype(object),
    "complex": lambda m: m.astype(np.complex64),
    "ragged": lambda m: [[True], [True, False]],
    "none": lambda m: None,
}


def _inference(mask: NDArray[np.bool_]) -> torch.Tensor:
    with torch.inference_mode():
        return torch.from_numpy(mask).clone()


@pytest.mark.parametrize("kind", TAKEN)
def test_a_mask_of_any_kind_is_the_same_mask(kind: str) -> None:
    array = Mask(TAKEN[kind](OBJECT)).array
    np.testing.assert_array_equal(array, OBJECT)
    assert array.dtype == np.bool_ and array.flags.c_contiguous and array.flags.writeable


@pytest.mark.parametrize("kind", REFUSED)
def test_what_leaves_the_object_open_is_refused_in_one_line(kind: str) -> None:
    with pytest.raises(RegionError) as refused:
        Mask(REFUSED[kind](OBJECT))
    assert "\n" not in str(refused.value)


def test_broadcast_and_read_only_masks_are_copied() -> None:
    whole = np.broadcast_to(np.bool_(True), (4, 6))
    assert Mask(whole).array.all()
    mine = OBJECT.copy()
    mask = Mask(mine)
    mine[:] = False
    np.testing.assert_array_equal(mask.array, OBJECT)


@pytest.mark.parametrize("kind", ["negative strides", "Fortran order", "tensor"])
def test_masks_in_any_layout_start_a_video(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], kind: str
) -> None:
    """Also where the whole frame is seen, so that no window copies the mask on the way."""
    with make_tracker().session() as session:
        plain = session.start(video[0], [Mask(OBJECT)])[0]
        other = session.start(video[0], [Mask(TAKEN[kind](OBJECT))])[0]
    np.testing.assert_array_equal(plain.mask, other.mask)


NUMBERS: dict[str, Callable[[float], Any]] = {
    "float32": np.float32,
    "int16": np.int16,
    "bfloat16": lambda v: torch.tensor(v, dtype=torch.bfloat16),
    "with gradient": lambda v: torch.tensor(v, requires_grad=True),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_boxes_take_numbers_of_any_kind(kind: str) -> None:
    box = Box(*map(NUMBERS[kind], (30.0, 33.0, 32.0, 27.0)))
    assert box == Box(30, 33, 32, 27)
    assert all(type(value) is float for value in (box.x, box.y, box.width, box.height))
    box.check((96, 128))


@pytest.mark.parametrize("value", ["12", None, np.zeros(2), 1j])
def test_a_box_of_something_else_is_refused(value: Any) -> None:
    with pytest.raises(RegionError):
        Box(10, 20, value, 30)


def test_a_box_without_an_area_is_refused_before_anything_changes(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]]
) -> None:
    with make_tracker().session() as session:
        session.start(video[0], [Box(30, 33, 32, 27)])
        for value in (float("nan"), float("inf"), 0.0):
            with pytest.raises(RegionError):
                session.step(video[1], [Box(10, 20, value, 30)])
        assert session.frame_index == 0


@given(
    *[st.floats(allow_nan=True, allow_infinity=True, width=32)] * 4,
    st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
)
def test_any_four_numbers_are_a_box_or_a_typed_error(
    x: float, y: float, width: float, height: float, size: tuple[int, int]
) -> None:
    box = Box(x, y, width, height)
    try:
        box.check(size)
    except RegionError:
        return
    assert box.width > 0 and box.height > 0 and box.x < size[1] and box.y < size[0]


@pytest.mark.parametrize(
    "value",
    [
        (30, 33, 32, 27),
        [30.0, 33, 32, np.float32(27)],
        np.array([30, 33, 32, 27]),
        torch.tensor([30.0, 33.0, 32.0, 27.0]),
    ],
    ids=["tuple", "list", "array", "tensor"],
)
def test_four_numbers_are_a_box(value: Any) -> None:
    assert as_region(value) == Box(30, 33, 32, 27)
    assert as_regions(value) == as_regions([value]) == [Box(30, 33, 32, 27)]
    assert as_regions([value, Box(1, 2, 3, 4)]) == [Box(30, 33, 32, 27), Box(1, 2, 3, 4)]


def test_rows_of_an_array_are_boxes() -> None:
    assert as_regions(np.array([[1, 2, 3, 4], [5, 6, 7, 8]])) == [Box(1, 2, 3, 4), Box(5, 6, 7, 8)]


@pytest.mark.parametrize(
    "value",
    ["box", 5, {"cup": "box"}, [None], [[1, 2, 3]], [OBJECT], ["1", "2", "3", "4"],
     np.array([True] * 4)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_anything_else_is_refused_by_name(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], value: Any
) -> None:
    session = make_tracker().session()
    with pytest.raises(RegionError):
        session.start(video[0], value)
    assert session.frame_index == -1


@pytest.mark.parametrize(
    ("coordinates", "labels"),
    [
        ([1, 2], [1]),
        ([[1, 2]], 1),
        ([[1, 2]], [2]),
        ([[1, 2]], [0.5]),
        ([[1, 2]], ["1"]),
        ([[1, 2], [3]], [1, 1]),
        (None, None),
    ],
)
def test_points_that_leave_something_open_are_refused(coordinates: Any, labels: Any) -> None:
    with pytest.raises(RegionError):
        Points(coordinates, labels)


@pytest.mark.parametrize("make", [list, np.array, torch.tensor], ids=["list", "array", "tensor"])
def test_points_are_taken_and_copied(make: Callable[..., Any]) -> None:
    places, labels = make([[46.0, 47.5], [20.0, 20.0]]), make([1, 0])
    points = Points(places, labels)
    if not isinstance(places, list):
        places[:] = 0
        labels[:] = 0
    assert points.coordinates.tolist() == [[46.0, 47.5], [20.0, 20.0]]
    assert points.labels.tolist() == [1, 0]


def test_regions_and_answers_travel_and_speak_briefly() -> None:
    answer = Answer(0, OBJECT, Box(30, 34, 32, 26), 0.5, False)
    assert len(repr(answer)) < 200
    for thing in (Box(1, 2, 3, 4), Mask(OBJECT), Points([[1, 2]], [1]), answer):
        for twin in (copy.copy(thing), copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))):
            assert repr(twin) == repr(thing)


FRAME = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.astype(np.float32) / 255,
        FRAME.transpose(2, 0, 1),
        FRAME[None],
        FRAME[:0],
        FRAME[..., :2],
        FRAME.astype(bool),
        torch.from_numpy(FRAME),
        Image.fromarray(FRAME),
        "frame.jpg",
    ],
    ids=["float", "CHW", "batch", "empty", "two channels", "bool", "tensor", "PIL", "path"],
)
def test_a_frame_of_another_kind_is_refused_in_one_line(frame: Any) -> None:
    with pytest.raises(FrameError) as refused:
        rgb_frame(frame)
    assert "\n" not in str(refused.value) and isinstance(refused.value, SamuraiError)


@pytest.mark.parametrize("policy", ["samurai", "him2sam", "mosam"])
def test_frames_in_any_layout_give_the_same_bits(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]], policy: str
) -> None:
    tracker, regions = make_tracker(policy), [Box(30, 33, 32, 27)]
    layouts: tuple[Callable[[Any], Any], ...] = (
        lambda f: f[..., ::-1].copy()[..., ::-1],
        np.asfortranarray,
        lambda f: np.dstack([f, f[..., :1]])[..., :3],
        _read_only,
    )
    expected = run(tracker.session(), video[:5], regions)
    for layout in layouts:
        assert same(run(tracker.session(), [layout(f) for f in video[:5]], regions), expected)


def _read_only(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    frame = frame.copy()
    frame.flags.writeable = False
    return frame
