"""Prompts of COCO's JSON: the first annotation of each track, or each annotation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from samurai.errors import RegionError
from samurai.masks import polygon_mask
from samurai.regions import Box, Mask, ObjectId, Region
from samurai.video.prompts.base import FrameIndexOf, ObjectPrompt
from samurai.video.prompts.checks import (
    PromptFault,
    checked_frame,
    checked_id,
    checked_mask,
    checked_region,
    number,
)

_REMEDY = "give COCO's lists of images and annotations of one video"


def read_coco(
    document: Mapping[str, Any],
    frame_size: tuple[int, int],
    frame_index_of: FrameIndexOf | None,
    path: str,
) -> list[ObjectPrompt]:
    """The prompts of a document.

    Args:
        document: with `images`, `annotations`, and perhaps `categories` and `tracks`.
        frame_size: height and width of the frames.
        frame_index_of: of images, for those without `frame_index`.
        path: for messages.

    Raises:
        PromptError: it isn't that, or has several videos.
    """
    images = {each.get("id"): each for each in _entries(document, "images", path)}
    names = {each.get("id"): each.get("name") for each in _entries(document, "categories", path)}
    tracks = {each.get("id"): each.get("object_id") for each in _entries(document, "tracks", path)}
    if len({str(each.get("video_id")) for each in images.values()}) > 1:
        raise PromptFault(f"{path}, images", "they are of several videos", _REMEDY)
    first: dict[ObjectId, tuple[int, int]] = {}
    annotations = _entries(document, "annotations", path)
    for position, each in enumerate(annotations):
        place = f"{path}, annotations[{position}]"
        image = images.get(_key(each.get("image_id")))
        if image is None:
            raise PromptFault(f"{place}.image_id", "there is no such image", _REMEDY)
        frame = _frame_index(image, len(images), frame_index_of, place)
        object_id = _object_id(each, tracks, place)
        if object_id not in first or frame < first[object_id][0]:
            first[object_id] = frame, position
    if not first:
        raise PromptFault(path, "there is no annotation", _REMEDY)
    prompts = []
    for object_id, (frame, position) in first.items():
        each, place = annotations[position], f"{path}, annotations[{position}]"
        label = names.get(_key(each.get("category_id")))
        region = _region(each, frame_size, place)
        named = label if isinstance(label, str) else None
        prompts.append(ObjectPrompt(object_id, frame, region, named))
    return prompts


def _entries(document: Mapping[str, Any], key: str, path: str) -> list[dict[str, Any]]:
    """A list of objects; empty where there is none."""
    entries = document.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise PromptFault(f"{path}, {key}", "it is no list of objects", _REMEDY)
    for position, each in enumerate(entries):
        if not isinstance(each.get("id"), int | str | None):
            raise PromptFault(f"{path}, {key}[{position}].id", "it is no id", _REMEDY)
    return entries


def _key(value: Any) -> Any:
    """A value that a dictionary may be asked for."""
    return value if isinstance(value, int | str) else None


def _frame_index(
    image: Mapping[str, Any], count: int, frame_index_of: FrameIndexOf | None, place: str
) -> int:
    """Of an image: what it says, or by its name, or the only one."""
    if "frame_index" in image:
        return checked_frame(image["frame_index"], f"{place}, its image's frame_index")
    name = image.get("file_name")
    if frame_index_of is not None and isinstance(name, str):
        index = frame_index_of(name.replace("\\", "/").rpartition("/")[2])
        if index is not None:
            return index
    if count == 1:
        return 0
    remedy = "give images their frame_index, or the names of the video's images"
    raise PromptFault(place, f"the frame of its image {name!r:.60} is unknown", remedy)


def _object_id(each: Mapping[str, Any], tracks: Mapping[Any, Any], place: str) -> ObjectId:
    track = each.get("track_id")
    if track is None:
        return checked_id(each.get("id"), f"{place}.id")
    named = tracks.get(_key(track))
    return checked_id(track if named is None else named, f"{place}.track_id")


def _region(each: Mapping[str, Any], frame_size: tuple[int, int], place: str) -> Region:
    """Its segmentation, or its box where it has none."""
    segmentation = each.get("segmentation")
    if isinstance(segmentation, dict):
        return checked_mask(segmentation, frame_size, f"{place}.segmentation")
    if isinstance(segmentation, list) and segmentation:
        return _polygons(segmentation, frame_size, f"{place}.segmentation")
    box = each.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        raise PromptFault(
            place, "it has neither a segmentation nor a bbox of four numbers", _REMEDY
        )
    numbers = (number(str(value), f"{place}.bbox") for value in box)
    return checked_region(Box(*numbers), frame_size, f"{place}.bbox")


def _polygons(parts: list[Any], frame_size: tuple[int, int], place: str) -> Mask:
    whole = np.zeros(frame_size, np.bool_)
    for part in parts:
        if not isinstance(part, list) or len(part) < 6 or len(part) % 2:
            raise PromptFault(place, "a polygon has x and y of three corners or more", _REMEDY)
        corners = np.array([number(str(value), place) for value in part])
        try:
            whole |= polygon_mask(corners.reshape(-1, 2), frame_size)
        except RegionError as error:
            raise PromptFault(place, str(error)) from error
    return Mask(whole)
