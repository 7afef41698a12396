from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from samurai.errors import PromptError
from samurai.regions import Box, Mask, ObjectId, Points
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.checks import check_prompts
from samurai.video.prompts.inline import Defaults, parse_box, parse_mask, parse_points

SIZE = (480, 640)


@pytest.mark.parametrize(
    ("text", "object_id", "frame", "label"),
    [
        ("1@0:292,171,276,177", 1, 0, None),
        (" 0 @ 12 : 292, 171, 276, 177 ", 0, 12, None),
        ("2147483647@2147483647:292,171,276,177", 2**31 - 1, 2**31 - 1, None),
        ("dog@12:292,171,276,177", "dog", 12, "dog"),
        ("the dog, №2@3:292,171,276,177", "the dog, №2", 3, "the dog, №2"),
        ("1.5@3:292,171,276,177", "1.5", 3, "1.5"),
        ("292,171,276,177", 2, 7, None),
        ("292.0,1.71e2,276,177", 2, 7, None),
    ],
)
def test_a_box(text: str, object_id: ObjectId, frame: int, label: str | None) -> None:
    found = parse_box(text, Defaults(taken={1, "dog", 3}, frame_index=7, frame_size=SIZE))
    assert (found.object_id, found.frame_index, found.label) == (object_id, frame, label)
    assert found.region == Box(292, 171, 276, 177)


@settings(max_examples=30)
@given(st.tuples(*[st.floats(0, 1e6)] * 2, *[st.floats(1e-3, 1e6)] * 2))
def test_a_box_keeps_its_numbers(values: tuple[float, ...]) -> None:
    assert parse_box(",".join(map(repr, values))).region == Box(*values)


@pytest.mark.parametrize(
    ("text", "places", "labels"),
    [
        ("1@0:+120,80,-30,40", [[120, 80], [30, 40]], [1, 0]),
        ("120.5,80,30,40", [[120.5, 80], [30, 40]], [1, 1]),
        ("1@0:-0,0", [[0, 0]], [0]),  # a correction may say only where it isn't
    ],
)
def test_points(text: str, places: list[list[float]], labels: list[int]) -> None:
    found = parse_points(text).region
    assert isinstance(found, Points)
    assert found.coordinates.tolist() == places and found.labels.tolist() == labels


def picture(path: Path, values: np.ndarray, mode: str | None = None) -> str:
    Image.fromarray(values).convert(mode).save(path)
    return str(path)


def test_a_mask(tmp_path: Path) -> None:
    mask = np.zeros(SIZE, np.bool_)
    mask[20:90, 30:60] = True
    gray = mask.astype(np.uint8) * 255
    for mode in ("L", "1", "RGB", "RGBA", "LA", "P"):
        file = picture(tmp_path / "a@2:b.png", gray, mode)
        found = parse_mask(f"7@12:{file}", Defaults(frame_size=SIZE))
        assert (found.object_id, found.frame_index) == (7, 12)
        assert isinstance(found.region, Mask) and np.array_equal(found.region.array, mask), mode


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1@0:",
            "1,2,3",
            "1,2,3,4,5",
            "a,b,c,d",
            "1,,3,4",
            "1 2 3 4",
            "nan,1,2,3",
            "1,2,inf,4",
        ),
        *("1e999,1,1,1", "5,5,0,9", "5,5,9,-9", "640,0,5,5", "-9,0,9,9", "0,480,5,5"),
        *("@0:1,2,3,4", " @0:1,2,3,4", "1@:1,2,3,4", "1@x:1,2,3,4", "1@-1:1,2,3,4"),
        *("1@1.5:1,2,3,4", "-1@0:1,2,3,4", "2147483648@0:1,2,3,4", "1@2147483648:1,2,3,4"),
        *("9" * 5000 + "@0:1,2,3,4", "1@" + "9" * 5000 + ":1,2,3,4", "1@²:1,2,3,4"),
    ],
)
def test_no_box(text: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_box(text, Defaults(frame_size=SIZE))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "text",
    [
        *("", "1@0:", "1", "1,2,3", "a,b", "1,-2", "--1,2", "+-1,2", "++1,2", "+,2", "nan,2"),
        *("inf,2", "641,2", "1,481", "1@0:1e40,2", "-1@0:1,2"),
    ],
)
def test_no_points(text: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_points(text, Defaults(frame_size=SIZE))
    assert "\n" not in str(caught.value)


def test_no_mask(tmp_path: Path) -> None:
    empty, large = np.zeros(SIZE, np.uint8), np.full((481, 640), 255, np.uint8)
    labels = np.arange(480 * 640, dtype=np.uint8).reshape(SIZE) % 3
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(Path(picture(tmp_path / "l.png", labels)).read_bytes()[:99])
    files = [
        *("", str(tmp_path), str(tmp_path / "none.png"), "\0"),
        *(str(tmp_path / "text.png"), str(tmp_path / "cut.png")),
        picture(tmp_path / "empty.png", empty),
        picture(tmp_path / "large.png", large),
        picture(tmp_path / "labels.png", labels),
    ]
    for file in files:
        with pytest.raises(PromptError) as caught:
            parse_mask(f"1@0:{file}", Defaults(frame_size=SIZE))
        assert "\n" not in str(caught.value)


def box(object_id: ObjectId, frame: int, label: str | None = None) -> ObjectPrompt:
    return ObjectPrompt(object_id, frame, Box(1, 2, 3, 4), label)


BESIDE = Points([[5, 5]], [0])
ON = Points([[5, 5]], [1])


def test_prompts_of_a_video() -> None:
    corrections = [ObjectPrompt(1, 9, BESIDE), box(1, 3, "dog"), box(2, 3), box("1", 3, "cat")]
    check_prompts(corrections, frame_size=SIZE, frame_count=10)
    check_prompts([ObjectPrompt(1, 0, Mask(np.ones((3, 4))))])
    check_prompts([])


@pytest.mark.parametrize(
    "prompts",
    [
        [box(1, 10)],
        [box(1, 3), box(1, 3)],
        [ObjectPrompt(1, 3, ON), ObjectPrompt(1, 3, BESIDE)],
        [ObjectPrompt(1, 3, BESIDE)],
        [ObjectPrompt(1, 3, BESIDE), box(1, 5)],
        [box(1, 3, "dog"), box(1, 4, "cat")],
        [ObjectPrompt(1, 0, Mask(np.ones((3, 4))))],
        [ObjectPrompt(1, 0, Mask(np.zeros(SIZE)))],
        [ObjectPrompt(1, 0, Box(700, 0, 5, 5))],
        [box(1, 0), ObjectPrompt(1, 3, Points([[5, 500]], [0]))],
    ],
)
def test_prompts_that_contradict(prompts: list[ObjectPrompt]) -> None:
    with pytest.raises(PromptError) as caught:
        check_prompts(prompts, frame_size=SIZE, frame_count=10)
    assert "\n" not in str(caught.value)


anything = st.one_of(
    st.text(max_size=30), st.text(st.sampled_from("0123456789.,-+@:e dn"), max_size=30)
)


@settings(max_examples=50)
@given(text=anything)
def test_any_text_is_a_prompt_or_refused(text: str) -> None:
    for parse in (parse_box, parse_points, parse_mask):
        try:
            found = parse(text, Defaults(frame_size=SIZE))
        except PromptError as error:
            assert "\n" not in str(error)
            assert str(pickle.loads(pickle.dumps(error))) == str(error)
        else:
            assert found.frame_index >= 0
