"""Keyboard, fingers, screen readers, contrast."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from oracles.page_visitor import Visitor, around

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]


def test_all_with_the_keyboard(visit: Visit) -> None:
    visitor = visit()
    keys = visitor.page.keyboard
    visitor.page.wait_for_selector("#sample:visible")
    for _ in range(12):
        if visitor.page.evaluate("document.activeElement.id") == "sample":
            break
        keys.press("Tab")
    keys.press("Enter")
    visitor.shown(0).stage.focus()
    # The cursor starts in the middle, (320, 180): a box from there, 11 pixels a step.
    keys.press("1")
    keys.press("Enter")
    for key in ["ArrowRight"] * 5 + ["ArrowDown"] * 4 + ["Shift+ArrowDown"] * 3:
        keys.press(key)
    keys.press("Enter")
    visitor.masks("1")
    assert visitor.fake.objects[1].prompts[0].box == [320, 180, 375, 227]
    keys.press("2")
    keys.press("Enter")
    visitor.page.wait_for_selector("#stage-busy", state="hidden")
    assert visitor.fake.objects[1].prompts[0].points == [[375, 227]]
    keys.press("Control+z")
    visitor.page.wait_for_selector("#stage-busy", state="hidden")
    assert visitor.fake.objects[1].prompts[0].points == []
    keys.press("f")
    visitor.page.wait_for_selector("#notices p:has-text('Tracked')")
    keys.press("?")
    assert visitor.page.is_visible("#help")
    keys.press("Escape")
    keys.press("e")
    assert visitor.page.is_visible("#export")
    keys.press("Escape")
    keys.press("Shift+Delete")
    visitor.masks("")
    assert visitor.fake.objects == {}


def test_single_keys_can_be_switched_off(visit: Visit) -> None:
    visitor = visit().sample()
    visitor.page.keyboard.press("?")
    visitor.page.uncheck("#single-keys")
    visitor.page.keyboard.press("Escape")
    visitor.page.keyboard.press("5")
    assert visitor.page.get_attribute("[data-tool=box]", "aria-pressed") == "true"


def test_fingers_tap_draw_and_pinch(visit: Visit) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True}
    visitor = visit(**phone, is_mobile=True, device_scale_factor=2)
    visitor.page.tap("#sample")
    visitor.shown(0)
    session = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = (visitor.place(each) for each in around(0, 0))
    touch("touchStart", start)
    touch("touchMove", ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    touch("touchMove", end)
    touch("touchEnd")
    visitor.masks("1")
    middle = visitor.place((320, 180))
    touch("touchStart", (middle[0] - 20, middle[1]))
    touch("touchStart", (middle[0] - 20, middle[1]), (middle[0] + 20, middle[1]))
    for step in range(1, 5):
        apart = 20 + 10 * step
        touch("touchMove", (middle[0] - apart, middle[1]), (middle[0] + apart, middle[1]))
    touch("touchEnd")
    assert len(visitor.fake.objects) == 1 and len(visitor.fake.objects[1].prompts) == 1
    visitor.page.tap("[data-tool=add]")
    visitor.page.touchscreen.tap(*middle)
    visitor.page.wait_for_selector("#stage-busy", state="hidden")
    (x, y) = visitor.fake.objects[1].prompts[0].points[0]
    assert abs(x - 320) < 3 and abs(y - 180) < 3
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390


NAMELESS = """() => {
  const named = e => e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length
    || e.getAttribute('aria-labelledby') || /status|alert/.test(e.getAttribute('role'));
  return [...document.querySelectorAll('button, input, canvas, progress, dialog, [role]')]
    .filter(e => e.checkVisibility() && !e.closest('[aria-hidden=true]') && !named(e))
    .map(e => e.outerHTML.slice(0, 90));
}"""

SIDEWAYS = """() => [...document.querySelectorAll('body *')]
  .filter(e => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth)
  .map(e => e.outerHTML.slice(0, 90))"""

CONTRAST = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255)
    + 0.0722 * linear(b / 255);
  const ground = e => {
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at).backgroundColor;
      if (style.startsWith('rgb(')) return parse(style);
    }
  };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest(':disabled, .hidden, .skip')) continue;
    const both = [getComputedStyle(e).color].map(parse).concat([ground(e)]).map(light);
    if ((Math.max(...both) + 0.05) / (Math.min(...both) + 0.05) < 4.5)
      found.push(e.outerHTML.slice(0, 90));
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_names_contrast_and_room(scheme: str, width: int, visit: Visit) -> None:
    visitor = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    visitor.page.wait_for_selector("#sample:visible")
    _check(visitor, width)
    visitor.sample().box(0, 0).masks("1").tracked()
    _check(visitor, width)
    visitor.page.click("#find-all")
    visitor.page.locator("#found-list .choose").last.click()
    _check(visitor, width)
    visitor.fake.found = []
    visitor.page.click("#find-all")
    visitor.page.wait_for_selector("#find-note:visible")
    _check(visitor, width)
    visitor.fake.looks = threading.Event()
    visitor.page.click("#find-all")
    visitor.page.wait_for_selector("#find-busy:visible")
    _check(visitor, width)
    visitor.fake.looks.set()
    for opener, dialog in (("#help-open", "#help"), ("#export-open", "#export")):
        visitor.page.click(opener)
        assert visitor.page.is_visible(dialog)
        _check(visitor, width)
        visitor.page.keyboard.press("Escape")
    levels = "[...document.querySelectorAll('h1, h2, h3')].filter(e => e.checkVisibility())"
    headings = visitor.page.evaluate(f"{levels}.map(e => Number(e.tagName[1]))")
    assert headings[0] == 1 and all(after - before <= 1 for before, after in pairwise(headings))


def _check(visitor: Visitor, width: int) -> None:
    assert visitor.page.evaluate(NAMELESS) == []
    assert visitor.page.evaluate(CONTRAST) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.page.evaluate(SIDEWAYS) == []
