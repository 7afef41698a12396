"""The page on `samurai web` itself: the frame that is shown is the frame that is prompted, whatever
the video is like."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles.page_server import Fake
from oracles.page_visitor import Place, Visitor
from oracles.videos import number_of, numbered_frames, write_video
from oracles.web_server import running
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

pytestmark = pytest.mark.slow

COUNT = 24
IRREGULAR = [0.04 * n + 0.3 * (n > 5) + 0.013 * (n % 3) for n in range(COUNT)]
"""Seconds of frames: a gap, and never the same distance twice in a row."""

VIDEOS: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "constant": ((320, 240), {}),
    "variable": ((320, 240), {"pts": IRREGULAR}),
    "turned": ((240, 320), {"rotation": 90}),
    "upside down, variable": ((320, 240), {"rotation": 180, "pts": IRREGULAR}),
}


SCRUB = "(bar, frame) => { bar.value = String(frame); bar.dispatchEvent(new Event('input')); }"


class RealServer:
    """`samurai web` as a visitor knows it."""

    def __init__(self, address: str) -> None:
        self.address, self.fake = f"{address}/", Fake()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    with running(tmp_path_factory.mktemp("real"), "--model", "nano") as (address, _):
        for _ in range(2400):
            try:
                with urllib.request.urlopen(f"{address}/ready", timeout=10):
                    break
            except OSError:
                time.sleep(0.1)
        yield RealServer(address)


class Watched(Visitor):
    """A visitor whose prompts are seen on their way: the frame, and what was sent."""

    def __init__(self, browser: Browser, server: Any, size: tuple[int, int]) -> None:
        super().__init__(browser, server)
        self.size = size
        self.prompts: list[tuple[int, Any]] = []
        self.page.on("request", self._prompted)

    def _prompted(self, request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/points"):
            frame = int(request.url.split("/frames/")[1].split("/")[0])
            self.prompts.append((frame, json.loads(request.post_data or "")))

    def clicked(self, at: Place) -> tuple[int, Any]:
        """What a click on the stage sends."""
        before = len(self.prompts)
        self.drag(at, at)
        self.until(lambda: len(self.prompts) > before)
        return self.prompts[-1]

    def burnt(self) -> int:
        """The number in the frame on the stage; the colors of its corners say which way is up."""
        width, height = self.size
        middles = [(2 * place + 1) / 8 for place in range(4)]
        places = [(x * width, y * height) for y in middles for x in middles]
        tones = np.reshape(np.array(self.tones(places), np.uint8), (4, 4, 3))
        return number_of(tones)


@pytest.mark.parametrize("name", VIDEOS)
def test_the_frame_shown_is_the_frame_prompted(
    name: str, chromium: Browser, real: RealServer, tmp_path: Path
) -> None:
    size, how = VIDEOS[name]
    clip = write_video(tmp_path / "clip.mp4", numbered_frames(COUNT, size), **how)
    visitor = Watched(chromium, real, size)
    try:
        visitor.page.set_input_files("#file", clip)
        visitor.shown(0)
        visitor.page.click("[data-tool=add]")
        width, height = size
        red, green = (7 * width / 8, height / 8), (7 * width / 8, 7 * height / 8)
        for frame, corner in ((17, red), (3, green), (COUNT - 1, red)):
            visitor.go(frame)
            assert visitor.burnt() == frame
            prompted, sent = visitor.clicked(corner)
            [[x, y]] = sent["points"]
            assert prompted == frame
            assert abs(x - corner[0]) < 1 and abs(y - corner[1]) < 1
        for key, frame in ((",", COUNT - 2), ("Home", 0), (".", 1)):
            visitor.page.keyboard.press(key)
            visitor.shown(frame)
            assert visitor.burnt() == frame
        assert visitor.errors == [] and visitor.elsewhere == []
    finally:
        visitor.close()


def test_a_dropped_folder_of_images_is_a_video_in_natural_order(
    chromium: Browser, real: RealServer, tmp_path: Path
) -> None:
    folder = tmp_path / "shots"
    (folder / "more").mkdir(parents=True)
    size = (160, 120)
    for number, pixels in enumerate(numbered_frames(12, size)):
        Image.fromarray(pixels).save(folder / f"shot {number}.png")
    (folder / "notes.txt").write_text("no image")
    visitor = Watched(chromium, real, size)
    try:
        visitor.page.wait_for_selector("#drop", state="visible")
        drop(visitor, folder)
        visitor.shown(0)
        assert visitor.page.inner_text("#frames") == "11"
        for frame in (2, 10, 11):
            visitor.go(frame)
            assert visitor.burnt() == frame
        assert visitor.errors == []
    finally:
        visitor.close()


def drop(visitor: Visitor, path: Path) -> None:
    """Let go of a file or folder of this machine over the page, as the system does it."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 640, "y": 300, "data": data})


def test_a_very_long_video_can_be_scrubbed(
    chromium: Browser, real: RealServer, tmp_path: Path
) -> None:
    """More frames than the timeline has pixels, by far."""
    count, size = 20_480, (64, 48)
    frames = numbered_frames(256, size) * (count // 256)
    clip = write_video(
        tmp_path / "long.mp4", frames, options={"preset": "ultrafast", "g": "64"}, rate=60
    )
    visitor = Watched(chromium, real, size)
    try:
        visitor.page.set_input_files("#file", clip)
        visitor.shown(0)
        assert visitor.page.inner_text("#frames") == str(count - 1)
        visitor.drag((30, 20), (50, 40))
        visitor.page.wait_for_selector("#lanes canvas")
        scrub = visitor.page.locator("#scrub")
        for frame in (20_000, 12_345, count - 1):
            scrub.evaluate(
                "(bar, n) => { bar.value = String(n); bar.dispatchEvent(new Event('input')); }",
                frame,
            )
            visitor.shown(frame)
            assert visitor.burnt() == frame % 256
        lane = visitor.page.locator("#lanes canvas").bounding_box()
        assert lane is not None
        visitor.page.mouse.click(lane["x"] + lane["width"] / 2, lane["y"] + 10)
        visitor.until(lambda: abs(int(shown_frame(visitor)) - count // 2) < count / lane["width"])
        assert visitor.burnt() == int(shown_frame(visitor)) % 256
        assert visitor.errors == []
    finally:
        visitor.close()


def shown_frame(visitor: Visitor) -> str:
    return visitor.page.get_attribute("#stage", "data-shown") or "-1"
