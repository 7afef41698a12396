"""Images as they come: what `cv2.imread`, and so the toolkit, shows of a file is tracked."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from samurai.errors import FrameError
from samurai.video import images as reader
from samurai.video.images import read_frame

RNG = np.random.default_rng(0)
SMOOTH = Image.fromarray(RNG.integers(0, 256, (5, 7, 3), np.uint8)).resize((60, 40), 3)


def largest_difference(path: Path) -> int:
    """Between what OpenCV reads and what we read, over all pixels and channels."""
    ours, read = read_frame(str(path)), cv2.imread(str(path))
    assert read is not None
    theirs = read[..., ::-1]
    assert ours.shape == theirs.shape
    assert ours.flags.c_contiguous and ours.flags.writeable
    return int(np.abs(ours.astype(int) - theirs).max())


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("a.jpg", "RGB", {"quality": 90}),
        ("gray.jpg", "L", {"quality": 90}),
        ("progressive.jpg", "RGB", {"progressive": True}),
        ("cmyk.jpg", "CMYK", {"quality": 95}),
        ("a.png", "RGB", {}),
        ("palette.png", "P", {}),
        ("alpha.png", "RGBA", {}),
        ("a.webp", "RGB", {"lossless": True}),
    ],
)
def test_orientation_is_applied_as_by_opencv(
    tmp_path: Path, name: str, mode: str, options: dict[str, Any]
) -> None:
    path = tmp_path / name
    for orientation in range(10):  # 0 and 9 mean nothing
        exif = Image.Exif()
        exif[0x0112] = orientation
        SMOOTH.convert(mode).save(path, exif=exif, **options)
        assert largest_difference(path) <= 1, orientation
        turned = 5 <= orientation <= 8
        shape = (60, 40, 3) if turned else (40, 60, 3)
        assert read_frame(str(path)).shape == shape, orientation


def test_a_16_bit_png_is_turned_too(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    values = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60) * 27
    Image.fromarray(values).save(path, exif=exif)
    assert largest_difference(path) == 0


def animation(path: Path, **options: Any) -> None:
    pictures = [Image.fromarray(np.roll(np.asarray(SMOOTH), 7 * n, axis=1)) for n in range(3)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **options)


def transparent(path: Path) -> None:
    array = np.dstack([np.asarray(SMOOTH), RNG.integers(0, 256, (40, 60), np.uint8)])
    Image.fromarray(array).save(path)


def deep(path: Path, shape: tuple[int, ...] = (40, 60), top: int = 65536) -> None:
    assert cv2.imwrite(str(path), RNG.integers(0, top, shape, np.uint16))


KINDS: dict[str, Callable[[Path], None]] = {
    "gray.png": lambda path: SMOOTH.convert("L").save(path),
    "rgb-coded.jpg": lambda path: SMOOTH.save(path, keep_rgb=True),
    "restart-markers.jpg": lambda path: SMOOTH.save(path, restart_marker_blocks=3),
    "color.bmp": lambda path: SMOOTH.save(path),
    "one-bit.png": lambda path: SMOOTH.convert("1").save(path),
    "one-bit.bmp": lambda path: SMOOTH.convert("1").save(path),
    "gray-alpha.png": lambda path: SMOOTH.convert("LA").save(path),
    "palette.gif": lambda path: SMOOTH.convert("P").save(path),
    "palette-transparent.png": lambda path: SMOOTH.convert("P").save(path, transparency=3),
    "transparent.png": transparent,
    "deep.png": deep,
    "deep-color.png": lambda path: deep(path, (40, 60, 3)),
    "deep-alpha.png": lambda path: deep(path, (40, 60, 4)),
    "deep.tif": deep,
    "deep-color.tif": lambda path: deep(path, (40, 60, 3)),
    "animated.gif": animation,
    "animated.png": animation,
    "animated.webp": lambda path: animation(path, lossless=True),
    "png-called.jpg": lambda path: SMOOTH.save(path, format="PNG"),
    "jpeg-called.png": lambda path: SMOOTH.save(path, format="JPEG"),
    "no-suffix": lambda path: SMOOTH.save(path, format="PNG"),
    "column.png": lambda path: SMOOTH.resize((1, 500)).save(path),
    "row.jpg": lambda path: SMOOTH.resize((500, 1)).save(path),
}


def test_kinds_of_images_are_read_as_opencv_reads_them(tmp_path: Path) -> None:
    for name, save in KINDS.items():
        save(tmp_path / name)
        assert largest_difference(tmp_path / name) <= 1, name


@pytest.mark.parametrize(("top", "warned"), [(256, True), (4096, True), (65536, False)])
def test_data_of_few_bits_in_a_16_bit_file_are_reported_not_scaled(
    tmp_path: Path, top: int, warned: bool
) -> None:
    shapes: dict[str, tuple[int, ...]] = {"gray": (40, 60), "rgb": (40, 60, 3), "rgba": (40, 60, 4)}
    for kind, suffix in itertools.product(shapes, ("png", "tif", "pgm")):
        if (kind, suffix) in {("rgba", "tif"), ("rgb", "pgm"), ("rgba", "pgm")}:
            continue
        path = tmp_path / f"{kind}.{suffix}"
        deep(path, shapes[kind], top)
        said: list[str] = []
        frame = read_frame(str(path), said.append)
        assert [str(path) in text and "12-bit" in text for text in said] == [True] * warned, path
        assert frame.max() <= (top - 1) >> 8
        assert largest_difference(path) <= 1, path


def test_a_dark_image_of_8_bits_is_no_reason_to_warn(tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("dark.png", "dark.jpg", "dark.tif"):
        Image.new("RGB", (60, 40)).save(tmp_path / name)
        read_frame(str(tmp_path / name), said.append)
    assert said == []


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.jpg", tmp_path / "link.jpg"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link, "/dev/zero", "/dev/null"):
        with pytest.raises(FrameError, match="pipe, a socket or a device"):
            read_frame(str(path))


def test_paths_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    names = ("", "a\0b.png", "x" * 5000, "~/a.png", "dangling.png", "loop.png", "missing.jpg")
    for path in (*names, "/proc/self/mem", str(tmp_path)):
        with pytest.raises(FrameError, match=r"can't (read|decode) the image"):
            read_frame(path)


def test_links_spaces_and_quotes_in_paths(tmp_path: Path) -> None:
    folder = tmp_path / "a 'b' \"c\" \\ é"
    folder.mkdir()
    SMOOTH.save(folder / "frame 1.png")
    link = tmp_path / "link.png"
    link.symlink_to(folder / "frame 1.png")
    assert np.array_equal(read_frame(str(folder / "frame 1.png")), np.asarray(SMOOTH))
    assert np.array_equal(read_frame(str(link)), np.asarray(SMOOTH))


def test_huge_files_and_pictures_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sparse = tmp_path / "sparse.png"
    with sparse.open("wb") as file:
        file.truncate(reader.MAX_BYTES + 1)
    bomb = tmp_path / "bomb.png"
    Image.new("1", (20000, 20000)).save(bomb)
    for path in (sparse, bomb):
        with pytest.raises(FrameError, match=r"is too large .*make it smaller") as caught:
            read_frame(str(path))
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    allowed = tmp_path / "allowed.png"
    SMOOTH.save(allowed)
    monkeypatch.setattr(reader, "MAX_PIXELS", 40 * 60 - 1)
    with pytest.raises(FrameError, match="60x40 pixels"):
        read_frame(str(allowed))
