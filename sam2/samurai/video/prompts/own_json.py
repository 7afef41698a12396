"""Our own form of prompts, in JSON: `prompts.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from samurai.errors import RegionError
from samurai.masks import from_coco_rle, to_coco_rle
from samurai.regions import Box, Mask, Points, Region
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.checks import (
    LARGEST,
    PromptFault,
    checked_frame,
    checked_id,
    checked_mask,
    checked_region,
    is_coordinate,
)

VERSION = 1
_TOP = {"$schema", "version", "prompts"}
_KEYS = {"object_id", "frame_index", "label", "box", "points", "mask"}
_REMEDY = "see prompts.schema.json"


def read_own(
    document: Mapping[str, Any], frame_size: tuple[int, int], path: str
) -> list[ObjectPrompt]:
    """The prompts of a document.

    Raises:
        PromptError: it breaks a rule; the message names the place in it.
    """
    _check_keys(document, _TOP, path)
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        cause = f"the version is {document.get('version')!r:.40}"
        raise PromptFault(f"{path}, version", cause, f"give {VERSION}")
    prompts = document.get("prompts")
    if not isinstance(prompts, list) or not prompts:
        raise PromptFault(f"{path}, prompts", "it is no list with prompts in it", _REMEDY)
    return [
        _prompt(each, frame_size, f"{path}, prompts[{number}]")
        for number, each in enumerate(prompts)
    ]


def own_text(prompts: Iterable[ObjectPrompt]) -> str:
    """The document of prompts."""
    written = []
    for prompt in prompts:
        entry: dict[str, Any] = {
            "object_id": prompt.object_id,
            "frame_index": prompt.frame_index,
        }
        if prompt.label is not None:
            entry["label"] = prompt.label
        written.append({**entry, **written_region(prompt.region)})
    lines = ",\n  ".join(json.dumps(each) for each in written)
    return f'{{\n "version": {VERSION},\n "prompts": [\n  {lines}\n ]\n}}\n'


def written_region(region: Region) -> dict[str, Any]:
    """A region as its keys of a prompt: `box`, `points` or `mask`, exact."""
    if isinstance(region, Mask):
        return {"mask": to_coco_rle(region.array)}
    if isinstance(region, Box):
        return {"box": [region.x, region.y, region.width, region.height]}
    clicks = {
        "coordinates": [[_shortest(value) for value in row] for row in region.coordinates],
        "labels": region.labels.tolist(),
    }
    return {"points": clicks, **({} if region.box is None else written_region(region.box))}


def trusted_region(entry: Mapping[str, Any]) -> Region:
    """What `written_region` wrote, for a reader of its own files, without a look at any frame.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    if "mask" in entry:
        return Mask(from_coco_rle(entry["mask"]))
    box = Box(*entry["box"]) if "box" in entry else None
    if "points" in entry:
        return Points(entry["points"]["coordinates"], entry["points"]["labels"], box)
    if box is None:
        raise ValueError("there is no region")
    return box


def _shortest(value: np.float32) -> float:
    """The shortest decimals that single precision reads as this."""
    return float(np.format_float_scientific(value, unique=True))


def _prompt(entry: Any, frame_size: tuple[int, int], place: str) -> ObjectPrompt:
    if not isinstance(entry, dict):
        raise PromptFault(place, f"{entry!r:.40} is no prompt", _REMEDY)
    _check_keys(entry, _KEYS, place)
    for key in ("object_id", "frame_index"):
        if key not in entry:
            raise PromptFault(place, f"{key} is missing", _REMEDY)
    label = entry.get("label")
    if "label" in entry and not isinstance(label, str):
        raise PromptFault(
            f"{place}.label", f"{label!r:.40} is no text", "give a name, or leave it out"
        )
    return ObjectPrompt(
        checked_id(entry["object_id"], f"{place}.object_id"),
        checked_frame(entry["frame_index"], f"{place}.frame_index"),
        _region(entry, frame_size, place),
        label,
    )


def _region(entry: Mapping[str, Any], frame_size: tuple[int, int], place: str) -> Region:
    if "mask" in entry:
        if "box" in entry or "points" in entry:
            raise PromptFault(place, "a mask has a box or points beside it", "give the mask alone")
        return _mask(entry["mask"], frame_size, f"{place}.mask")
    box = _box(entry["box"], frame_size, f"{place}.box") if "box" in entry else None
    if "points" in entry:
        return _points(entry["points"], box, frame_size, f"{place}.points")
    if box is None:
        raise PromptFault(place, "it has no region", "give a box, points or a mask")
    return box


def _box(value: Any, frame_size: tuple[int, int], place: str) -> Box:
    box = Box(*_numbers(value, 4, place))
    checked_region(box, frame_size, place)
    return box


def _points(value: Any, box: Box | None, frame_size: tuple[int, int], place: str) -> Points:
    if not isinstance(value, dict) or set(value) != {"coordinates", "labels"}:
        raise PromptFault(place, f"{value!r:.40} has no coordinates and labels", _REMEDY)
    rows, labels = value["coordinates"], value["labels"]
    if not isinstance(rows, list) or not rows:
        raise PromptFault(f"{place}.coordinates", "there is no point", "give x and y of each click")
    pairs = [_numbers(row, 2, f"{place}.coordinates[{i}]") for i, row in enumerate(rows)]
    if not isinstance(labels, list) or len(labels) != len(pairs):
        count = len(labels) if isinstance(labels, list) else "no"
        raise PromptFault(f"{place}.labels", f"{count} labels for {len(pairs)} points", _REMEDY)
    if any(isinstance(each, bool) or each not in (0, 1) for each in labels):
        cause = f"{labels!r:.40} aren't labels"
        raise PromptFault(f"{place}.labels", cause, "give 1 on the object and 0 beside it")
    try:
        points = Points(pairs, labels, box)
    except RegionError as error:
        raise PromptFault(place, str(error)) from error
    checked_region(points, frame_size, place)
    return points


def _mask(value: Any, frame_size: tuple[int, int], place: str) -> Mask:
    if not isinstance(value, dict) or set(value) != {"size", "counts"}:
        raise PromptFault(place, f"{value!r:.40} has no size and counts", _REMEDY)
    return checked_mask(value, frame_size, place)


def _numbers(value: Any, count: int, place: str) -> list[float]:
    good = isinstance(value, list) and len(value) == count
    if not good or not all(_is_number(each) for each in value):
        raise PromptFault(
            place, f"{value!r:.60} isn't {count} numbers", "give finite numbers of pixels"
        )
    return [float(each) for each in value]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST if isinstance(value, int) else is_coordinate(value)


def _check_keys(entry: Mapping[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise PromptFault(
            place, f"{unknown[0]!r:.40} is unknown", f"it has {', '.join(sorted(known))}"
        )
