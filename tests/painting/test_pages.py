"""The style of all pages: one palette for light and dark, readable, and the same in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from oracles.web_pages import contrast, palettes

from samurai.evaluation.report_page import LINES_OF_CHARTS
from samurai.painting.colors import BRIGHT, FAINT, GROUND, LINES, PAGE_PALETTE, PANEL
from samurai.painting.pages import css, stylesheet

ROOT = Path(__file__).resolve().parents[2]
LIGHT, DARK = palettes(stylesheet())
GROUNDS = {"ground", "panel", "line"}  # the others are of text


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable(palette: dict[str, str]) -> None:
    """WCAG AA asks for 4.5 for text of usual size, and 3 for graphics."""
    for name in palette.keys() - GROUNDS:
        for ground in ("ground", "panel"):
            assert contrast(palette[name], palette[ground]) >= 4.5, (name, ground)
    for color in PAGE_PALETTE:
        assert contrast(css(color), palette["ground"]) >= 3, color


def test_contrast_is_that_of_wcag() -> None:
    """Its own examples: black on white has 21; #777777 just fails on white, #767676 passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")


def test_dark_pages_have_the_colors_of_painted_pictures() -> None:
    names = {"ground": GROUND, "panel": PANEL, "line": LINES, "faint": FAINT, "text": BRIGHT}
    assert {name: DARK[name] for name in names} == {n: css(c) for n, c in names.items()}
    assert LIGHT.keys() == DARK.keys()


def test_the_style_loads_nothing_and_uses_what_it_declares() -> None:
    style = stylesheet()
    assert "url(" not in style and "@import" not in style and "http" not in style
    declared = set(re.findall(r"^\s*(--[\w-]+):", style, re.MULTILINE))
    assert set(re.findall(r"var\((--[\w-]+)\)", style)) <= declared
    assert style.count("{") == style.count("}")
    assert f'[style*="{LINES_OF_CHARTS}"]' in style, "what matplotlib draws is recolored"


@pytest.mark.parametrize(
    "template",
    [
        *(ROOT / "sam2/samurai").rglob("templates/*.html.j2"),
        ROOT / "sam2/samurai/painting/style.css",
    ],
    ids=lambda path: path.name,
)
def test_no_page_has_colors_of_its_own(template: Path) -> None:
    """Beside those of the palettes, and the ground of painted pictures."""
    text = template.read_text(encoding="utf-8")
    known = {*LIGHT.values(), *DARK.values(), LINES_OF_CHARTS}
    assert set(re.findall(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b(?=[; ])", text)) <= known
    declared = set(re.findall(r"(--[\w-]+):", stylesheet()))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= declared


def test_the_documentation_has_the_same_palettes() -> None:
    for ours, theirs in zip(
        (LIGHT, DARK),
        palettes((ROOT / "docs/style.css").read_text(encoding="utf-8")),
        strict=True,
    ):
        assert theirs.items() <= ours.items() and len(theirs) == 6
