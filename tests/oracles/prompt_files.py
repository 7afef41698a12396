"""Files of prompts, read and compared."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
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


STRANGE: list[Any] = [
    *(None, True, -1, 0, 1, 2**31, 10**400, 0.5, float("nan"), float("inf")),
    *("", "x", [], {}, [1], [[]], {"a": 1}),
]


@st.composite
def broken(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """A document of JSON with something strange, or nothing, in place of one of its parts."""
    changed = copy.deepcopy(document)
    *path, last = draw(st.sampled_from(_places(changed)))
    part: Any = changed
    for key in path:
        part = part[key]
    if draw(st.booleans()):
        part[last] = draw(st.sampled_from(STRANGE))
    else:
        del part[last]
    return changed


def _places(value: Any) -> list[list[Any]]:
    """Ways to every part of a document."""
    children: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        children = enumerate(value)
    return [[key, *rest] for key, child in children for rest in [[], *_places(child)]]
