"""Errors, a server that dies, strange names, other hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from oracles.page_server import Server
from oracles.page_visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
Visit = Callable[..., Visitor]

MARKUP = '<img src=x onerror="document.title=1"><b>.mp4'


def test_a_name_with_markup_is_text(visit: Visit, server: Server) -> None:
    server.fake.filename = MARKUP
    visitor = visit().sample()
    assert visitor.page.text_content("#title") == MARKUP
    visitor.box(0, 0).masks("1")
    visitor.page.fill("#objects .name", MARKUP)
    visitor.page.press("#objects .name", "Enter")
    visitor.page.wait_for_selector(f"#lanes .name:text-is('{MARKUP}')")
    visitor.page.click("#home")
    visitor.page.wait_for_selector(f"#recent strong:text-is('{MARKUP}')")
    assert visitor.page.locator("img[src='x'], #recent b").count() == 0


REFUSED = {
    "/videos/sample": "#sample",
    "POST /sessions": "#sample",
    "/frames/0/box": None,
    "/propagate": "#track-forward",
    "/export/": "[data-format=mot]",
}


@pytest.mark.parametrize("path", REFUSED)
def test_errors_are_shown_in_the_servers_words(path: str, visit: Visit, server: Server) -> None:
    visitor = visit()
    said = "the disk is full. Remedy: make room"
    if path in ("/videos/sample", "POST /sessions"):
        server.fake.refuse = {path: (507, said)}
    else:
        visitor.sample()
        if path != "/frames/0/box":
            visitor.box(0, 0).masks("1")
        server.fake.refuse = {path: (507, said)}
    if path == "/export/":
        visitor.page.click("#export-open")
    button = REFUSED[path]
    if button:
        visitor.page.click(button)
    else:
        visitor.box(0, 0)
    visitor.page.wait_for_selector(f".notice.error p:has-text('{said}')")
    if path == "/frames/0/box":
        # What was refused is neither drawn nor to be taken back.
        visitor.page.wait_for_selector("#undo:disabled")
        assert visitor.page.locator("#objects li[data-object]").count() == 0
    # A refused request is a line of the browser's console, and no more.
    assert all("507" in each for each in visitor.errors)
    visitor.errors.clear()


def test_faults_of_a_body_are_one_line(visit: Visit, server: Server) -> None:
    visitor = visit().sample()
    fault = [{"loc": ["body", "box", 0], "msg": "a coordinate must be finite", "type": "value"}]
    server.fake.refuse = {"/frames/0/box": (422, fault)}
    visitor.box(0, 0)
    visitor.page.wait_for_selector(".notice.error p:has-text('box.0: a coordinate must be finite')")
    visitor.errors.clear()


def test_an_error_in_the_stream_is_said(visit: Visit, server: Server) -> None:
    visitor = visit().sample().box(0, 0).masks("1")
    server.fake.fail_at = 12
    visitor.page.click("#track-forward")
    visitor.page.wait_for_selector(".notice.error p:has-text('out of memory')")
    visitor.page.wait_for_selector("#track-forward:enabled")


def test_a_server_that_comes_back_with_the_session(visit: Visit, server: Server) -> None:
    visitor = visit().sample().box(0, 0).masks("1")
    server.fake.step = 0.05
    visitor.page.click("#track-forward")
    visitor.until(lambda: max(server.fake.objects[1].done) >= 4)
    server.stop()
    visitor.page.wait_for_selector("#banner[data-kind=lost]:visible")
    assert visitor.page.is_visible("#track-forward")
    server.fake.running = False
    server.start()
    visitor.page.wait_for_selector("#notices p:has-text('answers again')")
    assert not visitor.page.is_visible("#banner")
    server.fake.step = 0
    visitor.page.click("#track-forward")
    visitor.page.wait_for_selector("#lanes canvas[aria-label*='40 of 40']")
    visitor.errors.clear()


def test_a_server_that_forgot_the_session(visit: Visit, server: Server) -> None:
    visitor = visit().sample().box(0, 0).masks("1").box(1, 0).masks("1 2")
    visitor.page.fill("#objects li:nth-child(2) .name", "boat")
    visitor.page.press("#objects li:nth-child(2) .name", "Enter")
    visitor.page.wait_for_selector("#lanes .name:has-text('boat')")
    server.stop()
    server.fake.session, server.fake.objects = None, {}
    server.start()
    visitor.page.keyboard.press("]")
    visitor.page.keyboard.press(".")
    visitor.page.wait_for_selector("#banner[data-kind=gone]:visible")
    visitor.page.click("#banner-action")
    visitor.page.wait_for_selector("#banner", state="hidden")
    visitor.page.wait_for_selector("#lanes .name:has-text('boat')")
    assert sorted(server.fake.objects) == [1, 2]
    assert server.fake.objects[2].prompts[0].box is not None
    visitor.errors.clear()


def test_plain_http_on_another_name(chromium: Browser, server: Server) -> None:
    address = f"http://lab.example:{server.port}/"
    visitor = Visitor(chromium, server, address=address)
    assert not visitor.page.evaluate("isSecureContext")
    visitor.sample().box(0, 0).masks("1").tracked()
    visitor.close()
    assert visitor.errors == [] and visitor.elsewhere == []
