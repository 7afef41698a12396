"""Chromium and a scripted server, for tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("fastapi", reason="the page's server needs the extra `web`")
pytest.importorskip("playwright", reason="tests of the page need the extra `test-web`")

from oracles.page_server import Fake, Server
from oracles.page_visitor import Visitor
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--host-resolver-rules=MAP lab.example 127.0.0.1"),
]

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(Fake())
    yield running
    running.stop()


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Visit]:
    """Opens the page; at the end there were no errors and no requests elsewhere."""
    visitors: list[Visitor] = []

    def opened(query: str = "", **options: Any) -> Visitor:
        visitors.append(Visitor(chromium, server, query, **options))
        return visitors[-1]

    yield opened
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        assert visitor.errors == []
        assert visitor.elsewhere == []
