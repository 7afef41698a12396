"""Images whose pixels are numbers of objects, in DAVIS's colors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

Labels = NDArray[np.uint8]
"""(H, W): the number of the object that each pixel belongs to; 0 for the background."""


def davis_palette() -> list[int]:
    """DAVIS's colors of labels, red, green and blue of each of 256.

    The first 22 spread the bits of the label over the colors, as PASCAL VOC does; the rest is gray.
    """
    colors = []
    for label in range(22):
        color, shift, rest = [0, 0, 0], 7, label
        while rest:
            for channel in range(3):
                color[channel] |= (rest >> channel & 1) << shift
            rest, shift = rest >> 3, shift - 1
        colors += [191 if value == 192 else value for value in color]
    return colors + [value for label in range(22, 256) for value in (label, label, label)]


PALETTE = davis_palette()


def palette_image(labels: Labels) -> Image.Image:
    """An image of mode P."""
    from PIL import Image

    image = Image.fromarray(labels)
    image.putpalette(PALETTE)
    return image
