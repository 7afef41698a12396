"""The bundled model on real frames: sessions at once, alone, and without an engine."""

from __future__ import annotations

import pytest
from oracles.array_source import ArraySource
from oracles.living import assert_equal
from web.engine.conftest import Engines, read_all
from web.engine.test_propagation import equal

from samurai import Box, Tracker
from samurai.video.images import read_frame
from samurai.video.sources.base import Pixels

FRAMES, START = 6, 2


@pytest.fixture(scope="module")
def real() -> list[Pixels]:
    from pathlib import Path

    folder = Path(__file__).parents[3] / "vot_workspace" / "sequences" / "camera" / "color"
    return [read_frame(str(file)) for file in sorted(folder.iterdir())[:FRAMES]]


@pytest.mark.slow
def test_nano_gives_the_same_bits_in_company(engines: Engines, real: list[Pixels]) -> None:
    tracker = Tracker.load("nano", device="cpu")
    engine = engines(tracker)
    height, width = real[0].shape[:2]
    boxes = {3: (0.3, 0.3, 0.6, 0.7), 1: (0.1, 0.5, 0.4, 0.9)}
    made = [engine.create("v", lambda: ArraySource(real)) for _ in range(4)]
    for number, session in enumerate(made):
        for name in list(boxes)[: 1 + number % 2]:
            left, top, right, bottom = boxes[name]
            box = [left * width, top * height, right * width, bottom * height]
            shown = session.set_box(START, name, box)
            assert shown.answers[-1].mask.any()
    alone = [read_all(session.propagate()) for session in made[:2]]
    runs = [session.propagate() for session in made[2:]]
    made[2].preview(0, points=[[width / 2, height / 2]], labels=[1])
    for wanted, run in zip(alone, runs, strict=True):
        equal(read_all(run), wanted)

    regions = {
        name: Box(x * width, y * height, (right - x) * width, (bottom - y) * height)
        for name, (x, y, right, bottom) in boxes.items()
    }
    alone_session = tracker.session()
    plain = [alone_session.start(real[START], regions)]
    plain += [alone_session.step(frame) for frame in real[START + 1 :]]
    for found, answers in zip(alone[1], plain, strict=False):
        assert_equal(list(found.answers), answers)
