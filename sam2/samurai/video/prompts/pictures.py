"""Images as prompts: DAVIS's labels, and masks of one object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Mask
from samurai.spelling import natural
from samurai.video.prompts.base import FrameIndexOf, ObjectPrompt
from samurai.video.prompts.checks import PromptFault, checked_frame

VOID = 255
"""In images of labels: of no object."""
_REMEDY = "give a PNG whose pixels are numbers of objects, 0 for the background"


def read_object(path: Path) -> NDArray[np.generic]:
    """An image of one object as (H, W), zero beside it; of colors the strongest.

    Raises:
        PromptError: it can't be read.
    """
    values, mode = _pixels(path)
    if mode in ("LA", "RGBA", "PA"):
        values = values[..., :-1]
    return values.max(axis=2) if values.ndim == 3 else values


def read_labels(
    path: Path, frame_size: tuple[int, int], frame_index_of: FrameIndexOf | None
) -> list[ObjectPrompt]:
    """The objects of one image of labels; without a number in its name it is of frame 0.

    Raises:
        PromptError: it can't be read, holds no object, or is of another size.
    """
    index = 0
    if frame_index_of is not None or path.stem.isdecimal():
        index = _frame_index(path, frame_index_of, otherwise=0)
    prompts = [
        ObjectPrompt(label, index, mask)
        for label, mask in _objects(path, frame_size, known=set()).items()
    ]
    if not prompts:
        raise PromptFault(str(path), "no pixel belongs to an object", _REMEDY)
    return prompts


def read_folder(
    folder: Path, frame_size: tuple[int, int], frame_index_of: FrameIndexOf | None
) -> list[ObjectPrompt]:
    """The objects of a folder of images of labels, each where it appears first.

    Raises:
        PromptError: there is no image or no object, or one can't be read, is of another size or of
            no frame.
    """
    files = sorted(
        (each for each in folder.iterdir() if each.suffix.lower() == ".png"),
        key=lambda each: natural(each.name),
    )
    if not files:
        raise PromptFault(str(folder), "the folder has no PNG", _REMEDY)
    indices = {file: _frame_index(file, frame_index_of) for file in files}
    found: dict[int, ObjectPrompt] = {}
    for file in sorted(files, key=lambda each: indices[each]):
        for label, mask in _objects(file, frame_size, set(found)).items():
            found[label] = ObjectPrompt(label, indices[file], mask)
    if not found:
        raise PromptFault(str(folder), "no pixel of any image belongs to an object", _REMEDY)
    return list(found.values())


def _objects(path: Path, frame_size: tuple[int, int], known: set[int]) -> dict[int, Mask]:
    """Masks by number, of those that aren't known. White alone is object 1."""
    values, mode = _pixels(path)
    if values.ndim != 2 or mode not in ("1", "L", "P"):
        raise PromptFault(str(path), f"its pixels are {mode}, not numbers of objects", _REMEDY)
    values = values.astype(np.uint8)
    if values.shape != tuple(frame_size):
        size, expected = (f"{width}x{height}" for height, width in (values.shape, frame_size))
        cause = f"it is {size} but the frame is {expected}"
        raise PromptFault(str(path), cause, "give masks of the frame's size")
    labels = [int(each) for each in np.flatnonzero(np.bincount(values.ravel(), minlength=256))]
    if mode != "P" and labels in ([VOID], [0, VOID]):
        values, labels = (values == VOID).astype(np.uint8), [1]
    new = [each for each in labels if 0 < each < VOID and each not in known]
    return {label: Mask(values == label) for label in new}


def _frame_index(
    path: Path, frame_index_of: FrameIndexOf | None, otherwise: int | None = None
) -> int:
    """The frame that a mask's file is named after."""
    if frame_index_of is not None:
        index = frame_index_of(path.stem)
        if index is not None:
            return index
    elif path.stem.isdecimal():
        return checked_frame(int(path.stem), str(path))
    if otherwise is not None:
        return otherwise
    remedy = "name masks after the video's images, or by the number of the frame, as 00012.png"
    raise PromptFault(str(path), "no frame has that name", remedy)


def _pixels(path: Path) -> tuple[NDArray[Any], str]:
    """Values of an image, of a palette its indices; and how PIL calls them."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image), image.mode
    except FileNotFoundError as error:
        raise PromptFault(str(path), "there is no such file", "correct the name") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        cause = f"it can't be read as an image ({error})"
        raise PromptFault(str(path), cause, "give a PNG or another image") from error
