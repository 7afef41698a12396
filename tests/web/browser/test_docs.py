"""`/docs` in a browser: under the strict policy, with nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from oracles.web_server import listening

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.slow
def test_every_path_is_described_and_can_be_tried(chromium: Browser, tmp_path: Path) -> None:
    hosts, faults = set[str](), list[str]()
    with listening(tmp_path) as (address, _):
        page = chromium.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/redoc")
        assert page.url == f"{address}/docs"
        page.click("#operations-server-health_health_get .opblock-summary")
        page.click("text=Try it out")
        page.click("text=Execute")
        page.wait_for_selector(".live-responses-table td:has-text('200')")
        paths = page.request.get(f"{address}/openapi.json").json()["paths"]
        assert page.locator(".opblock").count() == sum(map(len, paths.values()))
        page.close()
    assert hosts == {urlsplit(address).netloc} and faults == []
