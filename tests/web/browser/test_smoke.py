"""The page in a browser, quickly: the main path once, and its arithmetic against ours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from oracles.page_visitor import Visitor

from samurai.masks import to_coco_rle

READ = """async rle => {
  const code = await import('/page/rle.js');
  const map = code.bitmapOf(rle);
  return map && [map.x, map.y, map.width, map.height, [...map.pixels], code.outlineOf(map)];
}"""


def test_mark_track_and_read_masks(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 700, "height": 500}).sample().box(0, 0).masks("1")
    assert visitor.number() == 0
    assert visitor.page.locator("#objects li[data-object]").count() == 1
    visitor.tracked().go(7).masks("1")
    assert visitor.number() == 7
    assert len(visitor.fake.objects[1].done) == 40
    assert visitor.calls("POST /sessions/s1/frames/0/box")[0]["object_id"] == 1
    generator = np.random.default_rng(5)
    masks = [np.zeros((3, 4), np.bool_), np.ones((5, 1), np.bool_), np.eye(6, 9, dtype=np.bool_)]
    masks += [generator.random((17, 23)) < share for share in (0.02, 0.3, 0.97)]
    big = np.zeros((240, 320), np.bool_)
    big[20:200, 40:300] = True
    for mask in [*masks, big]:
        _same(visitor, mask)


def _same(visitor: Visitor, mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> None:
    """The page reads the mask as it is; its outline has the borders of its pixels."""
    found = visitor.page.evaluate(
        READ,
        to_coco_rle(mask),
    )
    if not mask.any():
        assert found is None
        return
    x, y, width, height, pixels, outline = found
    read = np.zeros_like(mask)
    read[y : y + height, x : x + width] = np.reshape(pixels, (height, width))
    assert (read == mask).all()
    padded = np.pad(mask, 1).astype(np.int8)
    borders = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    assert sum(abs(c - a) + abs(d - b) for a, b, c, d in outline) == borders


OBJECT = {"object_id": 1, "prompts": [{"frame_index": 10}]}
SPANS: dict[str, tuple[list[list[int]], dict[str, int | None]]] = {
    "new": ([[0, 9], [11, 39]], {"forward": 11, "backward": 9, "both": 11}),
    "forward done": ([[0, 9]], {"forward": None, "backward": 9, "both": 9}),
    "corrected": ([[25, 39]], {"forward": 25, "backward": None, "both": 25}),
    "done": ([], {"forward": None, "backward": None, "both": None}),
}


@pytest.mark.slow
def test_a_run_begins_where_something_is_stale(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for stale, starts in SPANS.values():
        for direction, start in starts.items():
            found = visitor.page.evaluate(
                "async ([object, way]) =>(await import('/page/spans.js')).startOf([object], way)",
                [{**OBJECT, "stale": stale}, direction],
            )
            assert found == start
