"""Image files to frames: a path in, RGB uint8 (height, width, 3) out.

The pixels are Pillow's, bit for bit, with any EXIF orientation ignored, as in SAM 2's own loader.
An ordinary JPEG is decoded by OpenCV, which is up to twice as fast and gives the same pixels (both
wrap libjpeg-turbo; a test compares them); the toolkit counts this time as the tracker's.
"""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from samurai.errors import FrameError

Frame = NDArray[np.uint8]

_JPEG_END = b"\xff\xd9"
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")


def read_frame(path: str) -> Frame:
    """Decode an image file to a writable RGB uint8 array (height, width, 3).

    Grey, palette, RGBA (alpha dropped) and CMYK images are converted; of 16-bit grey the high byte
    is kept; of an animation the first picture.

    Raises:
        FrameError: the file is missing, unreadable, truncated, or not an image.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FrameError(f"can't read the image {path}: {error.strerror or error}") from error
    try:
        with Image.open(io.BytesIO(data)) as image:
            if _is_plain_jpeg(image, data):
                return _decode_jpeg(data)
            return _convert(image)
    except Exception as error:  # damaged files make decoders raise nearly anything
        raise FrameError(
            f"can't decode the image {path} ({len(data)} bytes): {_reason(error, data)}; "
            "restore the file, the download may have broken off"
        ) from error


def _is_plain_jpeg(image: Image.Image, data: bytes) -> bool:
    """Whether OpenCV may decode it: complete, and one or three channels (CMYK differs)."""
    complete = data.endswith(_JPEG_END)
    return image.format == "JPEG" and image.mode in ("RGB", "L") and complete


def _decode_jpeg(data: bytes) -> Frame:
    """A complete JPEG, by OpenCV."""
    buffer = np.frombuffer(data, np.uint8)
    decoded = cv2.imdecode(buffer, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise ValueError("the JPEG data is damaged")
    return np.asarray(decoded, np.uint8)


def _convert(image: Image.Image) -> Frame:
    """Any other image, by Pillow."""
    if image.mode == "F":
        raise ValueError("floating-point images have no defined range")
    if image.mode in _SIXTEEN_BITS:
        # Pillow's own conversion clips at 255, which turns a 16-bit image white.
        values = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        return np.repeat((values >> 8).astype(np.uint8)[..., None], 3, axis=2)
    return np.array(image.convert("RGB"), np.uint8)


def _reason(error: Exception, data: bytes) -> str:
    """What is wrong, in a few words."""
    if not data:
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
        return "it is no image format that Pillow knows"
    return str(error)
