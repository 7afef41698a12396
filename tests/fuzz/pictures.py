"""Image files for the fuzzer: sound ones, and what else may lie at a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fuzz import zygote

SIDE = 64  # square, so that EXIF turns don't change the size


def make(folder: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Write the files; returns {name: path} of those that are read, and of those that aren't."""
    return _sound(folder), _broken(folder)


def _sound(folder: Path) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    plain = Image.fromarray(rng.integers(0, 200, (SIDE, SIDE, 3), np.uint8))
    paths: dict[str, bytes] = {}

    def save(name: str, image: Image.Image = plain, **options: Any) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        image.save(path, **options)
        paths[name] = os.fsencode(path)

    for mode in ("RGB", "L", "P", "LA", "RGBA", "1"):
        save(f"{mode}.png", plain.convert(mode))
    for orientation in (3, 6, 8):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(f"turned-{orientation}.jpg", exif=exif)
        save(f"turned-{orientation}.png", exif=exif)
    for bits in (8, 12, 16):
        save(
            f"deep-{bits}.png", Image.fromarray(rng.integers(0, 1 << bits, (SIDE, SIDE), np.uint16))
        )
    save("cmyk.jpg", plain.convert("CMYK"))
    save("progressive.jpg", progressive=True)
    save("bitmap.bmp")
    for name in ("animated.gif", "animated.webp", "animated.png"):
        save(name, save_all=True, append_images=[plain.rotate(90), plain.rotate(180)])
    save("png-called.jpg", format="PNG")
    save("jpeg-called.png", format="JPEG")
    save("no-suffix", format="PNG")
    save("with space/and 'quote'.png")
    save('with "marks" and \\.png')
    save("caf\u00e9 \u96ea/\u00fc.png")
    save("bytes-\udcff.png")
    save("new\nline.png")
    save("long-" + "x" * 240 + ".png")
    save("column.png", plain.resize((1, 500)))
    save("row.jpg", plain.resize((500, 1)))
    (folder / "link.png").symlink_to(folder / "RGB.png")
    paths["link.png"] = os.fsencode(folder / "link.png")
    return paths


def _broken(folder: Path) -> dict[str, bytes]:
    paths: dict[str, bytes] = {}

    def write(name: str, data: bytes) -> None:
        (folder / name).write_bytes(data)
        paths[name] = os.fsencode(folder / name)

    for name in ("cmyk.jpg", "progressive.jpg", "RGB.png", "animated.webp"):
        data = (folder / name).read_bytes()
        for part in (0.1, 0.5, 0.95):
            write(f"cut-{part}-{name}", data[: int(len(data) * part)])
    write("empty.jpg", b"")
    write("text.png", b"not an image\n" * 99)
    Image.fromarray(np.zeros((SIDE, SIDE), np.float32)).save(folder / "float.tif")
    Image.new("1", (20000, 20000)).save(folder / "bomb.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    for name in ("float.tif", "bomb.png", "pipe.png", "loop.png", "dangling.png", "missing.png"):
        paths[name] = os.fsencode(folder / name)
    paths["folder"] = os.fsencode(folder)
    paths["zero"], paths["null"], paths["memory"] = b"/dev/zero", b"/dev/null", b"/proc/self/mem"
    paths["relative"] = b"RGB.png"
    paths["very long"] = b"/tmp/" + b"y" * 100_000
    return paths


def special(folder: Path) -> dict[str, bytes]:
    """{name: path} of pictures that make the tracker misbehave, see `zygote`."""
    paths: dict[str, bytes] = {}
    for name in ("BUSY", "BROKEN", "NOT_A_NUMBER", "FORGETFUL", "NOISY"):
        image = Image.new("RGB", (SIDE, SIDE))
        image.putpixel((0, 0), getattr(zygote, name))
        image.save(folder / f"{name}.png")
        paths[name] = os.fsencode(folder / f"{name}.png")
    return paths
