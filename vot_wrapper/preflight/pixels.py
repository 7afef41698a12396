"""Checks that a channel's image files exist, are whole, and have one size.

Only headers are read, and the last bytes of a file. The first, the middle and the last image are
decoded, and those without their format's end mark. Sizes are those of `cv2.imread`, which applies
the EXIF orientation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from samurai.cli.finding import Finding

Size = tuple[int, int]  # width, height

_ORIENTATION = 0x0112
_TRANSPOSED = (5, 6, 7, 8)  # orientations that exchange width and height
_ENDS = {
    b"\xff\xd8": b"\xff\xd9",
    b"\x89P": b"IEND\xaeB`\x82",
}  # end marks of JPEG and PNG, by their first bytes


@dataclass
class Images:
    """Findings about a channel; `size` is that of its first image."""

    size: Size | None = None
    findings: list[Finding] = field(default_factory=list)


def inspect_images(files: list[Path], where: str) -> Images:
    """Checks the images of a channel, all of which exist.

    Args:
        files: in the order of the frames.
        where: how messages name the channel's folder.
    """
    seen = Images()
    decoded = {0, len(files) // 2, len(files) - 1}
    for index, file in enumerate(files):
        name = f"{where}/{file.name}"
        size = _size(file, index in decoded)
        if size is None:
            what = "the image is damaged or cut short"
            remedy = "restore the file; a download may be incomplete"
            seen.findings.append(Finding("FAIL", name, what, remedy, kind="image damaged"))
        elif seen.size is None:
            seen.size = size
        elif size != seen.size:
            what = f"the image has {_words(size)} pixels, those before it {_words(seen.size)}"
            remedy = "give all images of a sequence one size"
            seen.findings.append(Finding("FAIL", name, what, remedy, kind=f"image size {where}"))
    return seen


def _size(file: Path, decode: bool) -> Size | None:
    """Width and height as the toolkit sees them; None for a file that can't be decoded."""
    try:
        with Image.open(file) as image:
            orientation = image.getexif().get(_ORIENTATION, 1) if _has_exif(image) else 1
            turned = orientation in _TRANSPOSED
            width, height = image.size
            plain = image.format == "JPEG" or not turned
    except Exception:  # Pillow raises nearly anything over damaged files
        return None
    if decode or not plain or not _is_whole(file):
        return _decoded_size(file)
    return (height, width) if turned else (width, height)


def _has_exif(image: Image.Image) -> bool:
    return "exif" in image.info or image.format not in ("JPEG", "PNG")


def _is_whole(file: Path) -> bool:
    with file.open("rb") as stream:
        start = stream.read(2)
        end = _ENDS.get(start, b"")
        stream.seek(-min(len(end), os.fstat(stream.fileno()).st_size), os.SEEK_END)
        return stream.read() == end if end else True


def _decoded_size(file: Path) -> Size | None:
    """The size of the decoded image. OpenCV shows a JPEG that is cut short, Pillow refuses it."""
    import cv2

    try:
        with Image.open(file) as image:
            image.load()
        pixels = cv2.imread(str(file))
    except Exception:
        return None
    return None if pixels is None else (pixels.shape[1], pixels.shape[0])


def _words(size: Size) -> str:
    return f"{size[0]} x {size[1]}"
