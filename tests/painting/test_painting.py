"""Colors that can be told apart, text in any script, areas painted evenly."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from samurai.errors import ConfigurationError
from samurai.painting.colors import (
    BLACK,
    PALETTE,
    PALETTES,
    SLOTS,
    WHITE,
    color_of,
    differences,
    extended,
    ink_on,
)
from samurai.painting.files import write_picture
from samurai.painting.shapes import blend, thickness, tint
from samurai.painting.text import (
    check_font,
    line_height,
    stamp,
    text_width,
    writable,
)


def test_the_reports_colors_are_the_first_palette() -> None:
    assert next(iter(PALETTES.values())) == PALETTE
    assert [color_of(n) for n in range(9)] == [*PALETTE, PALETTE[0]]


@pytest.mark.parametrize("palette", PALETTES)
def test_further_colors_differ_from_all_others(palette: str) -> None:
    colors = extended(palette)
    assert colors[: len(PALETTES[palette])] == PALETTES[palette]
    assert len(set(colors)) == len(colors) == SLOTS
    for count, least in ((20, 0.06), (40, 0.045), (SLOTS, 0.035)):
        values = np.array(colors[:count], np.float64)
        apart = differences(values, values)
        own = len(PALETTES[palette])
        apart[:own, :own] = np.inf  # what the palettes' authors chose
        np.fill_diagonal(apart, np.inf)
        assert apart.min() > least, f"{count} colors of {palette}"


def test_ink_is_read_on_every_color() -> None:
    assert (ink_on(WHITE), ink_on(BLACK)) == (BLACK, WHITE)
    for palette in PALETTES:
        for color in extended(palette):
            assert abs(_luminance(ink_on(color)) - _luminance(color)) > 0.15


def _luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance after the sRGB standard."""
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (each / 255 for each in color)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_tint_is_blend_through_a_hard_mask() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    mask = rng.integers(0, 2, (40, 50), dtype=np.uint8)
    ours, theirs = picture.copy(), picture.copy()
    tint(ours[3:30, 4:40], (200, 10, 90), 0.4, mask[3:30, 4:40])
    blend(theirs[3:30, 4:40], mask[3:30, 4:40] * 255, (200, 10, 90), 0.4)
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert (ours[:3] == picture[:3]).all()
    assert (
        ours[3:30, 4:40][mask[3:30, 4:40] == 0] == picture[3:30, 4:40][mask[3:30, 4:40] == 0]
    ).all()


def test_text_keeps_letters_that_the_font_has() -> None:
    for text in ("person 3", "Fußgänger №3", "велосипед", "ποδήλατο"):
        assert writable(text) == text


def test_text_without_letters_is_spelt_otherwise() -> None:
    assert writable("a\tb\n c") == "a b c"
    assert writable("自転車") == "???"
    assert writable("\uff21\uff22") == "AB"  # full width
    assert writable("x\x00\u202e") == "x"


def test_stamped_text_stays_in_its_area() -> None:
    for width, height in ((1, 1), (5, 3), (200, 40)):
        picture = np.zeros((60, 220, 3), np.uint8)
        stamp(picture[10 : 10 + height, 10 : 10 + width], "Text with glyphs", WHITE, 20)
        outside = picture.copy()
        outside[10 : 10 + height, 10 : 10 + width] = 0
        assert not outside.any()
    assert picture.any()
    assert text_width("Text", 40) > 1.8 * text_width("Text", 20)
    assert line_height(40) > 1.8 * line_height(20)


def test_text_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    from samurai.painting import text

    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    text._font.cache_clear()
    picture = np.zeros((40, 100, 3), np.uint8)
    stamp(picture, "other font", WHITE, 17)
    assert picture.any()
    text._font.cache_clear()


def test_a_file_that_is_no_font(tmp_path: Path) -> None:
    for name in ("missing.ttf", "text.ttf"):
        (tmp_path / "text.ttf").write_text("no font")
        with pytest.raises(ConfigurationError):
            check_font(str(tmp_path / name))


def test_pictures_are_there_in_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    write_picture(picture, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as read:
        assert (np.asarray(read) == picture).all()

    def fail(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError):
        write_picture(picture, tmp_path / "b.png")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_lines_have_the_width_that_is_asked_for() -> None:
    for width in (1, 3, 5, 7, 21):
        picture = np.zeros((60, 60), np.uint8)
        line = [np.array([(10, 30), (50, 30), (50, 55)])]
        cv2.polylines(picture, line, False, 255, thickness(width))
        assert np.count_nonzero(picture[20:42, 30]) == width
