"""Files of prompts, read and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

from oracles.tracked_video import SIZE, blob
from samurai.errors import PromptError
from samurai.regions import Mask, Points, Region
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.files import read_prompts

MASK = blob(0, 0)
RLE = {
    "size": list(SIZE),
    "counts": coco.encode(np.asfortranarray(MASK.view(np.uint8)))["counts"].decode(),
}


def read(folder: Path, content: str | bytes, **more: Any) -> list[ObjectPrompt]:
    file = folder / "prompts"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_prompts(file, **{"frame_size": SIZE, **more})


def refused(folder: Path, content: str | bytes, *named: str) -> None:
    with pytest.raises(PromptError) as caught:
        read(folder, content)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 600
    for text in (str(folder / "prompts"), *named):
        assert text in message, message


def plain(region: Region) -> Any:
    if isinstance(region, Mask):
        return region.array.tolist()
    if isinstance(region, Points):
        return region.coordinates.tolist(), region.labels.tolist(), region.box
    return region


def plainly(prompts: list[ObjectPrompt]) -> list[tuple[Any, ...]]:
    return [(p.object_id, p.frame_index, plain(p.region), p.label) for p in prompts]
