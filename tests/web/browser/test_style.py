"""The page's colors and its files, without a browser."""

from __future__ import annotations

import re
from importlib.resources import files

from samurai.painting.pages import palette

PAGE = files("samurai.web").joinpath("page")


def palettes(style: str) -> list[dict[str, str]]:
    """Custom properties that are colors, of each rule of the root: light, dark."""
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#\w+);", root)) for root in roots]
    return [each for each in found if each]


def test_the_page_has_the_palette_of_the_reports() -> None:
    """From the server, and none of it again; its own colors are there in light and dark."""
    sheets = {file.name: file.read_text(encoding="utf-8") for file in PAGE.iterdir()}
    links = re.findall(r'rel="stylesheet" href="page/([\w.]+)"', sheets["index.html"])
    assert links[0] == "palette.css" and "palette.css" not in sheets
    shared, own = palettes(palette()), palettes(sheets["style.css"])
    assert len(own) == len(shared) == 2
    for here, there in zip(own, shared, strict=True):
        assert not here.keys() & there.keys()
        assert {"ground", "panel", "line", "faint", "text", "link"} <= there.keys()
    assert own[0].keys() == own[1].keys()
    text = "".join([palette(), *(sheets[name] for name in links[1:])])
    declared = set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= declared


def test_nothing_comes_from_elsewhere_or_is_inline() -> None:
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400
        for address in re.findall(r"https?://[^\s\"')]+", text):
            assert address == "http://www.w3.org/2000/svg", (file.name, address)
        assert "innerHTML" not in text and "eval(" not in text
        if file.name.endswith(".html"):
            assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*src)", text)
