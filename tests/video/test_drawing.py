"""What is drawn where, in which color, and what stays as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samurai.errors import ConfigurationError, FrameError
from samurai.painting.colors import PALETTES, SLOTS, extended
from samurai.regions import Answer, Box, ObjectId
from samurai.video.drawing import Drawer, DrawStyle, draw, style_options
from samurai.video.drawing.colors import ObjectColors
from samurai.video.drawing.legend import lay_out, legend_name
from samurai.video.drawing.placing import Area, Places
from samurai.video.drawing.style import LAYERS, Sizes

GRAY = 100
ALL = DrawStyle(draw=LAYERS)
FIRST = PALETTES["okabe-ito"][0]


def answer(
    object_id: ObjectId, size: tuple[int, int], box: tuple[int, int, int, int] | None
) -> Answer:
    """A full rectangle x, y, width, height on a frame of a size (height, width)."""
    mask = np.zeros(size, np.bool_)
    if box is not None:
        x, y, width, height = box
        mask[y : y + height, x : x + width] = True
    return Answer(object_id, mask, Box.of_mask(mask), 0.0 if box is None else 0.875, box is None)


def gray(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), GRAY, np.uint8)


def only(*layers: str) -> DrawStyle:
    return DrawStyle(draw=layers, line_width=3)


def test_a_mask_is_filled_in_its_color_and_nothing_else_is() -> None:
    one = answer(0, (60, 80), (20, 10, 30, 25))
    one.mask[15:20, 25:30] = False  # a hole
    picture = draw(gray(60, 80), [one], DrawStyle(draw=("masks",), opacity=0.5))
    inside = np.rint((np.array(FIRST) + GRAY) / 2)
    assert (np.abs(picture[one.mask] - inside) <= 1).all()
    assert (picture[~one.mask] == GRAY).all()


def test_contours_run_along_borders_of_holes_too() -> None:
    one = answer(0, (60, 80), (20, 10, 30, 25))
    one.mask[18:26, 30:40] = False
    picture = draw(gray(60, 80), [one], only("contours"))
    for y, x in ((10, 35), (34, 35), (22, 20), (22, 49), (17, 35), (22, 29)):
        assert (picture[y - 1 : y + 2, x - 1 : x + 2] == FIRST).all(axis=-1).any(), (y, x)
    assert (picture[15, 25] == GRAY).all() and (picture[22, 35] == GRAY).all()


def test_all_sides_of_a_box_at_the_edge_are_seen() -> None:
    picture = draw(gray(60, 80), [answer(0, (60, 80), (0, 0, 80, 60))], only("boxes"))
    for part in (picture[:3], picture[-3:], picture[:, :3], picture[:, -3:]):
        assert (part == FIRST).all(axis=-1).any()


def test_lines_have_a_dark_edge() -> None:
    for layer in ("contours", "boxes"):
        for ground in (0, 255):
            frame = np.full((60, 80, 3), ground, np.uint8)
            picture = draw(frame, [answer(0, (60, 80), (20, 10, 30, 25))], only(layer))
            row = picture[22, 15:25].astype(int).sum(axis=1)
            assert row.min() < 120 and (picture[22, 15:25] == FIRST).all(axis=-1).any()


def test_absent_objects_are_in_the_legend_only() -> None:
    size = (240, 320)
    here, gone = answer(0, size, (150, 120, 60, 60)), answer(1, size, None)
    without = draw(gray(*size), [here], DrawStyle(draw=LAYERS[:-1]))
    assert (draw(gray(*size), [here, gone], DrawStyle(draw=LAYERS[:-1])) == without).all()
    shown = draw(gray(*size), [here, gone], ALL, labels={0: "here", 1: "gone"})
    legend = lay_out(["0 here", "1 gone"], 320, 240, Sizes.of(ALL, 320, 240), None)
    assert legend is not None
    area = shown[legend.area.top : legend.area.bottom, legend.area.left : legend.area.right]
    colors = {tuple(pixel) for pixel in area.reshape(-1, 3)}
    assert FIRST in colors and PALETTES["okabe-ito"][1] not in colors  # gray


def test_a_box_that_says_more_than_the_mask() -> None:
    """Boxes beside or beyond the frame are cut."""
    mask = np.ones((20, 30), np.bool_)
    for box in (Box(-10, -10, 500, 500), Box(29.5, 3, 0.2, 2), Box(100, 100, 5, 5)):
        picture = draw(gray(20, 30), [Answer(0, mask, box, 0.5, False)], ALL)
        assert picture.shape == (20, 30, 3)


def test_frames_are_checked() -> None:
    frame, one = gray(20, 30), answer(0, (20, 30), (2, 2, 5, 5))
    for wrong in (frame[..., 0], frame.astype(np.float32), frame[:0], frame[..., :2]):
        with pytest.raises(FrameError):
            draw(wrong, [])  # type: ignore[arg-type]
    with pytest.raises(FrameError):
        draw(frame[:10], [one])


scenes = st.tuples(
    st.integers(16, 120),
    st.integers(16, 160),
    st.lists(
        st.tuples(
            *(st.floats(0, 1) for _ in range(4)),
            st.one_of(st.integers(0, 2**31), st.text(max_size=30)),
        ),
        max_size=8,
        unique_by=lambda each: each[4],
    ),
    st.integers(0, 2),
)


@settings(max_examples=15)
@given(scenes)
def test_any_scene_is_drawn_within_the_frame_and_never_on_the_input(
    scene: tuple[int, int, list[tuple[float, float, float, float, ObjectId]], int],
) -> None:
    height, width, objects, turned = scene
    answers = []
    for x, y, w, h, object_id in objects:
        box = (int(x * width), int(y * height), int(w * width), int(h * height))
        mask = answer(object_id, (height, width), box).mask
        found = Box.of_mask(mask)
        answers.append(Answer(object_id, mask, found, x, found is None))
    frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    frame = (frame, frame[::-1], frame[:, ::-1])[turned]  # also views
    frame.flags.writeable = False
    before, masks = frame.copy(), [each.mask.copy() for each in answers]
    picture = draw(frame, answers, ALL, labels={"x": "an object that never comes"})
    assert picture.shape == frame.shape and picture.dtype == np.uint8
    assert picture.flags.writeable and not np.shares_memory(picture, frame)
    assert (frame == before).all()
    assert all((a.mask == b).all() for a, b in zip(answers, masks, strict=True))


boxes = st.tuples(*(st.integers(-50, 700) for _ in range(2)), *(st.integers(1, 300) for _ in "12"))
sizes = st.tuples(st.integers(4, 200), st.integers(4, 40))


@settings(max_examples=60)
@given(
    st.integers(16, 640),
    st.integers(16, 480),
    st.lists(st.tuples(boxes, sizes, st.integers(-1, 12)), max_size=40),
    st.booleans(),
)
def test_labels_never_share_a_pixel_and_lie_within_the_frame(
    width: int,
    height: int,
    labels: list[tuple[tuple[int, int, int, int], tuple[int, int], int]],
    legend: bool,
) -> None:
    places = Places(width, height, 3)
    taken = [Area(0, 0, width // 3, height // 3)] if legend else []
    for area in taken:
        places.take(area)
    for (x, y, w, h), size, first in labels:
        found = places.near(Area(x, y, x + w, y + h), *size, first)
        if found is None:
            continue
        place, number = found
        assert (place.width, place.height) == size and -1 <= number < 10
        assert place.left >= 0 and place.right <= width
        assert place.top >= 0 and place.bottom <= height
        assert not any(place.meets(other) for other in taken)
        taken.append(place)


def test_a_label_is_left_out_only_where_the_frame_is_full() -> None:
    places = Places(100, 40, 0)
    found = [places.near(Area(40, 10, 60, 30), 100, 10) for _ in range(5)]
    assert [each is not None for each in found] == [True] * 4 + [False]


def test_a_label_stays_on_its_side() -> None:
    """When the place that it had becomes free again it doesn't jump back."""
    drawer = Drawer(DrawStyle(draw=("labels",)), {0: "one", 1: "two"})
    size = (240, 320)
    above, below = answer(0, size, (100, 20, 80, 40)), answer(1, size, (100, 70, 80, 80))
    drawer.draw(gray(*size), [answer(0, size, (100, 50, 80, 18)), below])
    first = dict(drawer._places)
    drawer.draw(gray(*size), [above, below])
    assert drawer._places == first


def test_colors_belong_to_objects_not_to_frames() -> None:
    size = (60, 80)
    drawer = Drawer(DrawStyle(draw=("masks",), opacity=1))
    boxes: dict[int | str, tuple[int, int, int, int]] = {
        7: (2, 2, 10, 10),
        "b": (20, 20, 10, 10),
        3: (50, 30, 10, 10),
    }
    orders: list[Sequence[int | str]] = [[7, "b", 3], [3], ["b", 3], [3, "b", 7]]
    seen: dict[int | str, set[tuple[int, ...]]] = {each: set() for each in boxes}
    for order in orders:
        picture = drawer.draw(gray(*size), [answer(each, size, boxes[each]) for each in order])
        for each in order:
            x, y, *_ = boxes[each]
            seen[each].add(tuple(picture[y + 5, x + 5].tolist()))
    assert all(len(found) == 1 for found in seen.values())
    assert len(set.union(*seen.values())) == 3
    assert seen[3] == {drawer.color(3)} == {PALETTES["okabe-ito"][3]}
    drawer.forget(3)
    assert drawer.color(3) == PALETTES["okabe-ito"][3]


def test_colors_of_names_are_the_same_in_every_process() -> None:
    code = (
        "from samurai.video.drawing.colors import ObjectColors; c = ObjectColors('muted');"
        "print([c[n] for n in ('person', 'car', 'ünïcode', 3)])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "77")
    }
    assert len(found) == 1


@pytest.mark.parametrize("palette", PALETTES)
def test_no_two_objects_have_one_color(palette: str) -> None:
    numbers, names, mixed = (ObjectColors(palette) for _ in range(3))
    assert len({numbers[n] for n in range(SLOTS)}) == SLOTS
    assert [numbers[n] for n in range(SLOTS)] == list(extended(palette))
    assert len({names[f"object {n}"] for n in range(SLOTS)}) == SLOTS
    few = {ObjectColors(palette)["a"]} | {names[f"object {n}"] for n in range(3)}
    assert few <= set(PALETTES[palette])
    assert len({mixed[each] for n in range(20) for each in (n, str(n))}) == 40
    assert mixed[5000] in extended(palette)


def test_more_objects_than_colors_are_drawn() -> None:
    colors = ObjectColors("bright")
    assert len([colors[n] for n in range(3 * SLOTS)]) == 3 * SLOTS


@pytest.mark.parametrize(("width", "height"), [(426, 240), (854, 480), (1920, 1080), (7680, 4320)])
@pytest.mark.parametrize("count", [1, 3, 12, 40])
def test_the_legend_names_all(width: int, height: int, count: int) -> None:
    names = [legend_name(n, ["person", "car", None][n % 3], None) for n in range(count)]
    layout = lay_out(names, width, height, Sizes.of(ALL, width, height), None)
    assert layout is not None and layout.shown == count
    for text, name in zip(layout.texts, names, strict=True):
        start = text.removesuffix("...")
        assert text == name or (name.startswith(start) and start.split()[0] == name.split()[0])
    assert layout.area.right <= width / 2 and layout.area.bottom <= height / 2


def test_a_legend_without_room_cuts_names_and_counts_the_rest() -> None:
    sizes = Sizes.of(ALL, 160, 120)
    long = [f"{n} a very long name of an object" for n in range(4)]
    layout = lay_out(long, 160, 120, sizes, None)
    assert layout is not None and layout.shown == 4
    assert all(text.startswith(str(n)) for n, text in enumerate(layout.texts))
    crowd = lay_out([str(n) for n in range(500)], 160, 120, sizes, None)
    assert crowd is not None and crowd.texts[-1] == f"+{500 - crowd.shown}"
    assert lay_out(["0"], 16, 16, Sizes.of(ALL, 16, 16), None) is None


def test_trails_follow_pause_and_end() -> None:
    size = (120, 160)
    drawer = Drawer(DrawStyle(draw=("trails",), trail=3, line_width=2))

    def step(x: int | None) -> NDArray[np.bool_]:
        box = None if x is None else (x, 50, 10, 10)
        picture = drawer.draw(gray(*size), [answer(0, size, box)])
        changed: NDArray[np.bool_] = (picture != GRAY).any(axis=-1)
        return changed

    step(10)
    step(30)
    assert step(50)[55, 20:40].all()
    assert not step(70)[55, :30].any()  # three frames long
    step(None)
    after = step(110)
    assert not after[55, 80:100].any() and after[55, 115]  # a gap where it was absent
    drawer.reset()
    assert not step(20)[55, 40:].any()


def test_every_option_is_described_once() -> None:
    options = {option.name: option for option in style_options()}
    assert list(options) == list(DrawStyle.__dataclass_fields__)
    assert all(option.help and option.form for option in options.values())
    assert options["line_width"].flag == "--line-width"
    parsed = {
        "draw": "masks, contours,trails",
        "palette": "muted",
        "opacity": "0.2",
        "line_width": "3",
    }
    style = DrawStyle(**{name: options[name].parse(text) for name, text in parsed.items()})
    assert style == DrawStyle(("masks", "contours", "trails"), "muted", 3.0, 0.2)
    assert options["draw"].parse("all") == LAYERS and options["draw"].parse("none") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"draw": ("mask",)},
        {"palette": "blue"},
        {"opacity": 1.5},
        {"opacity": float("nan")},
        {"line_width": 0.0},
        {"line_width": float("inf")},
        {"trail": 0},
        {"text_size": 1},
        {"font": "missing.ttf"},
    ],
)
def test_wrong_styles_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        DrawStyle(**wrong)  # type: ignore[arg-type]
