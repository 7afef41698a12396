"""Decoded pictures to RGB as players show them: colors, alpha, rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from samurai.video.sources.base import Pixels

if TYPE_CHECKING:
    from av.video import VideoFrame as Picture

HIGH_DEFINITION = 577
"""Lines from which players take colors of an unknown matrix for BT.709, below for BT.601."""

_KNOWN = (1, 4, 5, 6, 7, 9)  # matrices of H.273 that libswscale has
_BT2020_CONSTANT = 10
_BT709, _BT601, _BT2020 = 1, 5, 9  # of libswscale


class Converter:
    """Converts the pictures of one pass; it keeps what libswscale needs between them."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()

    def pixels(self, picture: Picture) -> Pixels:
        """Writable RGB (H, W, 3) that isn't the decoder's, turned by the display matrix.

        Alpha is dropped. Interlaced pictures stay woven, as they are stored.
        """
        options: dict[str, Any] = {"format": "rgb24", "threads": 1}
        matrix = _matrix(picture)
        if matrix is not None:
            options["src_colorspace"] = matrix
        converted = self._reformatter.reformat(picture, **options)
        array: Pixels = np.asarray(converted.to_ndarray(), np.uint8)
        turns = round(picture.rotation / 90) % 4
        if turns:
            array = np.rot90(array, turns)
        if converted is picture:  # the decoder's own
            return np.array(array, order="C")
        return np.ascontiguousarray(array)


def _matrix(picture: Picture) -> int | None:
    """The matrix of the colors where libswscale has none, or guesses another than players."""
    if picture.format.is_rgb or picture.colorspace in _KNOWN:
        return None
    if picture.colorspace == _BT2020_CONSTANT:
        return _BT2020
    return _BT709 if picture.height >= HIGH_DEFINITION else _BT601


def shown_size(picture: Picture) -> tuple[int, int]:
    """Width and height as shown."""
    if round(picture.rotation / 90) % 2:
        return picture.height, picture.width
    return picture.width, picture.height
