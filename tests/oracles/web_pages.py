"""What every page of this project holds, and WCAG's contrast, restated."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from samurai.painting.pages import stylesheet

LOADING = {"src", "srcset", "href", "xlink:href", "data", "poster", "action", "background"}
OUTSIDE = ("http:", "https:", "file:", "//")


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colors, `#rrggbb` each."""

    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palettes(css: str) -> list[dict[str, str]]:
    """The colors of a style sheet by the names of their properties, for each block that has any."""
    blocks = (dict(re.findall(r"--([\w-]+): (#\w+);", each)) for each in re.split(r"\}", css))
    return [block for block in blocks if "ground" in block]


class _Reader(HTMLParser):
    """Collects what a browser fetches, styles and the metadata of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fetched: list[str] = []
        self.meta: dict[str, str] = {}
        self.tags: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "html":
            self.language = found.get("lang", "")
        if tag == "meta":
            self.meta[found.get("name", "charset")] = found.get("content", found.get("charset", ""))
        if tag != "a":  # a link is followed on a click
            self.fetched += [value for name, value in found.items() if name in LOADING]
        self.fetched += re.findall(r"url\((.*?)\)", found.get("style", ""))


def check_page(text: str) -> None:
    """Assert that a page is in the shared style, light and dark, fits phones, and loads nothing
    from outside of its folder."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert stylesheet() in text
    assert reader.language == "en" and reader.meta["charset"] == "utf-8"
    assert reader.meta["viewport"] == "width=device-width, initial-scale=1"
    assert text.encode().index(b"<meta charset") < 1024, "browsers look no further"
    assert [each for each in reader.fetched if each.strip("'\" ").startswith(OUTSIDE)] == []
    assert not {"iframe", "object", "link"} & set(reader.tags)
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert "@import" not in styles and "url(" not in styles
    assert "prefers-color-scheme: dark" in styles and len(palettes(styles)) == 2
    assert reader.tags.count("title") >= 1 and reader.tags.count("h1") == 1
    assert reader.tags.count("table") == len(re.findall(r'<div class="scroll[^>]*>\s*<table', text))
