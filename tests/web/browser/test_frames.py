"""What is shown is what is prompted, at any speed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from oracles.page_visitor import Visitor

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]


def test_a_slow_frame_never_gets_the_masks_or_the_prompt_of_another(visit: Visit) -> None:
    visitor = visit().sample().box(0, 0).masks("1").go(10)
    arrive = visitor.fake.held[30] = threading.Event()
    visitor.page.fill("#frame", "30")
    visitor.page.press("#frame", "Enter")
    # The number asked for is 30, the picture still that of frame 10.
    assert visitor.number() == 10
    visitor.box(1, 10)
    visitor.until(lambda: list(visitor.fake.objects[1].prompts) == [0, 10])
    assert visitor.masks("1").number() == 10
    arrive.set()
    visitor.shown(30)
    assert visitor.number() == 30


def test_a_frame_that_was_passed_by_is_not_shown_later(visit: Visit) -> None:
    visitor = visit().sample()
    arrive = visitor.fake.held[20] = threading.Event()
    visitor.page.fill("#frame", "20")
    visitor.page.press("#frame", "Enter")
    visitor.go(5)
    arrive.set()
    visitor.page.wait_for_timeout(300)
    assert visitor.number() == 5
    assert visitor.page.get_attribute("#stage", "data-shown") == "5"


def test_a_drawing_ends_with_its_frame(visit: Visit) -> None:
    visitor = visit().sample()
    visitor.page.mouse.move(*visitor.place((50, 120)))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.place((130, 210)))
    visitor.page.keyboard.press(".")
    visitor.shown(1)
    visitor.page.mouse.up()
    visitor.page.wait_for_timeout(100)
    assert visitor.fake.objects == {}


def test_every_step_shows_its_number(visit: Visit) -> None:
    visitor = visit(device_scale_factor=2).sample()
    for key, frame in (
        (".", 1),
        (".", 2),
        (",", 1),
        ("End", 39),
        ("Shift+ArrowLeft", 29),
        ("Home", 0),
    ):
        visitor.page.keyboard.press(key)
        assert visitor.shown(frame).number() == frame
    visitor.page.keyboard.press(" ")
    visitor.page.wait_for_selector("#play[aria-label=Pause]")
    visitor.shown(39)
    visitor.page.wait_for_selector("#play[aria-label=Play]")
    assert visitor.number() == 39


def test_prompts_in_the_zoomed_picture_are_pixels_of_the_frame(visit: Visit) -> None:
    visitor = visit().sample()
    middle = visitor.place((320, 180))
    visitor.page.mouse.move(*middle)
    visitor.page.mouse.wheel(0, -600)
    visitor.page.click("[data-tool=add]")
    visitor.page.mouse.click(*middle)
    visitor.masks("1")
    x, y = visitor.fake.objects[1].prompts[0].points[0]
    assert abs(x - 320) < 1 and abs(y - 180) < 1
