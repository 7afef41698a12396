"""A second video in one process, from a later frame: as in a process of its own."""

from __future__ import annotations

import numpy as np
import pytest
import trax
from PIL import Image

from samurai.errors import RegionError
from samurai.regions import Answer, Box
from vot_wrapper.trax.regions import to_prompt, to_trax


def scene(index):
    """A bright square on noise, moving right."""
    frame = np.random.default_rng(5).integers(60, 90, (120, 160, 3), np.uint8)
    square = np.zeros((120, 160), bool)
    square[40:80, 30 + 4 * index : 70 + 4 * index] = True
    frame[square] = (220, 180, 40)
    return frame, square


def told(answers):
    return [(region.array().tobytes(), region.offset(), *more.items()) for region, more in answers]


def test_a_second_start_answers_as_a_fresh_process(connect, tmp_path):
    paths, masks = [], []
    for index in range(8):
        frame, square = scene(index)
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(frame).save(paths[-1])
        masks.append(trax.Mask.create(square.astype(np.uint8)))
    used, fresh = connect(real=True), connect(real=True)
    used.initialize(paths[0], masks[0], masks[1])
    for path in paths[1:5]:
        used.frame(path)
    assert told(used.initialize(paths[5], masks[5])) == told(fresh.initialize(paths[5], masks[5]))
    for path in paths[6:]:
        assert told(used.frame(path)) == told(fresh.frame(path))


@pytest.mark.parametrize("box", [None, Box(3, 4, 5, 6)])
def test_an_absent_object_has_no_box_on_the_wire(box):
    mask = np.ones((20, 30), bool)
    answer = Answer(0, mask, box, 0.1, absent=True)
    assert to_trax(answer, "rectangle").bounds() == (0, 0, 0, 0)
    assert not to_trax(answer, "mask").array().any()


@pytest.mark.parametrize(
    "corners",
    [
        [(1, 1), (2, 2), (3, 3)],
        [(1, 1), (1, 1), (1, 1)],
        [(0, 0), (3, 9), (1, 3), (2, 6)],
        [(5, 2), (9, 2), (7, 2)],
        [(-1e30, -1e30), (0, 0), (1e30, 1e30)],
    ],
)
def test_polygons_on_a_line_have_no_area(corners):
    with pytest.raises(RegionError, match="on one line"):
        to_prompt(trax.Polygon.create(corners), (40, 60), "region")
