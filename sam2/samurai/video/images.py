"""Image files to frames: a path in, RGB uint8 (height, width, 3) out.

A frame is what `cv2.imread` shows, as in the toolkit: rotated by the EXIF tag, alpha dropped, the
first picture of an animation (TIFF with alpha apart, which OpenCV multiplies with it). The pixels
are Pillow's; an ordinary JPEG is decoded by OpenCV, which is up to twice as fast and gives the same
pixels (both wrap libjpeg-turbo; a test compares them); the toolkit counts this time as the
tracker's.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from samurai.errors import FrameError

Frame = NDArray[np.uint8]
Warn = Callable[[str], None]

MAX_BYTES = 1 << 30
"""Largest image file: 8K in 16-bit color without any compression has a fifth of it."""

MAX_PIXELS = 1 << 27
"""Most pixels of a frame, four times 8K: beyond it decoding takes gigabytes."""

DARK_BELOW = 4096 >> 8
"""High bytes of 12-bit values stay below this."""

_JPEG_END = b"\xff\xd9"
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_BITS_PER_SAMPLE = 258  # a TIFF tag
_PNG_DEPTH = 24  # where a PNG file says how many bits a sample has


def read_frame(path: str, warn: Warn | None = None) -> Frame:
    """Decode an image file to a writable RGB uint8 array (height, width, 3).

    Gray, palette, RGBA (alpha dropped) and CMYK images are converted; of 16 bits the high byte is
    kept, whatever the values are; of an animation the first picture; EXIF orientation is applied.

    Args:
        path: of a regular file, with any suffix: the content decides.
        warn: called with one sentence about an image that was probably not read as intended: a
            16-bit image with the values of 12 bits or fewer.

    Raises:
        FrameError: the file is missing, unreadable, not a regular file, truncated, too large, or
            not an image; the message names path, cause and remedy.
    """
    data = _contents(path)
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise FrameError(_too_large(path, f"{image.width}x{image.height} pixels"))
            if _is_plain_jpeg(image, data):
                return _decode_jpeg(data)
            frame = _convert(image)
            if warn is not None and _has_sixteen_bits(image, data) and frame.max() < DARK_BELOW:
                warn(
                    f"{path} has 16 bits and no value of {DARK_BELOW << 8} or more, so that it is "
                    "nearly black as a frame: if it holds 12-bit (or 8-bit) data, scale it to the "
                    "whole range of 16 bits, or save it with 8 bits"
                )
            return frame
    except FrameError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise FrameError(_too_large(path, str(error) or "too little memory")) from error
    except Exception as error:  # damaged files make decoders raise nearly anything
        raise FrameError(
            f"can't decode the image {path} ({len(data)} bytes): {_reason(error, data)}; "
            "restore the file, the download may be incomplete"
        ) from error


def _contents(path: str) -> bytes:
    """The bytes of a regular file. Pipes and devices are refused, because they may never end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                raise FrameError(f"can't read the image {path}: it is a directory")
            if not stat.S_ISREG(status.st_mode):
                raise FrameError(
                    f"can't read the image {path}: it is a pipe, a socket or a device; give the "
                    "path of an image file"
                )
            if status.st_size > MAX_BYTES:
                raise FrameError(_too_large(path, f"{status.st_size} bytes"))
            return file.read(MAX_BYTES)
    except FrameError:
        raise
    except OSError as error:
        raise FrameError(f"can't read the image {path}: {error.strerror or error}") from error
    except ValueError as error:  # a null character
        raise FrameError(f"can't read the image {path!r}: {error}") from error


def _too_large(path: str, size: str) -> str:
    return (
        f"the image {path} is too large ({size}): at most {MAX_PIXELS} pixels in {MAX_BYTES} bytes "
        "are read; make it smaller"
    )


def _is_plain_jpeg(image: Image.Image, data: bytes) -> bool:
    """Whether OpenCV may decode it: complete, and one or three channels (CMYK differs)."""
    complete = data.endswith(_JPEG_END)
    return image.format == "JPEG" and image.mode in ("RGB", "L") and complete


def _decode_jpeg(data: bytes) -> Frame:
    """A complete JPEG, by OpenCV."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if decoded is None:
        raise ValueError("the JPEG data is damaged")
    return np.asarray(decoded, np.uint8)


def _convert(image: Image.Image) -> Frame:
    """Any other image, by Pillow."""
    if image.mode == "F":
        raise ValueError("floating-point images have no defined range")
    image.load()
    turned = ImageOps.exif_transpose(image)
    if turned.mode in _SIXTEEN_BITS:
        # Pillow's own conversion clips at 255, which turns a 16-bit image white.
        values = np.clip(np.asarray(turned), 0, 65535).astype(np.uint16)
        return np.repeat((values >> 8).astype(np.uint8)[..., None], 3, axis=2)
    return np.array(turned.convert("RGB"), np.uint8)


def _has_sixteen_bits(image: Image.Image, data: bytes) -> bool:
    """Whether the file has more than 8 bits a sample, reduced to the high byte."""
    if image.mode in _SIXTEEN_BITS:
        return True
    if image.format == "PNG":
        return data[_PNG_DEPTH] == 16
    tags = cast(Any, image).tag_v2 if image.format == "TIFF" else {}
    return 16 in tuple(tags.get(_BITS_PER_SAMPLE, ()))


def _reason(error: Exception, data: bytes) -> str:
    """The cause in a few words."""
    if not data:
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
        return "Pillow doesn't know this image format"
    return str(error)
