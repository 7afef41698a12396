"""The page's colors and its files, without a browser."""

from __future__ import annotations

import re
from importlib.resources import files

from samurai.painting.pages import stylesheet

PAGE = files("samurai.web").joinpath("page")


def palettes(style: str) -> list[dict[str, str]]:
    """Custom properties that are colors, of each rule of the root: light, dark."""
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#\w+);", root)) for root in roots]
    return [each for each in found if each]


def test_the_page_has_the_palette_of_the_reports() -> None:
    ours = palettes(PAGE.joinpath("style.css").read_text(encoding="utf-8"))
    shared = palettes(stylesheet())
    assert len(ours) == len(shared) == 2
    for here, there in zip(ours, shared, strict=True):
        assert {name: here[name] for name in here.keys() & there.keys()} == {
            name: there[name] for name in here.keys() & there.keys()
        }
        assert {"ground", "panel", "line", "faint", "text", "link"} <= here.keys() & there.keys()


def test_nothing_comes_from_elsewhere_or_is_inline() -> None:
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400
        for address in re.findall(r"https?://[^\s\"')]+", text):
            assert address == "http://www.w3.org/2000/svg", (file.name, address)
        assert "innerHTML" not in text and "eval(" not in text
        if file.name.endswith(".html"):
            assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*src)", text)
