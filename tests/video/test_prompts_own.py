"""Our own form of prompts: there and back, every way to break it, and its schema."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.prompt_files import RLE, broken, plain, plainly, read, refused
from oracles.tracked_video import SIZE

from samurai.errors import PromptError, StorageError
from samurai.regions import Box, Mask, ObjectId, Points, Region
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.files import read_prompts, write_prompts
from samurai.video.prompts.own_json import trusted_region, written_region

jsonschema: Any = import_module("jsonschema")  # it ships no types
SCHEMA = json.loads(files("samurai.video.prompts").joinpath("prompts.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    x, y = draw(st.floats(0, SIZE[1] - 1)), draw(st.floats(0, SIZE[0] - 1))
    box = Box(x, y, draw(st.floats(1e-3, 100)), draw(st.floats(1e-3, 100)))
    kind = draw(st.sampled_from(["box", "points", "both", "mask"]))
    if kind == "box":
        return box
    if kind == "mask":
        mask = np.random.default_rng(draw(st.integers(0, 99))).random(SIZE) < draw(st.floats(0, 1))
        mask[0, 0] = True
        return Mask(mask)
    return Points(
        [[x, y], [y, x / 2]], [1, draw(st.sampled_from([0, 1]))], box if kind == "both" else None
    )


@settings(max_examples=20)
@given(region=regions())
def test_a_region_alone_comes_back_as_it_was(region: Region) -> None:
    """As a job keeps it."""
    again = trusted_region(json.loads(json.dumps(written_region(region))))
    assert plain(again) == plain(region)


@pytest.mark.parametrize("entry", [{}, {"box": [1]}, {"points": [[1, 2]]}, {"mask": {"size": 1}}])
def test_what_is_no_region(entry: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        trusted_region(entry)


ids = st.one_of(st.integers(0, 2**31 - 1), st.text(min_size=1).filter(lambda text: text.strip()))


@settings(max_examples=20)
@given(
    prompts=st.lists(st.tuples(ids, st.integers(0, 2**31 - 1), regions()), min_size=1, max_size=3),
    label=st.text(),
)
def test_prompts_are_written_and_read_without_a_loss(
    prompts: list[tuple[ObjectId, int, Region]],
    label: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    unique = {
        (str(object_id), frame): (object_id, frame, region) for object_id, frame, region in prompts
    }
    written = sorted(
        (
            ObjectPrompt(object_id, frame, region, label or None)
            for object_id, frame, region in unique.values()
        ),
        key=lambda each: each.frame_index,
    )
    file = tmp_path_factory.getbasetemp() / "there.json"
    write_prompts(file, written)
    VALIDATOR.validate(json.loads(file.read_text()))
    assert plainly(read_prompts(file, frame_size=SIZE)) == plainly(written)


def own(*entries: Any, **top: Any) -> dict[str, Any]:
    return {"version": 1, "prompts": list(entries), **top}


BOX = {"object_id": 1, "frame_index": 0, "box": [1, 2, 3, 4]}
CLICKS = {"object_id": 1, "frame_index": 0, "points": {"coordinates": [[1, 2]], "labels": [1]}}
DRAWN = {"object_id": 1, "frame_index": 0, "mask": RLE}

GOOD = [
    own(BOX),
    own(CLICKS, **{"$schema": "https://example.org/prompts.schema.json"}),
    own(DRAWN),
    own({**BOX, **CLICKS}),
    own({**BOX, "object_id": "dog", "label": "dog"}, {**BOX, "object_id": 0}),
    own(BOX, {**CLICKS, "frame_index": 4, "points": {"coordinates": [[1, 2]], "labels": [0]}}),
    own({**DRAWN, "mask": {"size": list(SIZE), "counts": [7, 5, SIZE[0] * SIZE[1] - 12]}}),
]


@pytest.mark.parametrize("document", GOOD)
def test_documents_that_are_right(document: dict[str, Any], tmp_path: Path) -> None:
    VALIDATOR.validate(document)
    assert len(read(tmp_path, json.dumps(document))) == len(document["prompts"])


BAD_IDS: list[Any] = [-1, 2**31, 1.5, "", " ", None, True, []]
BAD_FRAMES: list[Any] = [-1, 2**31, 0.5, "0", None, False]
BAD_BOXES: list[Any] = [
    *(None, 3, [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, "4"], [1, 2, 3, True], [1, 2, 0, 4]),
    [1, 2, 3, -4],
]
BAD_POINTS: list[Any] = [
    None,
    [],
    [[1, 2]],
    {"coordinates": [[1, 2]]},
    {"coordinates": [], "labels": []},
    {"coordinates": [[1, 2, 3]], "labels": [1]},
    {"coordinates": [[1, "2"]], "labels": [1]},
    {"coordinates": [[1, 2]], "labels": [2]},
    {"coordinates": [[1, 2]], "labels": [True]},
    {"coordinates": [[1, 2]], "labels": 1},
    {"coordinates": [[-1, 2]], "labels": [1]},
]
BAD_MASKS: list[Any] = [
    *(None, "", [], {"size": list(SIZE)}, {**RLE, "more": 1}, {**RLE, "size": [0, 1]}),
    *({**RLE, "size": 5}, {**RLE, "counts": 5}, {**RLE, "counts": [-1]}),
]

BY_RULE: list[tuple[dict[str, Any], str]] = [
    ({"prompts": [BOX]}, "version"),
    (own(BOX, version=2), "version"),
    (own(BOX, version=True), "version"),
    (own(BOX, more=1), "more"),
    (own(), "prompts"),
    ({"version": 1, "prompts": {}}, "prompts"),
    (own(BOX, 7), "prompts[1]"),
    (own({**BOX, "bbox": [1, 2, 3, 4]}), "bbox"),
    *((own({**BOX, "object_id": bad}), "prompts[0].object_id") for bad in BAD_IDS),
    *((own({**BOX, "frame_index": bad}), "prompts[0].frame_index") for bad in BAD_FRAMES),
    (own({"frame_index": 0, "box": [1, 2, 3, 4]}), "object_id"),
    (own({"object_id": 0, "box": [1, 2, 3, 4]}), "frame_index"),
    (own({**BOX, "label": 3}), "label"),
    (own({**BOX, "label": None}), "label"),
    *((own({**BOX, "box": bad}), "prompts[0].box") for bad in BAD_BOXES),
    (own({"object_id": 1, "frame_index": 0}), "prompts[0]"),
    (own({**BOX, **DRAWN}), "prompts[0]"),
    (own({**CLICKS, **DRAWN}), "prompts[0]"),
    *((own({**CLICKS, "points": bad}), "prompts[0].points") for bad in BAD_POINTS),
    *((own({**DRAWN, "mask": bad}), "prompts[0].mask") for bad in BAD_MASKS),
]
"""Broken documents, and what the message names; the schema refuses them too."""

BY_MEANING: list[tuple[dict[str, Any], str]] = [
    (own({**CLICKS, "points": {"coordinates": [[1, 2]], "labels": [1, 0]}}), "prompts[0].points"),
    (own({**CLICKS, "points": {"coordinates": [[1, 99]], "labels": [1]}}), "prompts[0].points"),
    (own({**CLICKS, "points": {"coordinates": [[1, 2]], "labels": [0]}}), "object 1 in frame 0"),
    (own({**BOX, "box": [99, 2, 3, 4]}), "prompts[0].box"),
    (own({**BOX, "box": [float("nan"), 2, 3, 4]}), "prompts[0].box"),
    (own({**BOX, "box": [1, 2, float("inf"), 4]}), "prompts[0].box"),
    (own({**BOX, "box": [1, 2, 10**400, 4]}), "prompts[0].box"),
    (own({**DRAWN, "mask": {**RLE, "size": [SIZE[1], SIZE[0]]}}), "prompts[0].mask"),
    (own({**DRAWN, "mask": {**RLE, "counts": "!!"}}), "prompts[0].mask"),
    (own({**DRAWN, "mask": {**RLE, "counts": RLE["counts"][:-1]}}), "prompts[0].mask"),
    (own({**DRAWN, "mask": {**RLE, "counts": [SIZE[0] * SIZE[1]]}}), "prompts[0].mask"),
    (own(BOX, BOX), "object 1 in frame 0"),
    (own({**BOX, "label": "a"}, {**BOX, "frame_index": 2, "label": "b"}), "object 1 in frame 2"),
]


@pytest.mark.parametrize(("document", "named"), BY_RULE)
def test_documents_that_break_a_rule(document: dict[str, Any], named: str, tmp_path: Path) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)
    refused(tmp_path, json.dumps(document), named)


@pytest.mark.parametrize(("document", "named"), BY_MEANING)
def test_documents_that_mean_nothing(document: dict[str, Any], named: str, tmp_path: Path) -> None:
    refused(tmp_path, json.dumps(document), named)


@settings(max_examples=40)
@given(document=st.sampled_from(GOOD).flatmap(broken))
def test_the_schema_and_the_reader_agree(
    document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What the schema refuses is refused, wherever a document is broken."""
    file = tmp_path_factory.getbasetemp() / "changed.json"
    file.write_text(json.dumps(document))
    valid = VALIDATOR.is_valid(document)
    try:
        read_prompts(file, frame_size=SIZE)
    except PromptError:
        return
    assert valid, document


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_where_prompts_cant_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_prompts(tmp_path / "file" / "a.json", [])
